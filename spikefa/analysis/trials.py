"""Trials: stretches of steps around the beginnings of images, or around firings of a trigger."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spikefa.analysis.presentations import presentations
from spikefa.errors import require
from spikefa.recording import Recording, Steps, Trigger, Units
from spikefa.recording.plan.stored_predicates import watched_stream
from spikefa.recording.read.spike_reader import BLOCK_CELLS, BLOCK_ROWS
from spikefa.utils.numbers import whole_number

IMAGE = "image"
"""Where trials are aligned by default: each begins with an image."""

COUNTED = 1 << 22
"""Numbers of spikes that are held at once: 16 MB."""


@dataclass(frozen=True)
class Trials:
    """Stretches of recorded steps without a gap, around events.

    Attributes
    ----------
    before, after : int
        A trial has the steps from `before` steps before its event to `after` steps after it.
    event : ndarray of int64, shape [trials]
        The first step of an image, or the step after which a trigger fired; ascending.
    row : ndarray of int64, shape [trials]
        The row, of the spikes of the population, that holds the first step of each trial.
    image, label : ndarray of int64, shape [trials]
        What was shown at the event, and its class.
    """

    before: int
    after: int
    event: np.ndarray
    row: np.ndarray
    image: np.ndarray
    label: np.ndarray

    def __len__(self) -> int:
        return len(self.event)

    @property
    def length(self) -> int:
        """Steps of a trial."""
        return self.before + 1 + self.after

    def part(self, chosen: np.ndarray) -> "Trials":
        """Return some of the trials, by ascending numbers or by a mask."""
        parts = (each[chosen] for each in (self.event, self.row, self.image, self.label))
        return Trials(self.before, self.after, *parts)


def find_trials(
    recording: Recording,
    population: str,
    steps: Steps = None,
    align: str = IMAGE,
    before: int | None = None,
    after: int | None = None,
    steps_per_image: int | None = None,
) -> Trials:
    """Find the trials whose steps are all in `steps` and were all recorded.

    Parameters
    ----------
    recording : Recording
    population : str
        That whose spikes will be counted.
    steps : str or slice, optional
        The label of a window or absolute steps; by default all.
    align : str, default "image"
        ``"image"``: an event is the first step of an image. Otherwise the label of a trigger.
    before, after : int, optional
        By default all steps of an image, or the steps that the trigger recorded around a firing.
    steps_per_image : int, optional
        If neither the file nor the most common presentation says it.

    Raises
    ------
    SpikefaError
        If there is no such trial, or no such trigger.
    """
    series = recording.series(population)
    series.some_rows(steps)
    if align == IMAGE:
        if after is None:
            shown = presentations(recording, None, steps_per_image, population)
            after = shown.steps_per_image - 1
        what = "an image"
    else:
        wanted = recording.firings(align)
        trigger = _trigger(recording, population, align)
        before = trigger.before if before is None else before
        after, what = trigger.after if after is None else after, f"a firing of {align!r}"
    before = whole_number(before or 0, "before", 0)
    after = whole_number(after, "after", 0)
    seen = recording.presentations(population, steps_per_image=steps_per_image)
    held, span = series.steps, series.span(steps) or slice(0, None)
    events = seen.start if align == IMAGE else wanted
    first = np.searchsorted(held, events - before)
    end = first + before + after
    last = np.minimum(end, len(held) - 1)
    whole = (end == last) & (held[np.minimum(first, last)] == events - before)
    whole &= (held[last] == events + after) & (events - before >= span.start)
    whole &= span.stop is None or events + after < span.stop
    require(
        bool(whole.any()),
        f"{recording.path} holds no stretch from {before} steps before to {after} steps after "
        f"{what} there: {series.name} was read {series.when}; record it at every step around them",
    )
    row, event = first[whole], events[whole]
    number = np.searchsorted(seen.edges, row + before, side="right") - 1
    return Trials(before, after, event, row, seen.image[number], seen.label[number])


def _trigger(recording: Recording, population: str, label: str) -> Trigger:
    """Return a trigger, which must watch the stream of the population, if any."""
    trigger = next(each for each in recording.triggers if each.label == label)
    watched, own = watched_stream(trigger.watched), recording.stream_of((population, "spikes"))
    require(
        watched in (None, own),
        f"the trigger {label!r} watches stream {watched}, and the spikes of {population!r} are of "
        f"stream {own}: only what is of one stream can be aligned",
    )
    return trigger


def counts_of(
    recording: Recording,
    population: str,
    trials: Trials,
    units: Units,
    edges: np.ndarray,
) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield slices of trials with their spikes by bin, int32 [trials, bins, n_units].

    Bin b has the steps ``edges[b]`` to ``edges[b + 1] - 1`` of a trial, counted from 0.
    """
    held, stops = recording.steps_of(population), trials.row + trials.length
    n_units = len(recording.series(population).some_units(units))
    at_once = max(1, COUNTED // (n_units * (len(edges) - 1)))
    rows = max(trials.length, min(BLOCK_ROWS, BLOCK_CELLS // len(recording.units(population))))
    first = 0
    while first < len(trials):
        start = int(trials.row[first])
        fitting = int(np.searchsorted(stops, start + rows, side="right"))
        stop = max(first + 1, min(fitting, first + at_once))
        read = slice(int(held[start]), int(held[stops[stop - 1] - 1]) + 1)
        raster = recording.raster(population, units, read)
        summed = np.zeros((len(raster) + 1, n_units), np.int32)
        np.cumsum(raster, axis=0, out=summed[1:])
        at = (trials.row[first:stop] - start)[:, None] + edges
        yield slice(first, stop), np.diff(summed[at], axis=1)
        first = stop
