"""Copy the committed rows of a recording into a new file."""

import sys
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from spikefa.errors import SpikefaError
from spikefa.recording.format.layout import as_written, write_layout
from spikefa.recording.format.row_batch import RowBatch
from spikefa.recording.format.schema import CHUNK_ROWS, ENCODINGS, Layout, spikes_path
from spikefa.recording.format.trigger_memory import TriggerMemory, cut_at, memory_at
from spikefa.recording.read.recording import Recording
from spikefa.recording.write.writer import NoRoomError, Writer

WHOLE = sys.maxsize
"""A step after the last: a copy up to it leaves nothing out."""


def copy_recording(
    recording: Recording, path: Path, layout: Layout, before: int, status: str
) -> None:
    """Copy all committed rows before a step into a new file at `path`.

    Parameters
    ----------
    recording : Recording
    path : Path
        Must not exist.
    layout : Layout
        Of the new file: that of `recording`, except for the attributes.
    before : int
        The step.
    status : str
        Of the new file.

    Raises
    ------
    SpikefaError
        If it cannot be written.
    """
    layout = as_written(layout)
    for clock in range(len(layout.clocks)):
        recording.memories(clock)  # which checks the size of what is then laid out
    with h5py.File(path, "x", libver=("v110", "v110")) as file:
        write_layout(file, layout)
        _keep_encodings(recording, file)
    writer = Writer(path, layout)
    try:
        _copy_before(recording, before, writer)
        writer.close(status)
    except NoRoomError:
        raise
    except (OSError, RuntimeError) as error:
        writer.abandon()
        reason = str(error).splitlines()[0]
        raise SpikefaError(f"cannot write the new {recording.path}: {reason}") from error


def _keep_encodings(recording: Recording, file: h5py.File) -> None:
    """Choose the encodings of `recording` in the new `file`, however few rows are kept."""
    for channel in recording.layout.channels:
        if channel.variable == "spikes" and channel.encoding == "auto":
            encoding = recording.encoding(channel.population)
            file[spikes_path(channel.population, "encoding")][0] = ENCODINGS.index(encoding)


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
    nothing = RowBatch.empty(writer.clocks[clock].channels, len(writer.streams.numbers))
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
