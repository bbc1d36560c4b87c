"""Dimensionality of activity, against NumPy."""

import numpy as np
import pytest

from spikefa import analysis
from tests.helpers.recorded_run import BUSY, SILENT


def test_participation_ratio_from_eigenvalues(run):
    recording, truth = run
    values = np.sort(np.linalg.eigvalsh(np.cov(truth.hidden.T)))[::-1]
    np.testing.assert_allclose(
        analysis.covariance_spectrum(recording, "hidden1"), values, atol=1e-14
    )
    expected = values.sum() ** 2 / (values**2).sum()
    assert analysis.participation_ratio(recording, "hidden1") == pytest.approx(expected)
    assert np.isnan(analysis.participation_ratio(recording, "hidden1", [SILENT, BUSY]))
