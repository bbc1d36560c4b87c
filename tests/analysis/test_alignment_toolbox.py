"""Angles row by row, overlaps and the law of Marchenko and Pastur, against NumPy."""

import math

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.analysis.alignment import (
    marchenko_pastur,
    norm_ratio,
    overlap,
    row_angles,
    stability_criterion,
    teaching_overlap,
)
from spikefa.analysis.delta_angles import angles_to, pseudo_gradients, update_alignment
from spikefa.models import rate_network


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("shape", [(5, 7), (6, 6)])
def test_angles_neuron_by_neuron(shape):
    """Row j of W [n_pre, n_post] is what neuron j sends; column j of B is what comes back."""
    weight, back = random(*shape), random(*reversed(shape), seed=1)
    found = row_angles(weight, back.mT)
    for j in range(shape[0]):
        w, b = weight[j].numpy(), back[:, j].numpy()
        expected = np.degrees(np.arccos(w @ b / np.linalg.norm(w) / np.linalg.norm(b)))
        assert found[j].item() == pytest.approx(expected)


def test_a_row_of_zeros_has_no_angle_and_a_tiny_one_keeps_its_digits():
    a = torch.tensor([[0.0, 0.0], [1.0, 0.0]])
    b = torch.tensor([[1.0, 0.0], [1.0, 1e-6]])
    found = row_angles(a, b)
    assert math.isnan(found[0])
    assert found[1].item() == pytest.approx(math.degrees(1e-6), rel=1e-5)
    with pytest.raises(sf.SpikefaError, match="same shape"):
        row_angles(torch.zeros(2, 3), torch.zeros(3, 2))


@pytest.mark.parametrize(("n_in", "n_h", "n_out"), [(5, 4, 3), (4, 4, 4)])
def test_traces_of_the_paper(n_in, n_h, n_out):
    """The paper's A, W and B are the transposes of the engine's."""
    A, W, B, T = (
        random(*shape, seed=seed).numpy()
        for seed, shape in enumerate([(n_h, n_in), (n_out, n_h), (n_h, n_out), (n_out, n_in)])
    )
    first, second, back, target = (torch.as_tensor(matrix.T) for matrix in (A, W, B, T))
    assert overlap(second, back) == pytest.approx(np.trace(B @ W))
    expected = np.trace(A.T @ B @ (T - W @ A))
    assert teaching_overlap(first, second, back, target) == pytest.approx(expected)
    assert norm_ratio(second, back) == pytest.approx(np.linalg.norm(W) / np.linalg.norm(B))


@pytest.mark.parametrize("ratio", [0.1, 0.5, 1.0])
def test_the_law_of_marchenko_and_pastur(ratio):
    """It is a density of mean 1 and variance lambda, and that of the eigenvalues of B^T B."""
    x, p = marchenko_pastur(ratio, points=200_000)
    middle, width = (x[1:] + x[:-1]) / 2, np.diff(x)
    mass = (p[1:] + p[:-1]) / 2 * width
    assert mass.sum() == pytest.approx(1, abs=0.02)
    assert (mass * middle).sum() == pytest.approx(1, abs=0.01)
    assert (mass * (middle - 1) ** 2).sum() == pytest.approx(ratio, abs=0.01)
    rows = round(400 / ratio)
    matrix = random(rows, 400).numpy() / np.sqrt(rows)
    eigenvalues = np.linalg.eigvalsh(matrix.T @ matrix)
    below = np.mean(eigenvalues < 1)
    assert mass[middle < 1].sum() == pytest.approx(below, abs=0.03)
    assert eigenvalues.max() == pytest.approx(x[-1], rel=0.05)


def test_lambda_above_one_is_refused():
    with pytest.raises(sf.SpikefaError, match="lambda"):
        marchenko_pastur(1.5)


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


def test_the_criterion_of_stability_is_the_cosine_of_update_and_gradient():
    """Eq. 11 in NumPy; its sign is that of the fall of the loss, measured by autograd's tangent."""
    updates, gradients = ([random(*shape, seed=k) for shape in ((4, 6), (6, 3))] for k in (0, 7))
    found = stability_criterion(updates, gradients)
    for each, d, g in zip(found, updates, gradients, strict=True):
        x, y = d.numpy().ravel(), g.numpy().ravel()
        assert each == pytest.approx(x @ y / np.linalg.norm(x) / np.linalg.norm(y))
    assert stability_criterion(gradients, gradients) == pytest.approx([1, 1])
    assert stability_criterion([-gradients[0]], gradients[:1]) == pytest.approx([-1])
    assert math.isnan(stability_criterion([torch.zeros(2, 2)], [torch.ones(2, 2)])[0])
    with pytest.raises(sf.SpikefaError, match="one of each per layer"):
        stability_criterion(updates, gradients[:1])


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
