"""Presentations: what a stream saw, from which step on, and in which rows."""

from dataclasses import dataclass

import numpy as np

from spikefa.errors import require
from spikefa.recording.format.schema import clock_path, presentations_path, seen_by
from spikefa.recording.format.untrusted import check_unfolded
from spikefa.recording.read.inferred import infer
from spikefa.recording.read.recording_file import RecordingFile
from spikefa.recording.read.selection import rows_of


@dataclass(frozen=True)
class Presentations:
    """The presentations in some rows of a variable, as one stream saw them.

    Attributes
    ----------
    stream : int
    start : ndarray of int64, shape [presentations]
        The first step of each, also where that step was not recorded.
    image, label : ndarray of int64, shape [presentations]
        The image, or example, and its class.
    edges : ndarray of int64, shape [presentations + 1]
        Presentation p has the rows ``edges[p]`` to ``edges[p + 1] - 1``.
    """

    stream: int
    start: np.ndarray
    image: np.ndarray
    label: np.ndarray
    edges: np.ndarray

    def __len__(self) -> int:
        return len(self.start)


def read_presentations(
    file: RecordingFile, rows: slice, clock: int, stream: int, steps_per_image: int
) -> Presentations:
    """Return the presentations in some rows of a clock.

    Parameters
    ----------
    file : RecordingFile
    rows : slice
        With start and stop.
    clock : int
    stream : int
        One of those whose stimulus was recorded.
    steps_per_image : int
        Steps of a presentation, for a file that does not say it; 0 if it is not known. In such a
        file an image that was shown twice in a row may look like one presentation.
    """
    with file.readable():
        first, shown = _held(file, rows, clock)
    steps = file.clock_steps[clock][rows]
    return _presented(file, first, shown, steps, rows.start, stream, steps_per_image)


def read_known(
    file: RecordingFile, between: slice | None, stream: int, steps_per_image: int
) -> tuple[np.ndarray, Presentations]:
    """Return the steps at which any clock has a row, int64 [T], and the presentations in them.

    `between` are absolute steps, None for all; the other parameters are as above.
    """
    clocks = range(len(file.layout.clocks))
    rows = [rows_of(file.clock_steps[clock], between) for clock in clocks]
    with file.readable():
        parts = [read_shown(file, rows[clock], clock) for clock in clocks]
    shown = np.concatenate(parts)
    shown = shown[np.unique(shown["step"], return_index=True)[1]]
    if file.layout.inferred:  # from what all clocks know together
        apart = max(clock.every for clock in file.layout.clocks)
        shown = infer(seen_by(shown, 0), apart)
    steps = shown["step"].astype(np.int64)
    first = np.flatnonzero(np.diff(shown["start"].astype(np.int64), prepend=-1))
    held = shown[first]
    return steps, _presented(file, first, held, steps, 0, stream, steps_per_image)


def _presented(
    file: RecordingFile,
    first: np.ndarray,
    shown: np.ndarray,
    steps: np.ndarray,
    offset: int,
    stream: int,
    steps_per_image: int,
) -> Presentations:
    """Return presentations by the first of the rows [T] of each, which begin at row `offset`."""
    place = file.layout.streams.numbers.index(stream)
    start = shown["start"].astype(np.int64)
    if steps_per_image and not file.layout.steps_per_image:
        which, first = _repeated(first, steps, steps_per_image)
        start, shown = np.where(which[1], steps[first], start[which[0]]), shown[which[0]]
    edges = offset + np.append(first, len(steps))
    image, label = (shown[name][:, place].astype(np.int64) for name in ("image", "label"))
    return Presentations(stream, start, image, label, edges)


def read_shown(file: RecordingFile, rows: slice, clock: int) -> np.ndarray:
    """Return what all recorded streams saw in some rows of a clock, `shown_type` [T]."""
    first, held = _held(file, rows, clock)
    steps = file.clock_steps[clock][rows]
    with file.readable():
        check_unfolded(file.path, len(steps) * held.dtype.itemsize)
    shown = held.repeat(np.diff(np.append(first, len(steps))))
    shown["step"] = steps
    return shown


def _held(file: RecordingFile, rows: slice, clock: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first of the rows that each presentation has, and its entry, `shown_type` [k]."""
    data, layout = file.data, file.layout
    kind = layout.shown
    if rows.stop <= rows.start:
        return np.zeros(0, np.int64), np.zeros(0, kind)
    if layout.inferred:
        shown = infer(data[clock_path(clock, "stimulus")][rows], layout.clocks[clock].every)
        first = np.flatnonzero(np.diff(shown["start"].astype(np.int64), prepend=-1))
        return first, shown[first]
    of_row = data[presentations_path(clock, "of_row")][rows].astype(np.int64)
    first = np.flatnonzero(np.diff(of_row, prepend=-1))
    numbers = of_row[first]
    lowest, count = int(numbers[0]), data[presentations_path(clock, "start")].shape[0]
    ascending = bool((np.diff(of_row) >= 0).all()) and 0 <= lowest <= numbers[-1] < count
    require(ascending, "the presentations of its rows are not in ascending order")
    held = np.zeros(len(first), kind)
    for name in ("start", "image", "label"):
        part = data[presentations_path(clock, name)][lowest : int(numbers[-1]) + 1]
        held[name] = part[numbers - lowest]
    held["step"] = file.clock_steps[clock][rows][first]
    starts = held["start"].astype(np.int64)
    begun = bool((np.diff(starts) > 0).all() and (held["start"] <= held["step"]).all())
    require(begun, "its presentations do not begin one after the other, before their rows")
    return first, held


def _repeated(first: np.ndarray, steps: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut presentations of k times `length` rows, without a gap, into k.

    Returns
    -------
    which : ndarray, shape [2, presentations]
        The presentation that each one was part of, and whether another part came before it.
    first : ndarray, shape [presentations]
        The first row of each.
    """
    lasts = np.append(first[1:], len(steps)) - 1
    whole = (steps[lasts] - steps[first] == lasts - first) & ((lasts - first + 1) % length == 0)
    times = np.where(whole, (lasts - first + 1) // length, 1)
    which = np.repeat(np.arange(len(first)), times)
    part = np.arange(len(which)) - np.repeat(np.cumsum(times) - times, times)
    return np.stack([which, part > 0]), first[which] + part * length
