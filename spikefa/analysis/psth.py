"""Peri-stimulus time histograms: rates around the beginning of images, or around triggers."""

from dataclasses import dataclass

import numpy as np

from spikefa.analysis.responses import By, responses
from spikefa.analysis.trials import IMAGE, find_trials
from spikefa.errors import require
from spikefa.recording import Recording, Steps, Units
from spikefa.utils.numbers import whole_number


@dataclass(frozen=True)
class Psth:
    """Rates of units in bins of steps around an event, as means over trials.

    Attributes
    ----------
    step : ndarray of int64, shape [bins]
        The first step of each bin; 0 is the event.
    width : int
        Steps of a bin.
    group : ndarray of int64, shape [groups]
        The class, or the image, of each group of trials, ascending; -1 if there is only one group.
    trials : ndarray of int64, shape [groups]
        Number of trials.
    mean, error : ndarray of float64, shape [groups, bins, n_units]
        Spikes per step, and the standard error of this mean over trials; nan with one trial.
    population_mean, population_error : ndarray of float64, shape [groups, bins]
        The same for all these units together, per unit and step.
    """

    step: np.ndarray
    width: int
    group: np.ndarray
    trials: np.ndarray
    mean: np.ndarray
    error: np.ndarray
    population_mean: np.ndarray
    population_error: np.ndarray


def psth(
    recording: Recording,
    population: str,
    units: Units = None,
    steps: Steps = None,
    align: str = IMAGE,
    by: By = None,
    before: int | None = None,
    after: int | None = None,
    width: int = 1,
) -> Psth:
    """Return the rate of each unit around events, averaged over trials.

    Step 0 is the first step of an image, or the step after which a trigger fired. A trial counts if
    all its steps were recorded and lie in `steps`, so all bins are means over the same trials, and
    none bridges the steps between two windows. The spikes of units may be correlated, so the error
    of their common rate is computed from the trials, and not from the errors of the units.

    Parameters
    ----------
    recording : Recording
    population : str
    units : selection, optional
        Recorded units, in the order wanted, see `Recording`; by default all.
    steps : str or slice, optional
        The label of a window or absolute steps; by default all.
    align : str, default "image"
        ``"image"``, or the label of a trigger.
    by : "class", "image" or None
        Group the trials by what was shown at the event; None for all trials together.
    before, after : int, optional
        Steps around the event. By default all steps of an image, or those that the trigger
        recorded.
    width : int, default 1
        Steps of a bin. One bin begins at the event, and all are whole.

    Raises
    ------
    SpikefaError
        If there is no such trial, or the bins do not fit.

    Examples
    --------
    >>> found = psth(recording, "hidden1", by="class", width=5)
    >>> found.mean[3, :, 0]  # unit 0, over time, while the fourth class was shown
    """
    width = whole_number(width, "width", 1)
    trials = find_trials(recording, population, steps, align, before, after)
    require(
        trials.before % width == 0 and (trials.after + 1) % width == 0,
        f"width is {width}: {trials.before} steps before the event, or the {trials.after + 1} from "
        "it on, are no whole number of bins; choose `before` and `after + 1` as multiples of it",
    )
    edges = np.arange(0, trials.length + 1, width)
    found = responses(recording, population, trials, units, edges, by)
    mean, error = found.rates()
    return Psth(
        edges[:-1] - trials.before,
        width,
        found.group,
        found.trials,
        mean[..., :-1],
        error[..., :-1],
        mean[..., -1],
        error[..., -1],
    )
