"""Tuning curves and Fano factors: the spikes of units in a window of each presentation."""

from dataclasses import dataclass

import numpy as np

from spikefa.analysis.responses import By, Responses, responses, window_edges
from spikefa.analysis.trials import find_trials
from spikefa.recording import Recording, Steps, Units


@dataclass(frozen=True)
class Tuning:
    """The mean response of units to each class.

    Attributes
    ----------
    group : ndarray of int64, shape [groups]
        The classes, or images, that were shown, ascending.
    presentations : ndarray of int64, shape [groups]
    mean, error : ndarray of float64, shape [groups, n_units]
        Spikes per step, and the standard error of this mean over presentations; nan with one.
    """

    group: np.ndarray
    presentations: np.ndarray
    mean: np.ndarray
    error: np.ndarray

    @property
    def preferred(self) -> np.ndarray:
        """The group to which each unit responds most, int64 [n_units]; -1 if it was silent."""
        return np.where(self.mean.max(axis=0) > 0, self.group[self.mean.argmax(axis=0)], -1)


@dataclass(frozen=True)
class FanoFactors:
    """How much the number of spikes varies between presentations.

    Attributes
    ----------
    group : ndarray of int64, shape [groups]
        The class, or image, of the presentations, ascending; -1 if there is only one group.
    presentations : ndarray of int64, shape [groups]
    mean : ndarray of float64, shape [groups, n_units]
        Spikes in the window.
    factor : ndarray of float64, shape [groups, n_units]
        Variance over mean; nan for a silent unit, and with one presentation.
    """

    group: np.ndarray
    presentations: np.ndarray
    mean: np.ndarray
    factor: np.ndarray


def tuning(
    recording: Recording,
    population: str,
    window: slice | None = None,
    units: Units = None,
    steps: Steps = None,
    by: By = "class",
) -> Tuning:
    """Return the mean response of each unit to each class, with its error over presentations.

    Parameters
    ----------
    recording : Recording
    population : str
    window : slice, optional
        Steps of a presentation whose spikes count, such as ``slice(1, 5)``; by default all.
        Potentials in the first step still contain some of the image before.
    units : selection, optional
        Recorded units, in the order wanted, see `Recording`; by default all.
    steps : str or slice, optional
        The label of a window of the recording or absolute steps; by default all.
    by : "class", "image" or None

    Raises
    ------
    SpikefaError
        If there is no complete presentation, or the window has none of its steps.
    """
    found = _responses(recording, population, window, units, steps, by)
    mean, error = found.rates()
    return Tuning(found.group, found.trials, mean[:, 0, :-1], error[:, 0, :-1])


def fano(
    recording: Recording,
    population: str,
    window: slice | None = None,
    units: Units = None,
    steps: Steps = None,
    by: By = "class",
) -> FanoFactors:
    """Return the Fano factor of each unit: variance over mean of its spikes in a window.

    ``F = s^2 / m`` with the unbiased variance ``s^2`` over presentations; elephant divides by n
    and not by n - 1. It is 1 for Poisson spikes; a neuron that spikes with probability p in each of
    n independent steps has ``1 - p``. Images of a class differ, which adds to the variance: with
    ``by="image"`` only presentations of the same image are compared.

    Parameters
    ----------
    recording, population, window, units, steps, by
        As in `tuning`.
    """
    found = _responses(recording, population, window, units, steps, by)
    mean = found.mean[:, 0, :-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = np.where(mean > 0, found.variance[:, 0, :-1] / mean, np.nan)
    return FanoFactors(found.group, found.trials, mean, factor)


def _responses(
    recording: Recording,
    population: str,
    window: slice | None,
    units: Units,
    steps: Steps,
    by: By,
) -> Responses:
    trials = find_trials(recording, population, steps)
    edges = window_edges(window, trials.length)
    return responses(recording, population, trials, units, edges, by)
