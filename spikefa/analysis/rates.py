"""Firing rates: of units, by window, by class shown, and over time."""

from dataclasses import dataclass

import numpy as np

from spikefa.analysis.blockwise import settled
from spikefa.errors import require
from spikefa.recording import Recording, Steps, Units
from spikefa.utils.numbers import whole_number

LABELS = 256
"""Number of possible labels, which are bytes."""


def unit_rates(
    recording: Recording,
    population: str,
    units: Units = None,
    steps: Steps = None,
) -> np.ndarray:
    """Return the mean rate of each unit, in spikes per step.

    ``r_i = 1/T sum_t s_i(t)`` over the T steps at which the spikes were read. Multiply by
    ``1000 / dt``, with the dt of the file in ms, for hertz.

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
    ndarray of float64, shape [n_units]

    Raises
    ------
    SpikefaError
        If no spikes of the population were recorded, or none of these steps.
    """
    series = recording.series(population)
    rows = series.some_rows(steps)
    series.some_units(units)
    counts: np.ndarray | int = 0
    for _, spikes in series.blocks(units, steps):
        counts = counts + spikes.sum(axis=0, dtype=np.int64)
    return np.asarray(counts / (rows.stop - rows.start))


def mean_rates(recording: Recording, steps: Steps = None) -> dict[str, float]:
    """Return the mean rate of every population with recorded spikes, input first.

    Rates are in spikes per step and recorded unit; `steps` is as in `unit_rates`. Populations whose
    spikes were not read in these steps are left out.

    Raises
    ------
    SpikefaError
        If no spikes were read in these steps.
    """
    between = recording.span(steps)
    names = [name for name in recording.populations if "spikes" in recording.variables(name)]
    held = [name for name in names if recording.series(name).runs(between)]
    require(
        len(held) > 0,
        f"{recording.path} holds no spikes{'' if steps is None else f' of steps of {steps!r}'}: "
        "nothing can be counted",
    )
    return {name: float(unit_rates(recording, name, steps=between).mean()) for name in held}


def window_rates(
    recording: Recording, population: str, units: Units = None
) -> dict[str, np.ndarray]:
    """Return the rates of the units in each window of their probe, by label; see `unit_rates`.

    Windows without recorded steps are left out.
    """
    series = recording.series(population)
    labels = [window.label for window in series.windows if series.runs(window.label)]
    return {label: unit_rates(recording, population, units, label) for label in labels}


@dataclass(frozen=True)
class ClassRates:
    """Rates of units while images of each class were shown.

    Attributes
    ----------
    rates : ndarray of float64, shape [n_classes, n_units]
        Spikes per step; nan for a class that was not shown.
    steps : ndarray of int64, shape [n_classes]
        Number of counted steps of each class.
    """

    rates: np.ndarray
    steps: np.ndarray


def class_rates(
    recording: Recording,
    population: str,
    units: Units = None,
    steps: Steps = None,
    settle: int = 0,
) -> ClassRates:
    """Return the rate of each unit while images of each class were shown.

    Parameters
    ----------
    recording, population, units, steps
        As in `unit_rates`.
    settle : int
        Leave out this many steps at the beginning of each image, in which the potentials still
        reflect the previous one.

    Raises
    ------
    SpikefaError
        If no spikes of the population were recorded, or none of these steps.
    """
    series = recording.series(population)
    series.some_rows(steps)
    n_units = len(series.some_units(units))
    counts = np.zeros((LABELS, n_units), np.int64)
    shown = np.zeros(LABELS, np.int64)
    highest = max(population.n_classes for population in recording.populations.values())
    for part, spikes in series.blocks(units, steps):
        # Rows before `steps` show for how long an image has been shown, but are not counted.
        kept = settled(recording, population, part, settle)
        labels = series.stimulus(part)["label"]
        highest = max(highest, int(labels.max()) + 1)
        for label in np.unique(labels[kept]):
            chosen = kept & (labels == label)
            counts[label] += spikes[chosen].sum(axis=0, dtype=np.int64)
            shown[label] += chosen.sum()
    with np.errstate(invalid="ignore"):
        rates = counts[:highest] / shown[:highest, None]
    return ClassRates(rates, shown[:highest])


def population_rate(
    recording: Recording,
    population: str,
    units: Units = None,
    steps: Steps = None,
    width: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rate of a population over time.

    Time is divided into bins of `width` steps, ``k width <= step < (k + 1) width``. A bin that was
    recorded in part is averaged over that part; a bin that was not recorded is left out.

    Parameters
    ----------
    recording, population, units, steps
        As in `unit_rates`.
    width : int
        Steps of a bin. With the steps for which an image is shown, each bin is a presentation.

    Returns
    -------
    step : ndarray of int64, shape [bins]
        The first step of each bin.
    rate : ndarray of float64, shape [bins]
        Spikes per unit and step.

    Raises
    ------
    SpikefaError
        If no spikes of the population were recorded, or none of these steps.
    """
    width = whole_number(width, "width", 1)
    series = recording.series(population)
    rows = series.some_rows(steps)
    n_units = len(series.some_units(units))
    bins, place, recorded = np.unique(
        series.steps[rows] // width, return_inverse=True, return_counts=True
    )
    counts = np.zeros(len(bins), np.int64)
    for part, spikes in series.blocks(units, steps):
        where = place[part.start - rows.start : part.stop - rows.start]
        np.add.at(counts, where, spikes.sum(axis=1, dtype=np.int64))
    return bins * width, counts / (recorded * n_units)
