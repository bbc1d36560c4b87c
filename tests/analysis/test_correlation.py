"""Correlations of spikes, against NumPy and Elephant."""

import numpy as np
import pytest

from spikefa import analysis
from spikefa.analysis.moments import spike_moments
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
