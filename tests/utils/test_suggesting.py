"""What may have been meant, and every message of Python that says it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import spikefa as sf
from spikefa.recording import Always, Probe
from spikefa.testing import check_rule
from spikefa.utils.suggesting import MOST, did_you_mean, nearest

CIRCUITS = ("FA", "DFA", "PFA", "KP", "WM", "Backprop", "Mixed")
OPTIONS = ("--learning-rate", "--hidden", "--hidden-layers", "--batch-size", "--weight-decay")


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("fa", CIRCUITS, ["FA"]),
        ("DAF", CIRCUITS, ["DFA"]),
        ("backprob", CIRCUITS, ["Backprop"]),
        ("mix", CIRCUITS, ["Mixed"]),
        ("KolenPollack", CIRCUITS, []),
        ("--lr", OPTIONS, ["--learning-rate"]),
        ("--batch_size", OPTIONS, ["--batch-size"]),
        ("--hiden", OPTIONS, ["--hidden"]),
        ("--decay", OPTIONS, ["--weight-decay"]),
        ("", OPTIONS, []),
        ("x", (), []),
    ],
)
def test_the_nearest(name, known, meant):
    assert sorted(nearest(name, known)) == sorted(meant)


def test_how_it_is_said():
    assert did_you_mean("nothing like it", CIRCUITS) == ""
    assert did_you_mean("mix", CIRCUITS) == " (did you mean 'Mixed'?)"
    assert did_you_mean("x.a", ["x.ab", "x.ac", "x.ad", "x.ae"]).count("'") == 2 * MOST


@given(st.sampled_from(CIRCUITS + OPTIONS), st.sampled_from([str.upper, str.lower]))
def test_case_is_no_difference(name, change):
    assert nearest(change(name), CIRCUITS + OPTIONS)[0] == name


@given(st.text(), st.lists(st.text(), max_size=5))
def test_only_known_names_are_said(name, known):
    found = nearest(name, known)
    assert set(found) <= set(known)
    assert len(found) <= MOST


def net(**others):
    return sf.models.lillicrap2016.spiking_mnist(4, 1, 4, 12, **others)


@pytest.fixture
def simulation(tiny):
    return sf.Simulation(net(), tiny, batch_size=11, progress=False)


@pytest.mark.parametrize(
    ("probe", "message"),
    [
        (("hiden1", "spikes"), "'hiden1' to record (did you mean 'hidden1'?): the populations are"),
        (("hidden1", "spike"), "variable 'spike' to record (did you mean 'spikes'?): it has"),
    ],
)
def test_of_a_probe(probe, message, simulation, tmp_path):
    with pytest.raises(sf.SpikefaError) as refused:
        simulation.record(tmp_path / "run.h5", [Probe(*probe)], Always())
    assert message in str(refused.value)


def test_in_a_recording(simulation, tmp_path):
    with simulation:
        simulation.record(tmp_path / "run.h5", [Probe("hidden1", "spikes", 3)], Always("whole"))
        simulation.train(1)
    with sf.open(tmp_path / "run.h5") as recording:
        for ask, message in (
            (lambda: recording.raster("Hidden1"), "'Hidden1' (did you mean 'hidden1'?): it has"),
            (
                lambda: recording.series("hidden1", "spike"),
                "'hidden1' (did you mean 'spikes'?): it",
            ),
            (lambda: recording.window("whol"), "no window 'whol' (did you mean 'whole'?): it has"),
        ):
            with pytest.raises(sf.SpikefaError) as refused:
                ask()
            assert message in str(refused.value)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: sf.datasets.load("minst"), "'minst' (did you mean 'mnist'?): choose one of"),
        (lambda: sf.FA(phi_delta="tan"), "phi_delta must be one of identity, tanh, logistic"),
        (lambda: sf.FA(phi_delta="tan"), "'tan' given (did you mean 'tanh'?)"),
        (lambda: sf.FA(matrix="normall"), "'normall' given (did you mean 'normal'?)"),
        (lambda: sf.Mixed("S1"), "'S1' given (did you mean 's1'?)"),
        (lambda: sf.Rate(3, "relo"), "'relo' given (did you mean 'relu'?)"),
        (lambda: net(output_error="spike"), "'spike' given (did you mean 'spikes'?)"),
        (lambda: Probe("a", "spikes", encoding="pack"), "'pack' given (did you mean 'packed'?)"),
        (lambda: check_rule(sf.ThreeFactor(), ["locall"]), "(did you mean 'local'?): there is"),
        (
            lambda: sf.models.rate_network(
                (2, 3, 1), sf.FA(tau=1), 0.1, synapses={"out": sf.Dense}
            ),
            "synapses onto 'out' (did you mean 'output'?): the populations are hidden1, output",
        ),
    ],
)
def test_in_python(ask, message):
    with pytest.raises(sf.SpikefaError) as refused:
        ask()
    assert message in str(refused.value)


def test_of_a_backend(tiny):
    with pytest.raises(sf.SpikefaError, match=r"'eagre' \(did you mean 'eager'\?\): choose one of"):
        sf.Simulation(net(), tiny, batch_size=11, backend="eagre")
