"""Descent on linear neurons diverges just where the measure says."""

import pytest
import torch

import spikefa as sf
from spikefa.analysis.overshoot import overshoot


def test_it_is_the_eigenvalue_of_the_second_moments():
    h = torch.randn(50, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    moments = h.T @ h / len(h)
    assert overshoot(h, 0.3) == pytest.approx(0.3 * float(torch.linalg.eigvalsh(moments)[-1]))


@pytest.mark.parametrize(("size", "grows"), [(1.9, False), (2.1, True)])
def test_descent_grows_beyond_2(size, grows):
    generator = torch.Generator().manual_seed(1)
    h = torch.randn(40, 6, dtype=torch.float64, generator=generator) + 1
    rate = size / overshoot(h, 1.0)
    true = torch.randn(6, 3, dtype=torch.float64, generator=generator)
    weight = torch.zeros_like(true)
    first = float((h @ true).square().mean())
    for _ in range(400):
        weight -= rate * h.T @ (h @ (weight - true)) / len(h)
    last = float((h @ (weight - true)).square().mean())
    assert (last > first) == grows


@pytest.mark.parametrize("shape", [(0, 3), (2, 5, 3), (3,)])
def test_activity_of_another_shape_is_refused(shape):
    with pytest.raises(sf.SpikefaError, match="expected \\[examples, neurons\\]"):
        overshoot(torch.zeros(shape), 0.1)
