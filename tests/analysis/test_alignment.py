"""Angles, overlaps and other measures of alignment, against NumPy and geometry."""

import math

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.analysis import angle, weight_alignment
from spikefa.analysis.alignment import (
    marchenko_pastur,
    norm_ratio,
    overlap,
    path_norm_ratios,
    row_angles,
    stability_criterion,
    teaching_overlap,
)
from spikefa.errors import SpikefaError
from spikefa.models import rate_network


@pytest.mark.parametrize(
    ("a", "b", "degrees"),
    [
        ([1.0, 0.0], [0.0, 5.0], 90.0),
        ([1.0, 1.0], [7.0, 0.0], 45.0),
        ([3.0, 4.0], [-6.0, -8.0], 180.0),
        ([3.0, 4.0], [30.0, 40.0], 0.0),
        ([1.0, 0.0, 0.0], [1.0, math.sqrt(3), 0.0], 60.0),
    ],
)
def test_angles_known_from_geometry(a, b, degrees):
    assert angle(torch.tensor(a), torch.tensor(b)) == pytest.approx(degrees, abs=1e-5)


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_a_tiny_angle_keeps_its_digits(scale):
    a = torch.tensor([1.0, 0.0], dtype=torch.float64) * scale
    b = torch.tensor([1.0, 1e-9], dtype=torch.float64)
    assert angle(a, b) == pytest.approx(math.degrees(1e-9), rel=1e-6)


def test_zero_has_no_angle():
    assert math.isnan(angle(torch.zeros(3), torch.ones(3)))
    assert math.isnan(angle(torch.ones(3), torch.zeros(3)))
    assert math.isnan(angle(torch.tensor([math.nan, 1]), torch.ones(2)))


def test_rectangular_layers_by_hand():
    """W . B^T = 1*1 + 2*3 + 3*5 + 4*2 + 5*4 + 6*6 = 86 with |W|^2 = |B|^2 = 91."""
    w = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])  # 2 -> 3
    b = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])  # 3 -> 2
    by_hand = math.degrees(math.acos(86 / 91))
    exact = weight_alignment([w, b], [b, -b.T])
    assert exact == pytest.approx([by_hand, 180.0])
    assert weight_alignment([w], [w.T]) == pytest.approx([0.0], abs=1e-6)


def test_integers_and_half_precision_are_summed_in_double():
    n = 5000
    a = torch.ones(n, dtype=torch.bfloat16)
    b = torch.ones(n, dtype=torch.bfloat16)
    b[: n // 2] = 0
    assert angle(a, b) == pytest.approx(45.0)


def test_shapes_that_do_not_fit():
    with pytest.raises(SpikefaError, match="transposed"):
        weight_alignment([torch.ones(2, 3)], [torch.ones(2, 3)])
    with pytest.raises(SpikefaError, match="one B for each W"):
        weight_alignment([torch.ones(2, 3)], [])
    with pytest.raises(SpikefaError, match="same shape"):
        angle(torch.ones(2, 3), torch.ones(3, 2))


def test_a_network_says_the_angle_of_each_projection_beside_its_feedback():
    """With B = W^T the circuit is backpropagation: 0 degrees; with B = -W^T 180."""
    net = sf.models.lillicrap2016.spiking_mnist(
        hidden=8, hidden_layers=2, outputs=10, n_inputs=12, feedback=sf.FA(scale=0.7)
    )
    net.initialise(0)
    assert all(30 < degrees < 150 for degrees in net.alignment().values())
    lower, upper = net.feedback.layer_matrices()
    lower.copy_(net.synapses["hidden2"].weight.T)
    upper.copy_(-net.synapses["output"].weight.T)
    assert net.alignment() == pytest.approx({"hidden2": 0.0, "output": 180.0}, abs=1e-4)


def test_a_circuit_without_matrices_beside_the_layers_has_no_alignment(monkeypatch):
    net = sf.models.lillicrap2016.spiking_mnist(hidden=8, hidden_layers=2, outputs=10, n_inputs=12)
    monkeypatch.setattr(sf.FA, "layer_matrices", sf.FeedbackCircuit.layer_matrices)
    assert net.alignment() == {}


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


SIZES, BATCH, RATE, UPDATES = (6, 5, 4, 3), 8, 0.02, 12


def test_ratios_of_lengths_of_the_paths():
    circuit = sf.PFA(2, tau=1.0)
    network = rate_network(SIZES, circuit, RATE, weight_scale=0.7)
    network.initialise(0)
    found = path_norm_ratios(network)
    path = circuit.fixed[1].numpy() @ circuit.plastic_matrices[1].numpy()
    expected = np.linalg.norm(path) / np.linalg.norm(network.synapses["output"].weight)
    assert found["output"] == pytest.approx(expected)
    assert list(found) == list(network.alignment())
