"""Cut a recording back to an earlier step."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np

from spikefa.errors import SpikefaError
from spikefa.recording.format.layout import write_layout
from spikefa.recording.format.schema import CHUNK_ROWS, ENCODINGS, Layout, spikes_path
from spikefa.recording.read.reader import Recording, open_recording
from spikefa.recording.write.firing_log import cut_at, memory_at
from spikefa.recording.write.trigger_filter import Memory, Rows
from spikefa.recording.write.writer import NoRoomError, Writer
from spikefa.utils.files import written_whole

WHOLE = sys.maxsize
"""Copy a recording up to here, and nothing is left out."""


def trim(path: Path, step: int) -> None:
    """Drop every row of the recording at `path` whose step is `step` or later.

    What remains is copied into a new file that takes the place of the old one at the end, so an
    interruption leaves the old one. The copy also frees a file from the mark "open for writing"
    that a killed process leaves, and from rows that were never committed. Doing it twice is doing
    it once.

    Raises
    ------
    SpikefaError
        If it is no recording, or the disk is full.
    """
    with open_recording(path) as recording, written_whole(path) as temporary:
        copy_recording(recording, temporary, _marked(recording.layout, step), step, "open")


def copy_recording(
    recording: Recording, path: Path, layout: Layout, before: int, status: str
) -> None:
    """Copy all committed rows of steps `before` a step into a new file at `path`.

    Parameters
    ----------
    recording : Recording
    path : Path
        Must not exist.
    layout : Layout
        Of the new file: that of `recording`, but for the attributes.
    before : int
    status : str
        Of the new file.

    Raises
    ------
    SpikefaError
        If it cannot be written.
    """
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
    """Decide in the new `file` what was decided in `recording`, however few rows are kept."""
    for channel in recording.layout.channels:
        if channel.variable == "spikes" and channel.encoding == "auto":
            encoding = recording.encoding(channel.population)
            file[spikes_path(channel.population, "encoding")][0] = ENCODINGS.index(encoding)


def _copy_before(recording: Recording, step: int, writer: Writer) -> None:
    """Append the rows of `recording` before `step` to `writer`."""
    thumbnails = recording.images
    for clock in range(len(writer.axes)):
        memories = recording.memories(clock)
        kept = int(np.searchsorted(recording.clock_steps[clock], cut_at(memories, step)))
        for start in range(0, kept, CHUNK_ROWS):
            rows = slice(start, min(start + CHUNK_ROWS, kept))
            _copy(recording, writer, clock, rows, thumbnails if clock == 0 else {})
        if clock in writer.logs:
            _copy_triggers(recording, writer, clock, memories, step)


def _copy_triggers(
    recording: Recording, writer: Writer, clock: int, memories: Sequence[Memory], step: int
) -> None:
    """Copy the firings before `step`, and what was remembered of the steps before it."""
    firings = recording.clock_firings[clock]
    nothing = Rows.none(writer.axes[clock].channels)
    before = firings[firings["step"] < step]
    writer.append(clock, nothing.stimulus, nothing.values, firings=before)
    for memory in memories if step == WHOLE else filter(None, [memory_at(memories, step)]):
        writer.remember(clock, memory)


def _marked(layout: Layout, step: int) -> Layout:
    """Return `layout` with `step` added to the attribute that says where it was cut."""
    before = layout.attributes.get("trimmed_at_steps", [])
    attributes = layout.attributes | {"trimmed_at_steps": np.array([*before, step], "<i8")}
    return replace(layout, attributes=attributes)


def _copy(
    recording: Recording,
    writer: Writer,
    clock: int,
    rows: slice,
    thumbnails: dict[int, np.ndarray],
) -> None:
    """Append some rows of `recording`, and the thumbnails they need, to `writer`."""
    stimulus = recording.stimulus_of(rows, clock)
    channels = writer.axes[clock].channels
    blocks = [recording.stored(c.population, c.variable, rows) for c in channels]
    shown = dict.fromkeys(stimulus["image"].tolist()) if thumbnails else {}
    new = [(i, thumbnails[i]) for i in shown if i not in writer.kept_images]
    writer.append(clock, stimulus, blocks, new, recording.backpressure)
