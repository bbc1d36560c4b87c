"""Counts and covariances of spikes, against NumPy."""

import numpy as np

from spikefa.analysis.moments import Moments, spike_moments


def test_covariance_is_unbiased(run):
    recording, truth = run
    found = spike_moments(recording, "output").covariance
    np.testing.assert_allclose(found, np.cov(truth.output.T), atol=1e-15)


def test_rare_spikes_keep_their_digits():
    """Two units spike once in 2e9 steps, together: var = cov = (T - 1) / (T (T - 1)) = 1 / T."""
    rows = 2_000_000_000
    covariance = Moments(rows, np.ones((2, 2), np.int64)).covariance
    np.testing.assert_allclose(covariance, np.full((2, 2), 1 / rows), rtol=1e-15)
