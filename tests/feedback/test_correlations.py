"""What a circuit says about the changes of its matrices is what `learn` does."""

import pytest
import torch

import spikefa as sf


def network(circuit):
    sizes = {"a": 7, "b": 6, "output": 4}
    populations = {name: sf.StochasticBinary(size) for name, size in sizes.items()}
    net = sf.Network(9, populations, circuit, sf.ThreeFactor(0.1), dtype=torch.float64)
    net.initialise(1)
    return net


@pytest.mark.parametrize("circuit", [sf.KP(), sf.KP(gated=False), sf.DKP(), sf.PFA(2), sf.PFAo()])
def test_they_are_what_learn_does(circuit):
    net = network(circuit)
    state = net.state(3)
    for population in state.populations:
        population.uniforms.uniform_()
    inputs, target = torch.ones(3, 9, dtype=torch.float64), torch.rand(3, 4, dtype=torch.float64)
    net.forward(state, inputs)
    net.feed_back(state, target)
    expected = {}
    for each in circuit.correlations():
        sent = state.feedback.at(each.source).activity
        if each.gated:
            sent = sent * state.populations[each.source.layer].gain
        eta = state.plasticity[each.layer + 1].learning_rate
        change = -eta * sent.mT @ state.populations[each.layer].spikes
        expected[id(each.matrix)] = each.matrix.stored + change
    before = {name: tensor.clone() for name, tensor in circuit.tensors().items()}
    net.learn(state, inputs)
    changed = [name for name, tensor in circuit.tensors().items() if not tensor.equal(before[name])]
    assert len(changed) == len(expected) == 2
    for each in circuit.correlations():
        torch.testing.assert_close(each.matrix.stored, expected[id(each.matrix)])


@pytest.mark.parametrize(
    "circuit",
    [
        sf.FA(),
        sf.PAL(),
        sf.KP(momentum=0.5),
        sf.DKP(momentum=0.5),
        sf.PFA(2, plastic=False),
        sf.WM(),
    ],
)
def test_other_changes_are_not_said_to_be_outer_products(circuit):
    network(circuit)
    assert circuit.correlations() == []


def test_a_subclass_that_learns_otherwise_does_not_inherit_them():
    class Own(sf.PFAo, sweep_only=True):
        def learn(self, state, projections):
            """Nothing."""

    class Renamed(sf.PFAo, sweep_only=True):
        """The same."""

    circuits = Own(), Renamed()
    for circuit in circuits:
        network(circuit)
    assert [len(circuit.correlations()) for circuit in circuits] == [0, 2]
