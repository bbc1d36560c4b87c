"""Another circuit in the middle of a training: all else goes on."""

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.datasets.functions import linear
from spikefa.errors import SpikefaError
from spikefa.models import rate_network
from spikefa.recording import Always, Trigger
from spikefa.stimulus.functions import BLOCK

BEFORE, AFTER = 44, BLOCK + 10


def simulate(circuit, replicas, **randomness):
    seeds = list(range(replicas or 1))
    network = rate_network(
        (4, 6, 3), circuit(), 0.01, weight_scale=0.3, replicas=replicas, **randomness
    )
    stimulus = sf.FunctionStimulus(linear(4, 3, seed=0), tests=20)
    return sf.Simulation(network, stimulus, batch_size=2, seed=seeds)


@pytest.mark.parametrize("replicas", [None, 2])
@pytest.mark.parametrize(
    ("circuit", "randomness"),
    [
        (lambda: sf.FA(0.5, tau=1.0), {"dropout": 0.3}),
        (lambda: sf.FA(0.5, tau=1.0, phi_delta="spiking"), {}),
        (lambda: sf.DFA(0.5, tau=1.0), {"noise": 0.1}),
    ],
    ids=["dropout", "spiking errors", "noise"],
)
def test_a_switch_to_the_same_circuit_changes_nothing(circuit, randomness, replicas):
    """Examples, noise and dropout go on; they do not begin again."""
    plain, switched = (simulate(circuit, replicas, **randomness) for _ in range(2))
    plain.learn(BEFORE + AFTER)
    switched.learn(BEFORE)
    switched.look()
    switched.switch(circuit(), switched.seeds)
    switched.learn(AFTER)
    expected = plain.network.tensors()
    for name, tensor in switched.network.tensors().items():
        assert torch.equal(tensor, expected[name]), name
    assert torch.equal(switched.look().outputs, plain.look().outputs)


def traced(sim, path, other):
    """Record an error potential before and after a switch; return it, and as it truly was."""
    recorder = sim.record(path, [sf.Probe("hidden1", "error_potential", "all")], Always())
    true = []
    for circuit in (None, other):
        if circuit is not None:
            sim.switch(circuit)
        for _ in range(3):
            for _ in sim.present():
                now = sim.runner.variables()["hidden1"]["error_potential"]
                true.append(now[0].float().numpy().copy())
    recorder.commit()
    with sf.open(path) as recording:
        return recording.trace("hidden1", "error_potential"), np.array(true)


@pytest.mark.parametrize("other", [sf.DFA(0.5, tau=0.5), sf.PFA(2, tau=0.5)], ids=["DFA", "PFA"])
def test_a_recording_follows_a_switch_of_the_circuit(tmp_path, other):
    with simulate(lambda: sf.FA(0.5, tau=0.5), None) as sim:
        recorded, true = traced(sim, tmp_path / "r.h5", other)
    np.testing.assert_array_equal(recorded, true)
    assert np.ptp(recorded[3:], axis=0).min() > 0


def test_triggers_follow_a_switch_of_the_circuit(tmp_path):
    """The condition is judged by the new circuit's error, which alone becomes that large."""
    large = 5.0

    def is_large(variables):
        return variables["hidden1"]["error_potential"].abs().max() > large

    with simulate(lambda: sf.FA(1e-3, tau=0.5), None) as sim:
        trigger = Trigger(is_large, before=0, after=0)
        sim.record(tmp_path / "r.h5", [sf.Probe("hidden1", "error_potential", "all")], trigger)
        sim.learn(3)
        sim.switch(sf.DFA(1e3, tau=0.5))
        sim.learn(3)
    with sf.open(tmp_path / "r.h5") as recording:
        assert recording.steps.min(initial=99) == 3


class WithMore(sf.FA):
    """Offers one more variable."""

    def variables(self, state):
        return [{"more": lambda: torch.zeros(2, 6)}]


def test_a_recording_whose_variable_is_gone_ends_whole(tmp_path):
    path = tmp_path / "r.h5"
    with simulate(lambda: WithMore(0.5, tau=0.5), None) as sim:
        sim.record(path, [sf.Probe("hidden1", "more", "all")], Always())
        sim.learn(3)
        with pytest.raises(SpikefaError, match=r"ended, whole up to here: .*no variable 'more'"):
            sim.switch(sf.FA(0.5, tau=0.5))
        sim.learn(2)
        sim.record(tmp_path / "new.h5", [sf.Probe("hidden1", "activity", "all")], Always())
        sim.learn(2)
    with sf.open(tmp_path / "new.h5") as recording:
        assert recording.steps.tolist() == [5, 6]
    with sf.open(path) as recording:
        assert recording.status == "closed"
        assert recording.steps.tolist() == [0, 1, 2]


def test_a_circuit_that_could_not_go_on_is_refused_before_anything_changes():
    """Not at the next presentation: its weights decay with those of all projections alike."""
    rule = sf.ThreeFactor(1e-2, weight_decay=1e-4)
    network = sf.models.lillicrap2016.spiking_mnist(
        hidden=5, hidden_layers=1, outputs=10, n_inputs=64, rule=rule
    )
    sim = sf.Simulation(network, sf.datasets.digits(), batch_size=4, progress=False)
    sim.set_learning_rates([0, 1])
    before = network.feedback
    with pytest.raises(SpikefaError, match="the weights of PFAo decay with those of all"):
        sim.switch(sf.PFAo())
    assert network.feedback is before
    sim.learn(2)
    sim.set_learning_rates(1)
    sim.switch(sf.PFAo())
    sim.learn(2)
