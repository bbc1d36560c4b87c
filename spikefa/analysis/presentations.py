"""Presentations: the stretches of steps that show one image."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spikefa.errors import SpikefaError, require
from spikefa.recording import Recording, Steps
from spikefa.recording.read.spike_reader import BLOCK_ROWS


@dataclass(frozen=True)
class Presentations:
    """The whole presentations that a recording holds.

    Attributes
    ----------
    steps_per_image : int
        Steps for which each image is shown, N.
    start : ndarray of int64, shape [presentations]
        The first row of each; it has the rows ``start`` to ``start + N - 1``.
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

    A stretch of rows without a gap that shows one image is one presentation if it has N rows,
    and k of them if it has k N, the image having been drawn k times in a row. One of any other
    length was cut by the edge of a window and is left out.

    Parameters
    ----------
    recording : Recording
    steps : str or slice, optional
        The label of a window or absolute steps; by default all.
    steps_per_image : int, optional
        N; by default that of the configuration in the file or, without one, the commonest length.

    Raises
    ------
    SpikefaError
        If there is no whole presentation.
    """
    starts, labels = _stretches(recording, recording.rows(steps))
    lengths = np.diff(starts)
    found = steps_per_image
    if found is None:
        found = recording.config.get("steps_per_image")
    if found is None and len(lengths):
        found = int(np.bincount(lengths).argmax())
    if not isinstance(found, int) or not len(lengths):
        raise SpikefaError(f"{recording.path} holds no presentation: say which steps_per_image")
    require(found >= 1, f"steps_per_image is {found}: give 1 or more")
    times = np.where(lengths % found == 0, lengths // found, 0)
    require(
        bool(times.any()), f"{recording.path} holds no whole presentation of {found} steps there"
    )
    first = np.repeat(starts[:-1], times)
    ordinal = np.arange(len(first)) - np.repeat(np.cumsum(times) - times, times)
    return Presentations(found, first + ordinal * found, np.repeat(labels, times))


def _stretches(recording: Recording, rows: slice) -> tuple[np.ndarray, np.ndarray]:
    """Return where stretches of one image begin and the last ends, [k + 1], and labels, [k]."""
    starts, labels = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for first, changed, label in _changes(recording, rows):
        begins = np.flatnonzero(changed)
        starts.append(begins + first)
        labels.append(label[begins].astype(np.int64))
    if rows.stop > rows.start:
        starts.append(np.array([rows.stop]))
    return np.concatenate(starts), np.concatenate(labels)


def _changes(recording: Recording, rows: slice) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield, block by block: its first row, whether a stretch begins at each row, the labels."""
    for first in range(rows.start, rows.stop, BLOCK_ROWS):
        before = max(rows.start, first - 1)  # one row more, to compare the first with
        part = slice(before, min(first + BLOCK_ROWS, rows.stop))
        stimulus = recording.stimulus_of(part)
        changed = np.diff(stimulus["image"].astype(np.int64)) != 0
        changed |= np.diff(recording.steps[part]) != 1
        if first == rows.start:
            changed = np.append(True, changed)
        yield first, changed, stimulus["label"][first - before :]
