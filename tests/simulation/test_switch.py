"""Another circuit in the middle of a training: all else goes on."""

import pytest
import torch

import spikefa as sf
from spikefa.datasets.functions import linear
from spikefa.models import rate_network
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
