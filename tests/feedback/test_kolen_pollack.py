"""Kolen-Pollack: the theorem that the difference to the transpose only decays."""

from functools import partial

import pytest
import torch

import spikefa as sf
from spikefa.models.lillicrap2016 import spiking_mnist
from tests.helpers.driven_network import drive, network, run

PHI = ["identity", "tanh", "logistic", "spiking"]
RATE = partial(sf.Rate, activation="tanh")


def differences(net):
    above = list(net.synapses.values())[1:]
    return [s.weight - back.mT for s, back in zip(above, net.feedback.matrices, strict=True)]


@pytest.mark.parametrize("population", [sf.StochasticBinary, RATE])
@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("phi", PHI)
@pytest.mark.parametrize("batch", [1, 3])
def test_difference_to_the_transpose_shrinks_with_the_decay(phi, gated, population, batch):
    gamma, steps = 0.01, 20
    circuit = sf.KP(0.5, phi_delta=phi, gated=gated)
    net = network(circuit, population=population, rule=sf.ThreeFactor(0.05, weight_decay=gamma))
    before = differences(net)
    above = list(net.synapses.values())[1:]
    weights = [synapses.weight.clone() for synapses in above]
    state = net.state(batch)
    for step, _ in enumerate(drive(net, state, steps)):
        if step == 10:  # the feedback synapses have the learning rate of the forward ones
            for plasticity in state.plasticity:
                plasticity.learning_rate.mul_(0.3)
    for now, then in zip(differences(net), before, strict=True):
        torch.testing.assert_close(now, then * (1 - gamma) ** steps, rtol=0, atol=1e-12)
    for synapses, weight in zip(above, weights, strict=True):
        change = synapses.weight - weight * (1 - gamma) ** steps
        assert change.abs().max() > 1e-6, "nothing was learned, so nothing was tested"


def test_with_decay_the_angle_to_the_transpose_goes_under_one_degree():
    net = network(sf.KP(0.5, gated=False), rule=sf.ThreeFactor(0.05, weight_decay=0.01))
    assert min(net.alignment().values()) > 60
    run(net, steps=800)
    assert max(net.alignment().values()) < 1


def test_without_decay_it_does_not_align():
    net = network(sf.KP(0.5), rule=sf.ThreeFactor(0.05, weight_decay=0))
    before = differences(net)
    run(net, steps=50)
    for now, then in zip(differences(net), before, strict=True):
        torch.testing.assert_close(now, then, rtol=0, atol=1e-12)


def test_started_at_the_transpose_it_is_backpropagation():
    nets = [network(circuit) for circuit in (sf.KP(gated=True), sf.Backprop())]
    above = list(nets[0].synapses.values())[1:]
    for back, synapses in zip(nets[0].feedback.matrices, above, strict=True):
        back.copy_(synapses.weight.mT)
    for net in nets:
        run(net, steps=30)
    for name, synapses in nets[0].synapses.items():
        torch.testing.assert_close(
            synapses.weight, nets[1].synapses[name].weight, rtol=0, atol=1e-12
        )


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_it_follows_an_optimiser_with_momentum_by_momentum_of_its_own(momentum):
    """The difference to the transpose stays as it is, without decay, only with the same one."""
    sgd = partial(torch.optim.SGD, momentum=0.9)
    rule = sf.ThreeFactor(0.05, weight_decay=0)
    net = network(sf.KP(0.5, momentum=momentum), rule=rule, optimiser=sgd)
    before = differences(net)
    run(net, steps=50)
    moved = [(now - then).abs().max() for now, then in zip(differences(net), before, strict=True)]
    assert (max(moved) < 1e-12) == (momentum == 0.9)


def test_a_momentum_out_of_range_is_refused():
    with pytest.raises(sf.SpikefaError, match="momentum of KP is 1: give a number from 0, below 1"):
        sf.KP(momentum=1)


def test_velocities_begin_at_rest_and_are_in_checkpoints():
    net = network(sf.KP(0.5, momentum=0.5))
    run(net, steps=3)
    moving = [name for name in net.feedback.tensors() if name.startswith("v")]
    assert moving == [f"v{n}" for n in range(1, len(net.synapses))]
    assert all(net.feedback.tensors()[name].abs().max() > 0 for name in moving)
    net.initialise(0)
    assert all(net.feedback.tensors()[name].abs().max() == 0 for name in moving)


def learned(circuit):
    """Return the error on digits, in percent, and the share of saturated neurons in each layer."""
    data = sf.datasets.digits()
    rule = sf.ThreeFactor([0.09, 0.03, 0.03, 0.03])
    net = spiking_mnist(100, 3, 50, data.train.n_inputs, circuit, rule)
    sim = sf.Simulation(net, data, batch_size=20, seed=1)
    sim.train(epochs=4)
    hidden = sim.runner.state.populations[:-1]
    saturated = [float((layer.gain < 0.01).double().mean()) for layer in hidden]
    return sim.test().error_percent_summed, saturated


def test_errors_that_are_not_gated_saturate_the_lower_layers():
    """The default was not to gate them, and a deep network fell apart."""
    error, saturated = learned(sf.KP(0.3, gated=False))
    assert error > 40
    assert min(saturated[:2]) > 0.8
    error, saturated = learned(sf.KP(0.8))
    assert error < 25
    assert max(saturated) < 0.6
