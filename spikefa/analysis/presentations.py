"""Presentations: the stretches of steps in which one image is shown."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spikefa.errors import require
from spikefa.recording import Recording, Steps
from spikefa.recording.read.spike_reader import BLOCK_ROWS
from spikefa.utils.numbers import whole_number


@dataclass(frozen=True)
class Presentations:
    """The complete presentations in a recording.

    Attributes
    ----------
    steps_per_image : int
        Steps for which each image is shown, N.
    start : ndarray of int64, shape [presentations]
        The first row of each presentation, which has the rows ``start`` to ``start + N - 1``.
    label : ndarray of int64, shape [presentations]
        The class of each image.
    """

    steps_per_image: int
    start: np.ndarray
    label: np.ndarray

    def __len__(self) -> int:
        return len(self.start)


def presentations(
    recording: Recording, steps: Steps = None, steps_per_image: int | None = None
) -> Presentations:
    """Find the presentations that were recorded from their first to their last step.

    A stretch of k N rows that shows one image without a gap is k presentations, since the sampler
    may choose an image k times in a row. A stretch of any other length was cut by the edge of a
    window and is left out.

    Parameters
    ----------
    recording : Recording
    steps : str or slice, optional
        The label of a window or absolute steps; by default all.
    steps_per_image : int, optional
        N. By default it is taken from the configuration in the file or, without one, from the most
        common length.

    Raises
    ------
    SpikefaError
        If there is no complete presentation.
    """
    starts, labels = _stretches(recording, recording.rows(steps))
    lengths = np.diff(starts)
    found = steps_per_image
    if found is None:
        found = recording.config.get("steps_per_image")
    if found is None and len(lengths):
        found = int(np.bincount(lengths).argmax())
    require(len(lengths) > 0, f"{recording.path} holds no presentation there")
    found = whole_number(found, "steps_per_image", 1)
    times = np.where(lengths % found == 0, lengths // found, 0)
    require(
        bool(times.any()), f"{recording.path} holds no complete presentation of {found} steps there"
    )
    first = np.repeat(starts[:-1], times)
    ordinal = np.arange(len(first)) - np.repeat(np.cumsum(times) - times, times)
    return Presentations(found, first + ordinal * found, np.repeat(labels, times))


def _stretches(recording: Recording, rows: slice) -> tuple[np.ndarray, np.ndarray]:
    """Return the first rows of the k stretches and the end of the last [k + 1], and labels [k]."""
    starts, labels = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for first, changed, label in _changes(recording, rows):
        begins = np.flatnonzero(changed)
        starts.append(begins + first)
        labels.append(label[begins].astype(np.int64))
    if rows.stop > rows.start:
        starts.append(np.array([rows.stop]))
    return np.concatenate(starts), np.concatenate(labels)


def _changes(recording: Recording, rows: slice) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield for each block its first row, whether a stretch begins at each row, and the labels."""
    for first in range(rows.start, rows.stop, BLOCK_ROWS):
        before = max(rows.start, first - 1)  # the row before, for comparison
        part = slice(before, min(first + BLOCK_ROWS, rows.stop))
        stimulus = recording.stimulus_of(part)
        changed = np.diff(stimulus["image"].astype(np.int64)) != 0
        changed |= np.diff(recording.steps[part]) != 1
        if first == rows.start:
            changed = np.append(True, changed)
        yield first, changed, stimulus["label"][first - before :]
