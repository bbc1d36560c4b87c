"""Direct Kolen-Pollack: KP where there is one hidden layer, and a virtual shortcut elsewhere."""

from functools import partial

import pytest
import torch

import spikefa as sf
from tests.helpers.driven_network import drive, network, run

RATE = partial(sf.Rate, activation="tanh")
SGD = partial(torch.optim.SGD, momentum=0.9)


@pytest.mark.parametrize("population", [sf.StochasticBinary, RATE])
@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("phi", ["identity", "tanh", "logistic", "spiking"])
def test_with_one_hidden_layer_it_is_kolen_pollack(phi, gated, population):
    nets = [
        network(
            circuit(0.5, phi_delta=phi, gated=gated),
            (9,),
            population=population,
            rule=sf.ThreeFactor(0.05, weight_decay=1e-2),
        )
        for circuit in (sf.KP, sf.DKP)
    ]
    before = nets[0].feedback.matrices[0].clone()
    for net in nets:
        run(net, steps=8)
    for name, tensor in nets[0].tensors().items():
        assert torch.equal(tensor, nets[1].tensors()[name]), name
    assert not torch.equal(before, nets[0].feedback.matrices[0])
    assert nets[0].alignment() == nets[1].alignment()


def test_with_momentum_too():
    circuits = [circuit(0.5, momentum=0.9, gated=False) for circuit in (sf.KP, sf.DKP)]
    nets = [network(circuit, (9,), optimiser=SGD) for circuit in circuits]
    for net in nets:
        run(net, steps=8)
    for name, tensor in nets[0].tensors().items():
        assert torch.equal(tensor, nets[1].tensors()[name]), name


def test_with_one_hidden_layer_the_angle_goes_under_one_degree():
    net = network(sf.DKP(0.5), (9,), rule=sf.ThreeFactor(0.05, weight_decay=0.01))
    assert net.alignment()["output"] > 60
    run(net, steps=800)
    assert net.alignment()["output"] < 1


@pytest.mark.parametrize("gated", [False, True])
def test_the_last_hidden_layer_keeps_the_theorem_of_kolen_pollack(gated):
    gamma, steps = 0.01, 20
    rule = sf.ThreeFactor(0.05, weight_decay=gamma)
    net = network(sf.DKP(0.5, gated=gated), (9, 7, 8), rule=rule)
    output, back = net.synapses["output"], net.feedback.matrices[-1]
    before = output.weight - back.mT
    run(net, steps=steps)
    after = before * (1 - gamma) ** steps
    torch.testing.assert_close(output.weight - back.mT, after, rtol=0, atol=1e-12)


def test_lower_layers_learn_what_synapses_onto_the_output_would():
    """By the delta rule, from the same error."""
    gamma, eta = 0.01, 0.05
    net = network(sf.DKP(0.5), rule=sf.ThreeFactor(eta, weight_decay=gamma))
    shortcut = net.feedback.matrices[0].mT.clone()
    first, state = shortcut.clone(), net.state(3)
    for _ in drive(net, state, 20):
        delta = state.feedback.modulators[-1] * state.populations[-1].gain
        for stream in range(3):
            s = state.populations[0].spikes[stream]
            shortcut -= eta * torch.outer(s, delta[stream])
        shortcut *= 1 - gamma
    torch.testing.assert_close(net.feedback.matrices[0].mT, shortcut, rtol=0, atol=1e-12)
    assert (shortcut - first).abs().max() > 1e-2
