"""Trajectories of weights in principal components."""

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.analysis.trajectories import parameters, principal_trajectories
from spikefa.models import rate_network

SIZES, BATCH, RATE, UPDATES = (6, 5, 4, 3), 8, 0.02, 12


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_trajectories_in_principal_components():
    """Against the singular value decomposition; distances within the plane are kept."""
    one, other = random(20, 300).numpy(), random(15, 300, seed=1).numpy() + 1
    one, other = one.cumsum(0), other.cumsum(0)
    (first, second), share = principal_trajectories([one, other], 3)
    points = np.concatenate([one, other])
    centred = points - points.mean(0)
    _, singular, axes = np.linalg.svd(centred, full_matrices=False)
    expected = centred @ axes[:3].T
    signs = np.sign((np.concatenate([first, second]) * expected).sum(0))
    np.testing.assert_allclose(np.concatenate([first, second]) * signs, expected, atol=1e-8)
    np.testing.assert_allclose(share, singular[:3] ** 2 / (singular**2).sum())
    flat = random(3, 2).numpy() @ random(2, 50, seed=2).numpy()
    (path,), share = principal_trajectories([flat], 2)
    assert share.sum() == pytest.approx(1)
    assert np.linalg.norm(path[0] - path[2]) == pytest.approx(np.linalg.norm(flat[0] - flat[2]))


def test_parameters_are_all_weights_and_biases():
    network = rate_network(SIZES, sf.FA(tau=1.0), RATE)
    network.initialise(0)
    flat = parameters(network)
    assert len(flat) == 6 * 5 + 5 + 5 * 4 + 4 + 4 * 3 + 3
    network.synapses["output"].bias.fill_(7)
    assert flat[-1] == 0
    assert parameters(network)[-3:].tolist() == [7, 7, 7]
