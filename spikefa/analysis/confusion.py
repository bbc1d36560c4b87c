"""Confusion matrices: the classes that the outputs guess, against those shown, over time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spikefa.analysis.presentations import Presentations, presentations
from spikefa.errors import SpikefaError, require
from spikefa.recording import Recording, Steps
from spikefa.recording.read.spike_reader import BLOCK_ROWS
from spikefa.stimulus.predictions import Guess
from spikefa.utils.counting import counted
from spikefa.utils.numbers import whole_number


@dataclass(frozen=True)
class Confusion:
    """Counts of guesses.

    Attributes
    ----------
    counts : ndarray of int64, shape [periods, n_classes, n_classes]
        Presentations by the class shown (rows) and the class guessed (columns).
    start : ndarray of int64, shape [periods]
        The first step of each period.
    """

    counts: np.ndarray
    start: np.ndarray

    @property
    def error_percent(self) -> np.ndarray:
        """The share of wrong guesses in each period, float64 [periods]; nan without guesses."""
        right = np.trace(self.counts, axis1=1, axis2=2)
        with np.errstate(invalid="ignore"):
            return 100.0 * (1.0 - right / self.counts.sum(axis=(1, 2)))


def confusion(
    recording: Recording,
    steps: Steps = None,
    guess: Guess = "last",
    every: int | None = None,
    population: str | None = None,
    steps_per_image: int | None = None,
) -> Confusion:
    """Return how often an image of each class was classified as each class.

    The guess is the class whose group of output units spikes most, in the last step of a
    presentation or in all of its steps together; the lower class if two are equal (Lillicrap et al.
    2016, Methods). Only complete presentations count, see `presentations`. Guesses are judged by
    what the stream of the outputs saw, so this is the error of one stream while it learns.

    Parameters
    ----------
    recording : Recording
        With spikes of the same number of output units for each class.
    steps : str or slice, optional
        The label of a window or absolute steps; by default all.
    guess : "last" or "summed"
    every : int, optional
        Presentations in a period; the last period may have fewer. By default all presentations
        make one period.
    population : str, optional
        By default the output population.
    steps_per_image : int, optional
        By default as in `presentations`.

    Raises
    ------
    SpikefaError
        If no outputs or no complete presentation were recorded.

    Examples
    --------
    >>> wrong = confusion(recording, every=1000, guess="summed").error_percent
    >>> late = confusion(recording, "late").counts[0]
    """
    require(guess in ("last", "summed"), f"guess is {guess!r}: give 'last' or 'summed'")
    name = _outputs(recording) if population is None else population
    n_classes = recording.populations[name].n_classes if name in recording.populations else 0
    templates = _templates(recording, name)
    shown = presentations(recording, steps, steps_per_image, name)
    require(
        int(shown.label.max()) < n_classes,
        f"an image of class {shown.label.max()} was shown, but {name!r} has {n_classes} classes",
    )
    length = len(shown) if every is None else whole_number(every, "every", 1)
    counts = np.zeros((-(-len(shown) // length), n_classes, n_classes), np.int64)
    for chosen, spikes in _counted(recording, name, templates, shown, guess):
        period = np.arange(chosen.start, chosen.stop) // length
        counts += counted((period, shown.label[chosen], spikes.argmax(axis=1)), counts.shape)
    return Confusion(counts, recording.steps_of(name)[shown.start[::length]])


def _outputs(recording: Recording) -> str:
    for name, population in recording.populations.items():
        if population.role == "output":
            return name
    raise SpikefaError(f"{recording.path} has no output population")


def _templates(recording: Recording, population: str) -> np.ndarray:
    """Return the class of each unit as 1-hot rows, float32 [n_units, n_classes]."""
    units = recording.units(population)
    described = recording.populations[population]
    require(described.n_classes > 0, f"the units of {population!r} do not stand for classes")
    templates = described.classes(units)[:, None] == np.arange(described.n_classes)
    held = templates.sum(axis=0)
    require(
        bool((held == held[0]).all()),
        f"{recording.path} holds {held.min()} to {held.max()} units of a class of {population!r}: "
        "guesses need the same number for each class, so record all units",
    )
    return templates.astype(np.float32)


def _counted(
    recording: Recording, population: str, templates: np.ndarray, shown: Presentations, guess: Guess
) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield slices of presentations with the spikes of each class, [presentations, classes]."""
    width, held = shown.steps_per_image, recording.steps_of(population)
    at_once = max(1, BLOCK_ROWS // width)
    for first in range(0, len(shown), at_once):
        chosen = slice(first, min(first + at_once, len(shown)))
        start = shown.start[chosen]
        steps = held[start[0]], held[start[-1] + width - 1] + 1
        # A single read covers all of them and the few rows of incomplete presentations between.
        raster = recording.raster(population, steps=slice(*map(int, steps)))
        groups = raster.astype(np.float32) @ templates
        rows = (start - start[0])[:, None] + np.arange(width)
        yield chosen, groups[rows[:, -1]] if guess == "last" else groups[rows].sum(axis=1)
