"""Read the spikes of a recording, in either encoding."""

from collections.abc import Iterator

import numpy as np

from spikefa.errors import require
from spikefa.recording.format.events import event_bytes, find_spikes
from spikefa.recording.format.schema import CHUNK_ROWS, row_shape
from spikefa.recording.plan.channels import Channel
from spikefa.recording.plan.probes import Encoding
from spikefa.recording.read.contents import Contents
from spikefa.recording.read.event_rows import EventRows
from spikefa.recording.read.recording_file import RecordingFile
from spikefa.recording.read.selection import Steps, Stream, Units, stream_index
from spikefa.utils.numbers import shown, whole_number

BLOCK_ROWS = 4 * CHUNK_ROWS
"""Rows of one block of `Recording.blocks`: 4 MB unpacked, for 1000 units."""

BLOCK_CELLS = 1 << 26
"""Upper bound of units times rows of a block, 64 MB, if the number of rows is not given."""


class SpikeReader:
    """Reads spikes as a raster or as events; see `Recording` for the arguments.

    Parameters
    ----------
    file : RecordingFile
    contents : Contents
    """

    def __init__(self, file: RecordingFile, contents: Contents) -> None:
        self._file = file
        self._contents = contents
        self._event_rows = EventRows(file)

    def encoding(self, population: str) -> Encoding:
        """Return the encoding of the spikes; "auto" before the first row."""
        channel = self._contents.channel(population, "spikes")
        with self._file.readable():
            return self._file.encoding(channel)

    def spike_bytes(self, population: str) -> tuple[int, int]:
        """Return the bytes of the committed spikes as stored, and as bits."""
        channel = self._contents.channel(population, "spikes")
        rows = len(self._contents.steps_of(channel))
        shape, _ = row_shape(channel)
        packed = rows * int(np.prod(shape))
        if self.encoding(population) != "events":
            return packed, packed
        with self._file.readable():
            count = self._event_rows.count(channel, rows)
        return event_bytes(count, rows * max(1, channel.batch)), packed

    def raster(self, population: str, units: Units, steps: Steps, stream: Stream) -> np.ndarray:
        """Return the spikes, bool [T, n_units]."""
        channel = self._contents.channel(population, "spikes")
        return self._raster(channel, self._contents.rows(steps, channel.clock), units, stream)

    def _raster(self, channel: Channel, rows: slice, units: Units, stream: Stream) -> np.ndarray:
        columns = self._contents.columns(channel, units)
        of = self._contents.stream(channel, stream)
        with self._file.readable():
            packed = self._packed(channel, rows, of)
            bits = np.unpackbits(packed, axis=-1, count=len(channel.units), bitorder="little")
        spikes = bits.view(bool)
        return np.ascontiguousarray(spikes if units is None else spikes[..., columns])

    def blocks(
        self, population: str, units: Units, steps: Steps, rows: int | None
    ) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield rows of the clock of the spikes, and the raster, piece by piece."""
        channel = self._contents.channel(population, "spikes")
        for part in _pieces(channel, self._contents.rows(steps, channel.clock), rows):
            yield part, self._raster(channel, part, units, None)

    def event_blocks(
        self,
        population: str,
        units: Units,
        steps: Steps,
        stream: int | None,
        rows: int | None,
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield step and unit of the spikes piece by piece."""
        channel = self._contents.channel(population, "spikes")
        require(
            not isinstance(stream, slice | str),
            f"events are of one stream, not of {shown(stream)}: give its number",
        )
        chosen = None if units is None else self._contents.units(channel, units, distinct=True)
        self._contents.stream(channel, stream)  # a wrong one is no damage of the file
        for part in _pieces(channel, self._contents.rows(steps, channel.clock), rows):
            with self._file.readable():
                row, column = self._find(channel, part, stream)
            unit = channel.units[column]
            if chosen is not None:
                held = np.isin(unit, chosen)
                row, unit = row[held], unit[held]
            yield self._contents.steps_of(channel)[part][row], unit

    def events(
        self, population: str, units: Units, steps: Steps, stream: int | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return step and unit of the spikes, int64 [spikes]."""
        none = np.zeros(0, np.int64)
        parts = [(none, none), *self.event_blocks(population, units, steps, stream, None)]
        step, unit = zip(*parts, strict=True)
        return np.concatenate(step), np.concatenate(unit)

    def stored(self, population: str, rows: slice) -> np.ndarray:
        """Return the bits of all recorded streams in some rows."""
        channel = self._contents.channel(population, "spikes")
        with self._file.readable():
            return self._packed(channel, rows, "all" if channel.batch else None)

    def _packed(self, channel: Channel, rows: slice, stream: Stream) -> np.ndarray:
        """Return bits, uint8 [rows, ceil(n/8)], or [rows, batch, ceil(n/8)] of all streams."""
        if self._file.encoding(channel) != "events":
            return self._file.values(channel, rows, stream)
        return self._event_rows.packed(channel, rows, stream)

    def _find(
        self, channel: Channel, rows: slice, stream: int | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return row, from 0, and column of each spike of one stream."""
        if self._file.encoding(channel) != "events":
            row, column = find_spikes(self._file.values(channel, rows, stream))
            used = column < len(channel.units)  # the last byte has spare bits
            return row[used], column[used]
        place = stream_index(self._file.path, channel, stream)
        row, column = self._event_rows.read(channel, rows)
        if place is None:
            return row, column
        mine = row % channel.batch == place
        return row[mine] // channel.batch, column[mine]


def _pieces(channel: Channel, rows: slice, size: int | None) -> Iterator[slice]:
    """Cut `rows` into pieces of `size`."""
    if size is None:
        size = max(1, min(BLOCK_ROWS, BLOCK_CELLS // len(channel.units)))
    size = whole_number(size, "the number of rows of a block", 1)
    for start in range(rows.start, rows.stop, size):
        yield slice(start, min(start + size, rows.stop))
