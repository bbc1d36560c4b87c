"""What cannot be divided among ranks is refused at the door, with what to do."""

import re
from functools import partial
from types import SimpleNamespace
from typing import ClassVar

import pytest
import torch

import spikefa as sf
from spikefa.analysis.alignment import path_norm_ratios
from spikefa.analysis.expected_gradient import expected_modulators
from spikefa.backends import choose_backend
from spikefa.cli import main
from spikefa.distributed import Ranks
from spikefa.distributed.parts import neurons_of_each, streams_of_each
from spikefa.network.further import connect
from spikefa.neurons import Rate
from spikefa.recording import RateLeaves, Trigger
from spikefa.recording.plan.parts import Share
from spikefa.runs.loading import load_experiment
from spikefa.simulation.requests import check_requests
from tests.helpers.processes import REPOSITORY
from tests.helpers.rank_cases import rates
from tests.helpers.started_ranks import ended, start_ranks


class Unconnected:
    """Collectives that nobody may use."""


def two(groups=1):
    return Ranks(0, 2, Unconnected(), groups)


class PerSynapse(sf.PlasticityRule):
    traces: ClassVar = {"eligibility": "synapse"}

    def update(self, pre, post, modulator, state):
        return sf.Direct(state.traces["eligibility"], modulator.sum(0))


def network(**parts):
    sizes = {"hidden": sf.StochasticBinary(20), "out": sf.StochasticBinary(10)}
    given = {"populations": sizes, "feedback": sf.FA(), "rule": sf.ThreeFactor(), **parts}
    return sf.Network(64, **given)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"replicas": 2}, "replicas are not divided"),
        ({"optimiser": torch.optim.SGD}, "an optimiser is not divided"),
        ({"feedback": sf.Backprop()}, "more than send errors along hops"),
        ({"feedback": sf.SF()}, "more than send errors along hops"),
        ({"feedback": sf.Mixed("s1")}, "more than send errors along hops"),
        ({"feedback": sf.WM()}, "more than send errors along hops"),
        ({"feedback": sf.FA(procedural=True)}, "procedural matrices"),
        ({"feedback": sf.PFA(momentum=0.9)}, "momentum"),
        ({"feedback": sf.KP(sparsity=0.5)}, "missing synapses"),
        ({"rule": PerSynapse()}, "a number for each synapse"),
        (
            {"synapses": partial(sf.Dense, constraints=(sf.Dale(0.8),))},
            "have constraints",
        ),
        (
            {"synapses": {"hidden": partial(sf.Conv, convolution=sf.Convolution((1, 8, 8), 5, 7))}},
            "share weights",
        ),
        ({"connections": [sf.Connection("out", "hidden", delay=(1, 2))]}, "several delays"),
        (
            {"populations": {"hidden": Rate(20), "out": Rate(10, activation="softmax")}},
            "normalised over all its neurons",
        ),
    ],
)
def test_a_network_that_needs_more_than_activity_is_refused(parts, said):
    with pytest.raises(sf.SpikefaError, match=said):
        network(**parts).divided(two())


def test_a_part_is_not_divided_again_or_saved_alone(tmp_path):
    part = network().divided(two())
    with pytest.raises(sf.SpikefaError, match="dividing it needs the whole network"):
        part.divided(two())
    with pytest.raises(sf.SpikefaError, match="save_weights needs the whole network"):
        sf.save_weights(part, tmp_path / "weights.safetensors")


def test_a_part_has_the_weights_onto_its_neurons():
    whole = network()
    whole.initialise(0)
    part = whole.divided(two())
    again = network().divided(two())
    again.initialise(0)
    for name, each in whole.tensors().items():
        own = each[..., part.ranks.part(each.shape[-1])]
        assert torch.equal(part.tensors()[name], own)
        assert torch.equal(again.tensors()[name], own)


def test_softmax_may_be_divided_by_streams():
    assert rates(sf.FA(), "softmax").divided(two(groups=2)).ranks.groups == 2


@pytest.mark.parametrize(
    ("what", "work"),
    [
        ("another circuit", lambda part: connect(part, sf.FA(), 0)),
        ("load_weights", lambda part: sf.load_weights(part, "weights.safetensors")),
        ("a NIR file", lambda part: sf.nir.write(part, "network.nir")),
        ("the ratio of norms", path_norm_ratios),
        (
            "the expected gradient",
            lambda part: expected_modulators(part, part.state(2), torch.zeros(2, 10)),
        ),
    ],
)
def test_a_part_does_nothing_that_takes_the_whole(what, work):
    part = network().divided(two())
    with pytest.raises(sf.SpikefaError, match=f"{what} needs the whole network"):
        work(part)


