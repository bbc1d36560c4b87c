"""Correlations between the spikes of pairs of units."""

import numpy as np

from spikefa.analysis.moments import spike_moments
from spikefa.recording import Recording, Steps, Units


def pairwise_correlation(
    recording: Recording,
    population: str,
    units: Units = None,
    steps: Steps = None,
) -> np.ndarray:
    """Return Pearson's correlation of each pair of units over the steps.

    ``rho_ij = cov(s_i, s_j) / sqrt(var(s_i) var(s_j))`` for spikes in the same step. This is the
    total correlation: it includes what the stimulus causes. While one image is shown, correlations
    are due to chance, since neurons draw their spikes independently. Windows far apart differ in
    their rates, which correlates all units, so give one window as `steps`.

    Parameters
    ----------
    recording : Recording
    population : str
    units : selection, optional
        Recorded units, in the order wanted, see `Recording`; by default all.
    steps : str or slice, optional
        The label of a window or absolute steps; by default all.

    Returns
    -------
    ndarray of float64, shape [n_units, n_units]
        nan where a unit was silent or spiked in every step.

    Raises
    ------
    SpikefaError
        If fewer than two steps were recorded.
    """
    covariance = spike_moments(recording, population, units, steps).covariance
    deviation = np.sqrt(np.diag(covariance))
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = covariance / np.outer(deviation, deviation)
    varied = deviation > 0
    correlation[varied, varied] = 1.0  # rounding of the square root may leave it one digit off
    return correlation
