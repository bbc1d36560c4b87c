import math

import pytest
import torch

import spikefa as sf
from spikefa.analysis import angle, weight_alignment
from spikefa.errors import SpikefaError


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
