"""Angles between the deltas and updates of two circuits, by hand and against autograd."""

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.analysis.delta_angles import (
    Reference,
    angles_to,
    delta_angles,
    pseudo_gradients,
    update_alignment,
)
from spikefa.models import rate_network


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def looked(circuit):
    network = rate_network((4, 6, 5, 3), circuit, 0.1, weight_scale=0.8)
    network.initialise(1)
    state = network.state(20)
    network.forward(state, random(20, 4))
    network.feed_back(state, random(20, 3, seed=2))
    return network, state


def test_deltas_of_backpropagation_are_at_no_angle_to_themselves():
    network, state = looked(sf.Backprop(tau=1.0))
    angles = angles_to(network, sf.Backprop(tau=1.0), state)()
    torch.testing.assert_close(angles, torch.zeros_like(angles), rtol=0, atol=1e-5)


def test_delta_angles_of_feedback_alignment_by_hand():
    """At the upper hidden layer: between B e and W^T e, both times tanh', example by example."""
    network, state = looked(sf.FA(0.5, tau=1.0, gated=True))
    angles = angles_to(network, sf.Backprop(tau=1.0), state)
    error = state.error.numpy()
    back, weight = network.feedback.matrices[1].numpy(), network.synapses["output"].weight.numpy()
    gain = 1 - state.populations[1].spikes.numpy() ** 2
    expected = []
    for e, slope in zip(error, gain, strict=True):
        a, b = slope * (e @ back), slope * (weight @ e)
        expected.append(np.degrees(np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b))))
    assert angles()[1].item() == pytest.approx(np.mean(expected))
    network.synapses["output"].weight.copy_(network.feedback.matrices[1].mT)
    assert angles()[1].item() == pytest.approx(0, abs=1e-5)


def autograd(network, inputs, targets):
    """Return dL/dW of each projection, L half the squared error of tanh and linear neurons."""
    weights = [each.weight.clone().requires_grad_() for each in network.synapses.values()]
    s = inputs
    for weight, synapses in zip(weights, network.synapses.values(), strict=True):
        v = s @ weight + synapses.bias
        s = v if weight is weights[-1] else torch.tanh(v)
    ((s - targets) ** 2).sum().div(2).backward()
    return [weight.grad for weight in weights]


def test_pseudo_gradients_of_backpropagation_are_those_of_autograd():
    network, state = looked(sf.Backprop(tau=1.0))
    found = pseudo_gradients(state, random(20, 4), state.feedback.modulators)
    for own, expected in zip(
        found, autograd(network, random(20, 4), random(20, 3, seed=2)), strict=True
    ):
        torch.testing.assert_close(own, expected)


def test_update_alignment_of_feedback_alignment_against_autograd():
    network, state = looked(sf.FA(0.5, tau=1.0, gated=True))
    inputs, targets = random(20, 4), random(20, 3, seed=2)
    alignment = update_alignment(network, sf.Backprop(tau=1.0), state, inputs)()
    before = [each.weight.clone() for each in network.synapses.values()]
    expected = autograd(network, inputs, targets)
    network.learn(state, inputs)
    for found, each, old, gradient in zip(
        alignment, network.synapses.values(), before, expected, strict=True
    ):
        x, y = (old - each.weight).numpy().ravel(), gradient.numpy().ravel()
        assert found == pytest.approx(x @ y / np.linalg.norm(x) / np.linalg.norm(y))
    assert alignment[-1] == pytest.approx(1)
    assert abs(alignment[0]) < 0.9


SIZES, BATCH, RATE, UPDATES = (6, 5, 4, 3), 8, 0.02, 12


def test_update_angles_are_those_of_the_gradient():
    """Backpropagation's change is the gradient by autograd; FA's is what the network does."""
    network = rate_network(SIZES, sf.FA(0.5, tau=1.0, gated=True), RATE, "tanh", "linear", 0.7)
    network.initialise(1)
    state, x, target = network.state(BATCH), random(BATCH, 6), random(BATCH, 3, seed=1)
    network.forward(state, x)
    network.feed_back(state, target)
    reference = Reference(network, sf.Backprop(tau=1.0), BATCH)
    reference.watch(state)
    found = reference.update_angles(state, x)
    weights = [each.weight.clone().requires_grad_() for each in network.synapses.values()]
    activity = x
    for layer, weight in enumerate(weights):
        activity = activity @ weight + list(network.synapses.values())[layer].bias
        activity = activity if layer == 2 else activity.tanh()
    ((activity - target) ** 2).sum().div(2).backward()
    before = [weight.detach().clone() for weight in weights]
    network.learn(state, x)
    for layer, each in enumerate(list(network.synapses.values())[:2]):
        change = before[layer] - each.weight
        cosine = (change * weights[layer].grad).sum() / change.norm() / weights[layer].grad.norm()
        assert found[layer].item() == pytest.approx(np.degrees(np.arccos(cosine.item())))
    assert len(found) == 2


def digits_network(feedback):
    network = sf.models.lillicrap2016.spiking_mnist(40, 2, 30, 64, feedback=feedback)
    network.initialise(0)
    return network


def angles_of(network):
    return delta_angles(network, sf.datasets.digits().test)


def test_deltas_of_transposed_weights_are_those_of_backpropagation():
    network = digits_network(sf.FA(gated=True))
    for back, synapses in zip(
        network.feedback.matrices, list(network.synapses.values())[1:], strict=True
    ):
        back.copy_(synapses.weight.mT)
    # float32: the arc cosine of a number next to 1 is some hundredths of a degree
    assert all(angle < 0.1 for angle in angles_of(network).values())


def test_deltas_of_random_matrices_are_at_right_angles():
    found = angles_of(digits_network(sf.FA()))
    assert list(found) == ["hidden1", "hidden2"]
    assert all(85 < angle < 95 for angle in found.values())


def test_deltas_of_opposite_weights_point_the_other_way():
    network = digits_network(sf.FA(gated=True))
    network.feedback.matrices[1].copy_(-network.synapses["output"].weight.mT)
    assert angles_of(network)["hidden2"] > 179.9


def test_looking_at_deltas_changes_no_weight():
    network = digits_network(sf.FA())
    before = {name: tensor.clone() for name, tensor in network.tensors().items()}
    angles_of(network)
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.tensors().items())
