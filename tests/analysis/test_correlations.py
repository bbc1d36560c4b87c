"""Correlation, dimensionality and synchrony, against NumPy on the whole raster."""

import numpy as np
import pytest

from spikefa import analysis
from spikefa.analysis.moments import Moments, spike_moments
from spikefa.errors import SpikefaError
from tests.helpers.recorded_run import BUSY, SILENT

CHANGING = [unit for unit in range(13) if unit not in (SILENT, BUSY)]


def test_correlation_is_pearsons(run):
    recording, truth = run
    found = analysis.pairwise_correlation(recording, "hidden1")
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = np.corrcoef(truth.hidden.T)
    np.testing.assert_allclose(found, expected, atol=1e-13)
    assert np.isnan(found[[SILENT, BUSY]]).all()
    assert (np.diag(found)[CHANGING] == 1).all()
    late = analysis.pairwise_correlation(recording, "hidden1", [12, 1], "late")
    np.testing.assert_allclose(late, np.corrcoef(truth.hidden[truth.steps >= 400][:, [12, 1]].T))


def test_covariance_is_unbiased(run):
    recording, truth = run
    found = spike_moments(recording, "output").covariance
    np.testing.assert_allclose(found, np.cov(truth.output.T), atol=1e-15)


def test_rare_spikes_keep_their_digits():
    """Two units spike once in 2e9 steps, together: var = cov = (T - 1) / (T (T - 1)) = 1 / T."""
    rows = 2_000_000_000
    covariance = Moments(rows, np.ones((2, 2), np.int64)).covariance
    np.testing.assert_allclose(covariance, np.full((2, 2), 1 / rows), rtol=1e-15)


def test_participation_ratio_from_eigenvalues(run):
    recording, truth = run
    values = np.sort(np.linalg.eigvalsh(np.cov(truth.hidden.T)))[::-1]
    np.testing.assert_allclose(
        analysis.covariance_spectrum(recording, "hidden1"), values, atol=1e-14
    )
    expected = values.sum() ** 2 / (values**2).sum()
    assert analysis.participation_ratio(recording, "hidden1") == pytest.approx(expected)
    assert np.isnan(analysis.participation_ratio(recording, "hidden1", [SILENT, BUSY]))


def test_synchrony_is_chi(run):
    recording, truth = run
    for units in (None, [0, 5, 10], [4]):
        spikes = truth.hidden[:, slice(None) if units is None else units].astype(float)
        expected = np.sqrt(spikes.mean(1).var() / spikes.var(0).mean())
        assert analysis.synchrony(recording, "hidden1", units) == pytest.approx(expected)
    assert analysis.synchrony(recording, "hidden1", [4]) == pytest.approx(1)
    assert np.isnan(analysis.synchrony(recording, "hidden1", [SILENT, BUSY]))


def test_one_population_doing_one_thing(recording):
    """The same unit three times: one dimension, full synchrony."""
    assert analysis.participation_ratio(recording, "hidden1", [4, 4, 4]) == pytest.approx(1)
    assert analysis.synchrony(recording, "hidden1", [4, 4, 4]) == pytest.approx(1)


def test_elephant_finds_the_same_correlations(recording):
    elephant = pytest.importorskip("elephant.spike_train_correlation", reason="needs elephant")
    from elephant.conversion import BinnedSpikeTrain
    from neo import SpikeTrain
    from quantities import ms

    spikes = recording.raster("hidden1", CHANGING, "late")
    trains = [SpikeTrain(np.flatnonzero(s), units="ms", t_stop=len(spikes)) for s in spikes.T]
    binned = BinnedSpikeTrain(trains, bin_size=1 * ms)
    ours = analysis.pairwise_correlation(recording, "hidden1", CHANGING, "late")
    np.testing.assert_allclose(ours, elephant.correlation_coefficient(binned), atol=1e-12)
    ours = spike_moments(recording, "hidden1", CHANGING, "late").covariance
    np.testing.assert_allclose(ours, elephant.covariance(binned), atol=1e-12)


def test_too_few_steps(recording):
    with pytest.raises(SpikefaError, match="one step"):
        analysis.pairwise_correlation(recording, "hidden1", steps=slice(0, 1))
