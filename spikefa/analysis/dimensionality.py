"""The dimensionality of the activity of a population."""

import numpy as np

from spikefa.analysis.moments import spike_moments
from spikefa.recording import Recording, Steps, Units


def covariance_spectrum(
    recording: Recording,
    population: str,
    units: Units = None,
    steps: Steps = None,
) -> np.ndarray:
    """Return the eigenvalues of the covariance of the spikes, the largest first.

    Parameters
    ----------
    recording : Recording
    population : str
    units : selection, optional
        Recorded units, see `Recording`; by default all.
    steps : str or slice, optional
        The label of a window or absolute steps; by default all.

    Returns
    -------
    ndarray of float64, shape [n_units]
        Variances along the principal axes, in (spikes per step)^2.

    Raises
    ------
    SpikefaError
        If fewer than two steps were recorded.
    """
    return np.linalg.eigvalsh(spike_moments(recording, population, units, steps).covariance)[::-1]


def participation_ratio(
    recording: Recording,
    population: str,
    units: Units = None,
    steps: Steps = None,
) -> float:
    """Return the participation ratio, a dimensionality between 1 and the number of units.

    For the eigenvalues l_i of the covariance C of the spikes it is ``(sum l_i)^2 / sum l_i^2 =
    (tr C)^2 / tr(C^2)``, which is k if k eigenvalues are equal and the others are 0 (Abbott, Rajan
    and Sompolinsky 2011; Gao et al. 2017, "A theory of multineuronal dimensionality, dynamics and
    measurement"). Independent noise, such as that of stochastic neurons, fills all dimensions. T
    steps span at most T - 1 dimensions, and estimates from few steps are too low, so compare
    windows of the same length.

    Parameters are those of `covariance_spectrum`.

    Returns
    -------
    float
        nan if no unit ever changed.

    Raises
    ------
    SpikefaError
        If fewer than two steps were recorded.
    """
    covariance = spike_moments(recording, population, units, steps).covariance
    squares = float(np.sum(covariance**2))  # C is symmetric
    return float(np.trace(covariance)) ** 2 / squares if squares > 0 else float("nan")
