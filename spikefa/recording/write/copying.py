"""Copy the committed rows of a recording into a new file."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from spikefa.recording.format.layout import as_written
from spikefa.recording.format.row_batch import RowBatch
from spikefa.recording.format.schema import CHUNK_ROWS, Durability, Layout
from spikefa.recording.format.trigger_memory import TriggerMemory, cut_at, memory_at
from spikefa.recording.read.recording import Recording
from spikefa.recording.write.new_file import new_file
from spikefa.recording.write.writer import Writer
from spikefa.utils.locks import Lock

WHOLE = sys.maxsize
"""A step after the last: a copy up to it leaves nothing out."""


@contextmanager
def copied(
    recording: Recording,
    layout: Layout,
    before: int,
    lock: Lock | None = None,
    durability: Durability = "flush",
) -> Iterator[Writer]:
    """Give the writer of a copy of a recording, which replaces it if the block succeeds.

    Parameters
    ----------
    recording : Recording
    layout : Layout
        Of the copy: that of `recording`, except for the attributes.
    before : int
        The step; committed rows of this and later steps are left out.
    lock, durability : optional
        As for `new_file`.

    Raises
    ------
    SpikefaError
        If it cannot be written. The recording is then as it was.
    """
    layout = as_written(layout)
    for clock in range(len(layout.clocks)):
        recording.memories(clock)  # which checks the size of what is then laid out
    encodings = {
        channel.population: recording.encoding(channel.population)
        for channel in recording.layout.channels
        if channel.variable == "spikes" and channel.encoding == "auto"
    }
    path = recording.path.resolve()  # a link is not replaced, but what it leads to
    with new_file(path, layout, lock, durability, replace=True, encodings=encodings) as writer:
        _copy_before(recording, before, writer)
        yield writer


def _copy_before(recording: Recording, step: int, writer: Writer) -> None:
    """Append the rows of `recording` before `step` to `writer`."""
    thumbnails = recording.images
    for clock in range(len(writer.clocks)):
        memories = recording.memories(clock)
        kept = int(np.searchsorted(recording.clock_steps[clock], cut_at(memories, step)))
        for start in range(0, kept, CHUNK_ROWS):
            rows = slice(start, min(start + CHUNK_ROWS, kept))
            _copy_rows(recording, writer, clock, rows, thumbnails if clock == 0 else {})
        if clock in writer.logs:
            _copy_triggers(recording, writer, clock, memories, step)


def _copy_triggers(
    recording: Recording, writer: Writer, clock: int, memories: Sequence[TriggerMemory], step: int
) -> None:
    """Copy the firings before `step`, and the memory of the steps before it."""
    firings = recording.clock_firings[clock]
    nothing = RowBatch.empty(writer.clocks[clock].channels, writer.shown)
    before = firings[firings["step"] < step]
    writer.append(clock, nothing.stimulus, nothing.values, firings=before)
    for memory in memories if step == WHOLE else filter(None, [memory_at(memories, step)]):
        writer.remember(clock, memory)


def _copy_rows(
    recording: Recording,
    writer: Writer,
    clock: int,
    rows: slice,
    thumbnails: dict[int, np.ndarray],
) -> None:
    """Append some rows of `recording`, and the thumbnails they need, to `writer`."""
    stimulus = recording.shown(rows, clock)
    channels = writer.clocks[clock].channels
    blocks = [recording.stored(c.population, c.variable, rows) for c in channels]
    shown = dict.fromkeys(stimulus["image"][:, writer.pictured].ravel().tolist())
    new = [(i, thumbnails[i]) for i in shown if i not in writer.kept_images] if thumbnails else []
    writer.append(clock, stimulus, blocks, new, recording.backpressure)
