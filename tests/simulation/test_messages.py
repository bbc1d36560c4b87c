"""Sentences about a trace with a wrong place, a rate that is far too large, and missing files."""

import warnings

import pytest

import spikefa as sf
from spikefa.runs.directory import RunDirectory


def rule_with(places):
    class Mine(sf.PlasticityRule):
        traces = places

        def update(self, pre, post, modulator, state):
            return sf.Outer(pre, -state.learning_rate * modulator)

    return Mine()


def simulate(dataset, rule):
    net = sf.models.lillicrap2016.spiking_mnist([6, 5], outputs=4, n_inputs=12, rule=rule)
    return sf.Simulation(net, dataset, batch_size=11, progress=False)


@pytest.mark.parametrize(
    ("places", "message"),
    [
        (
            {"mean": "presynaptic"},
            "the place of trace 'mean' of Mine must be one of pre, post, syn",
        ),
        ({"mean": "Post"}, r"stream_synapse, 'Post' given \(did you mean 'post'\?\)"),
        ({"mean": 3}, "stream_synapse, 3 given"),
        (("mean", "pre"), r"the traces of Mine are \('mean', 'pre'\): give a place for each name"),
    ],
)
def test_a_trace_with_a_wrong_place(places, message, tiny):
    with pytest.raises(sf.SpikefaError, match=message):
        simulate(tiny, rule_with(places))


def test_what_is_advised_for_traces(tiny):
    assert simulate(tiny, rule_with({"trace": "pre"})).train(1)


def test_a_learning_rate_of_100_is_warned_of(tiny):
    """All its numbers stay finite, and nothing is learnt."""
    with pytest.warns(UserWarning, match="the projection 'hidden1' is 100: above 10 weights"):
        simulate(tiny, sf.ThreeFactor(100.0)).train(1)
    with pytest.warns(UserWarning, match="the projection 'output' is 30"):
        simulate(tiny, sf.ThreeFactor([0.1, 0.1, 30.0]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        simulate(tiny, sf.ThreeFactor(10.0))


def small():
    return sf.models.lillicrap2016.spiking_mnist([6], outputs=4, n_inputs=12)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda here: sf.open(here / "run.h5"), "there is no recording"),
        (lambda here: sf.open(here), "it is a folder, give the .h5 file in it"),
        (lambda here: sf.datasets.mnist(here / "data"), "is not a folder: give one that holds mn"),
        (lambda here: sf.datasets.mnist(here), "mnist is incomplete in"),
        (lambda here: RunDirectory.open(here), "holds no run"),
        (lambda here: sf.datasets.load(str(here / "none.npz")), "there is no file"),
        (lambda here: sf.datasets.load(str(here / "no" / "folder")), "there is no folder"),
        (lambda here: sf.datasets.load(str(here / "none")), "holds no images in a known layout"),
        (lambda here: sf.load_weights(small(), here / "no.safetensors"), "there is no file"),
        (lambda here: sf.runs.table(here / "none"), "is no run: it does not exist"),
    ],
)
def test_what_is_missing_is_a_file_not_found(ask, message, tmp_path):
    with pytest.raises(FileNotFoundError, match=message) as missing:
        ask(tmp_path)
    assert isinstance(missing.value, sf.SpikefaError)
    assert "\n" not in str(missing.value)


def test_a_missing_checkpoint_is_a_file_not_found(tiny, tmp_path):
    with pytest.raises(FileNotFoundError, match="no checkpoint at"):
        simulate(tiny, sf.ThreeFactor()).restore(tmp_path / "absent.pt")
