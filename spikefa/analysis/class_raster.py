"""Presentations sorted by class, and units by the class that they prefer."""

from dataclasses import dataclass

import numpy as np

from spikefa.analysis.responses import responses
from spikefa.analysis.trials import Trials, counts_of, find_trials
from spikefa.recording import Recording, Steps, Units
from spikefa.utils.memory import require_room
from spikefa.utils.numbers import whole_number


@dataclass(frozen=True)
class ClassRaster:
    """The spikes of presentations sorted by class.

    Attributes
    ----------
    spikes : ndarray of bool, shape [presentations, steps, n_units]
    event : ndarray of int64, shape [presentations]
        The first step of each presentation; ascending within a class.
    label : ndarray of int64, shape [presentations]
        The class of each, ascending.
    units : ndarray of int64, shape [n_units]
        In the order of the columns.
    preferred : ndarray of int64, shape [n_units]
        The class for which each of these units spikes most; -1 if it is silent.
    """

    spikes: np.ndarray
    event: np.ndarray
    label: np.ndarray
    units: np.ndarray
    preferred: np.ndarray


def class_raster(
    recording: Recording,
    population: str,
    units: Units = None,
    steps: Steps = None,
    per_class: int | None = None,
    sort: bool = True,
    prefer: Steps = None,
) -> ClassRaster:
    """Return the spikes of whole presentations, sorted by class.

    Units are sorted by the class for which they spike most, and among these by their selectivity,
    ``(r_p - m) / (r_p + m)`` with the mean m of the other classes (see `selectivity`); silent units
    come last. Sorting by the very spikes that are shown puts even random ones in a pattern: give
    `prefer` other steps to sort by.

    Parameters
    ----------
    recording : Recording
    population : str
    units : selection, optional
        Recorded units, see `Recording`; by default all.
    steps : str or slice, optional
        The label of a window or absolute steps; by default all.
    per_class : int, optional
        At most so many presentations of each class, the first ones; by default all.
    sort : bool, default True
        Whether to sort the units; otherwise they have the order given.
    prefer : str or slice, optional
        The steps whose spikes say what units prefer; by default all presentations in `steps`.

    Raises
    ------
    SpikefaError
        If there is no complete presentation, or the spikes do not fit into memory.
    """
    trials = find_trials(recording, population, steps)
    others = trials if prefer is None else find_trials(recording, population, prefer)
    preferred, index = _preferences(recording, population, others, units)
    chosen = recording.series(population).some_units(units)
    order = np.arange(len(chosen))
    if sort:
        silent = preferred < 0
        order = np.lexsort((-index, preferred, silent))
    shown = trials.part(_first_of_each(trials.label, per_class))
    size = 2 * len(shown) * shown.length * len(chosen)  # they are sorted into a copy
    require_room({f"the raster of {population!r}": size}, mend="give fewer units or steps")
    spikes = np.empty((len(shown), shown.length, len(chosen)), bool)
    edges = np.arange(shown.length + 1)
    for part, counts in counts_of(recording, population, shown, chosen[order].tolist(), edges):
        spikes[part] = counts
    by_class = np.argsort(shown.label, kind="stable")
    return ClassRaster(
        spikes[by_class],
        shown.event[by_class],
        shown.label[by_class],
        chosen[order],
        preferred[order],
    )


def _first_of_each(label: np.ndarray, per_class: int | None) -> np.ndarray:
    """Return the numbers, ascending, of the first trials of each class."""
    if per_class is None:
        return np.arange(len(label))
    most = whole_number(per_class, "per_class", 1)
    order = np.argsort(label, kind="stable")
    _, first, counts = np.unique(label[order], return_index=True, return_counts=True)
    rank = np.arange(len(label)) - first.repeat(counts)
    return np.sort(order[rank < most])


def _preferences(
    recording: Recording, population: str, trials: Trials, units: Units
) -> tuple[np.ndarray, np.ndarray]:
    """Return the preferred class of each unit, -1 if it is silent, and how much it is preferred."""
    edges = np.array([0, trials.length])
    found = responses(recording, population, trials, units, edges, "class")
    rates = found.rates()[0][:, 0, :-1]
    most = rates.max(axis=0)
    rest = (rates.sum(axis=0) - most) / max(1, len(rates) - 1)
    index = (most - rest) / np.where(most > 0, most + rest, 1)
    return np.where(most > 0, found.group[rates.argmax(axis=0)], -1), index