def test_settings_for_ranks_are_refused_without_them(tmp_path, capsys):
    run = ["run", "lillicrap2016.fig4", "--dataset", "digits", "--out", str(tmp_path / "run")]
    assert main([*run, "--stream-groups", "2"]) == 2
    assert "of no use without --distributed true" in capsys.readouterr().err
    experiment = load_experiment("lillicrap2016.fig4")
    settings = experiment.settings(dataset="digits", distributed=True)
    with pytest.raises(sf.SpikefaError, match="is for the processes of torchrun"):
        experiment.run(settings, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_other_backends_are_refused():
    with pytest.raises(sf.SpikefaError, match="only ranks serves"):
        choose_backend("deferred", network().divided(two()), 10)


@pytest.mark.parametrize("neurons", [3, 10, 41, 1500])
@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_every_neuron_is_on_one_rank(neurons, ranks):
    parts = neurons_of_each(neurons, ranks)
    assert [n for part in parts for n in range(neurons)[part]] == list(range(neurons))
    if neurons >= 8 * ranks:
        assert all(part.start % 8 == 0 for part in parts)


def test_costs_are_not_counted_over_ranks():
    part = network(feedback=sf.FA()).divided(two())
    with pytest.raises(sf.SpikefaError, match="leave count_costs out"):
        sf.Simulation(part, sf.datasets.digits(), count_costs=True, progress=False)


def test_of_divided_streams_the_first_is_recorded():
    share = Share(0, 1, two().part, {"hidden": 20}, [], first_stream=True)
    with pytest.raises(sf.SpikefaError, match="leave stream out"):
        share.probes([sf.Probe("hidden", "spikes", stream=3)], {}, seed=0)


def test_triggers_that_ranks_would_decide_differently_are_refused():
    """Before anything else is looked at, so that no rank begins a file."""
    runner = SimpleNamespace(network=network().divided(two()), stimulus=None)
    trigger = Trigger(RateLeaves("hidden", 0.1, 0.9), label="busy")
    with pytest.raises(sf.SpikefaError, match="the ranks would record different steps"):
        check_requests(runner, [], [trigger])


def test_too_few_neurons_or_streams_are_refused():
    with pytest.raises(sf.SpikefaError, match="start fewer ranks"):
        neurons_of_each(2, 3)
    with pytest.raises(sf.SpikefaError, match="give a larger batch"):
        streams_of_each(1, 2)
    with pytest.raises(sf.SpikefaError, match="groups of the same size"):
        Ranks(0, 3, Unconnected(), 2)


def test_a_process_that_torchrun_has_not_started_is_told_so(monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(sf.SpikefaError, match="torchrun --nproc-per-node"):
        sf.distributed.join()


@pytest.mark.slow
def test_the_page_runs_on_two_ranks(tmp_path):
    page = (REPOSITORY / "docs" / "distributed.md").read_text()
    code = re.search(r"^```py\n(.*?)^```$", page, re.M | re.S)[1]
    codes, said = ended(start_ranks(2, "-c", code, cwd=tmp_path))
    assert codes == [0, 0], said
    with sf.open(tmp_path / "run.h5") as recording:
        assert recording.raster("hidden1").shape == (len(recording.steps), 20)
        assert recording.populations["hidden1"].size == 60


@pytest.mark.slow
def test_ranks_with_other_settings_are_refused_at_the_start(tmp_path):
    """Here with another seed, as a wrong script for one machine would start them."""
    script = """
import os, spikefa as sf
from tests.helpers.processes import REPOSITORY
from tests.helpers.rank_cases import DATA, NETWORKS
with sf.distributed.join(timeout=60) as ranks:
    seed = 3 + ranks.rank
    sf.Simulation(NETWORKS["FA"]().divided(ranks), DATA, batch_size=20, seed=seed, progress=False)
"""
    codes, said = ended(start_ranks(2, "-c", script))
    assert codes == [1, 1]
    for text in said:
        assert "the seed: [3] on rank 0, [4] on rank 1" in text
