"""The spikes of a recording, however they are kept."""

from collections.abc import Iterator, Sequence

import numpy as np

from spikefa.errors import require
from spikefa.recording.format.committed import chosen_encoding
from spikefa.recording.format.events import event_bytes, find_spikes, pack_spikes
from spikefa.recording.format.schema import CHUNK_ROWS, row_shape, spikes_path
from spikefa.recording.plan.probes import Channel, Encoding
from spikefa.recording.read.contents import Steps, readable
from spikefa.recording.read.rows import Rows, Stream

BLOCK_ROWS = 4 * CHUNK_ROWS
"""Rows of one block of `Recording.blocks`: of 1000 units, 4 MB unpacked."""

BLOCK_CELLS = 1 << 26
"""Units times rows of a block, at the most, if it is not told how many rows: 64 MB."""


class Spikes(Rows):
    """Spikes as a raster and as events; `Recording` says how to choose among the rows."""

    def encoding(self, population: str) -> Encoding:
        """Return how the spikes are kept; "auto" if that is not decided, as there is no row yet."""
        channel = self.channel(population, "spikes")
        with readable(self.path):
            return chosen_encoding(self._file, channel)

    def spike_bytes(self, population: str) -> tuple[int, int]:
        """Return the bytes that the committed spikes take, and that they would take as bits."""
        channel = self.channel(population, "spikes")
        rows = len(self.clock_steps[channel.clock])
        shape, _ = row_shape(channel)
        packed = rows * int(np.prod(shape))
        if self.encoding(population) != "events":
            return packed, packed
        with readable(self.path):
            count = self._until(channel, rows)
        return event_bytes(count, rows * max(1, channel.batch)), packed

    def raster(
        self,
        population: str,
        units: Sequence[int] | None = None,
        steps: Steps = None,
        stream: Stream = None,
    ) -> np.ndarray:
        """Return the spikes, bool [T, n_units].

        Parameters
        ----------
        population : str
        units : sequence of int, optional
            Recorded neurons, in the order wanted; by default all, ascending.
        steps : str or slice, optional
        stream : int, slice or "all", optional
            Of a recording of all streams: which one (by default the first), or several,
            [T, streams, n_units]; see `streams_of` for those of a replica.
        """
        channel = self.channel(population, "spikes")
        columns = slice(None) if units is None else self._columns(channel, units)
        rows = self.rows(steps, channel.clock)
        with readable(self.path):
            packed = self._packed(channel, rows, stream)
            bits = np.unpackbits(packed, axis=-1, count=len(channel.units), bitorder="little")
        return np.ascontiguousarray(bits.view(bool)[..., columns])

    def blocks(
        self,
        population: str,
        units: Sequence[int] | None = None,
        steps: Steps = None,
        rows: int | None = None,
    ) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield the raster piece by piece, for recordings larger than memory.

        Parameters
        ----------
        population : str
        units, steps
            As of `raster`.
        rows : int, optional
            Rows of a block, the last of which may be shorter; by default 4000, or fewer of a very
            large population. A block may hold a gap between windows: see `steps`.

        Yields
        ------
        rows : slice
            Of `steps`, of the stimulus, and of every other array of this recording.
        spikes : ndarray of bool, shape [rows, n_units]
        """
        for part in self._parts(self.channel(population, "spikes"), self.rows(steps), rows):
            between = slice(int(self.steps[part.start]), int(self.steps[part.stop - 1]) + 1)
            spikes = self.raster(population, units, between)
            require(
                len(spikes) == part.stop - part.start,
                f"{self.path} does not hold {population!r} at every step: {len(spikes)} of "
                f"{part.stop - part.start} between {between.start} and {between.stop}",
            )
            yield part, spikes

    def events(
        self,
        population: str,
        units: Sequence[int] | None = None,
        steps: Steps = None,
        stream: int | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the spikes as events, in the order of steps and, within a step, of units.

        They are read piece by piece and take the memory of the spikes alone; `event_blocks` is for
        more of them than that.

        Parameters
        ----------
        population : str
        units : sequence of int, optional
            Recorded neurons; by default all.
        steps : str or slice, optional
        stream : int, optional
            Of a recording of all streams: which one, by default the first.

        Returns
        -------
        step : ndarray of int64, shape [spikes]
            Absolute steps.
        unit : ndarray of int64, shape [spikes]
            Numbers of neurons in the population.
        """
        none = np.zeros(0, np.int64)
        parts = [(none, none), *self.event_blocks(population, units, steps, stream)]
        step, unit = zip(*parts, strict=True)
        return np.concatenate(step), np.concatenate(unit)

    def event_blocks(
        self,
        population: str,
        units: Sequence[int] | None = None,
        steps: Steps = None,
        stream: int | None = None,
        rows: int | None = None,
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the events of `rows` rows at a time, as `events` returns those of all.

        It reads the steps at which the spikes of this population were read, if these differ from
        those of the others.
        """
        channel = self.channel(population, "spikes")
        require(stream != "all", "events are of one stream: give its number")
        wanted = None if units is None else np.unique(self._columns(channel, units))
        for part in self._parts(channel, self.rows(steps, channel.clock), rows):
            with readable(self.path):
                row, column = self._find(channel, part, stream)
            if wanted is not None:
                chosen = np.isin(column, wanted)
                row, column = row[chosen], column[chosen]
            yield self.clock_steps[channel.clock][part][row], channel.units[column]

    def stored(self, population: str, variable: str, rows: slice) -> np.ndarray:
        """Return rows of a variable as a block holds them: spikes are packed bits."""
        channel = self.channel(population, variable)
        stream: Stream = "all" if channel.batch else None
        with readable(self.path):
            if variable == "spikes":
                return self._packed(channel, rows, stream)
            return self._values(channel, rows, stream)

    def _parts(self, channel: Channel, rows: slice, size: int | None) -> Iterator[slice]:
        """Cut `rows` into pieces of `size`."""
        if size is None:
            size = max(1, min(BLOCK_ROWS, BLOCK_CELLS // len(channel.units)))
        require(size >= 1, f"blocks of {size} rows hold nothing: give 1 or more")
        for start in range(rows.start, rows.stop, size):
            yield slice(start, min(start + size, rows.stop))

    def _packed(self, channel: Channel, rows: slice, stream: Stream) -> np.ndarray:
        """Return bits, uint8 [rows, ceil(n/8)], or [rows, batch, ceil(n/8)] of all streams."""
        if chosen_encoding(self._file, channel) != "events":
            return self._values(channel, rows, stream)
        place = self._stream(channel, stream)
        row, column = self._read_events(channel, rows)
        shape, _ = row_shape(channel)
        held = max(1, channel.batch) * max(0, rows.stop - rows.start)
        packed = pack_spikes(row, column, held, len(channel.units)).reshape(-1, *shape)
        return packed if place is None else packed[:, place]

    def _find(
        self, channel: Channel, rows: slice, stream: int | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return row, from 0, and column of each spike of one stream."""
        if chosen_encoding(self._file, channel) != "events":
            row, column = find_spikes(self._values(channel, rows, stream))
            there = column < len(channel.units)  # the last byte has bits to spare
            return row[there], column[there]
        place = self._stream(channel, stream)
        row, column = self._read_events(channel, rows)
        if place is None:
            return row, column
        mine = row % channel.batch == place
        return row[mine] // channel.batch, column[mine]

    def _read_events(self, channel: Channel, rows: slice) -> tuple[np.ndarray, np.ndarray]:
        """Return row, from 0, and column of each event; streams count as rows of their own."""
        name, units = channel.population, channel.units
        until = self._file[spikes_path(name, "until")][rows].reshape(-1)
        first = self._until(channel, rows.start)
        edges = np.append(np.uint64(first), until).astype(np.int64)
        counts, last = np.diff(edges), int(edges[-1])
        wrong = f"the spikes of its {name!r} are not {len(units)} neurons' in the order of steps"
        total = self._until(channel, len(self.clock_steps[channel.clock]))
        require(bool(((counts >= 0) & (counts <= len(units))).all()) and last <= total, wrong)
        ids = self._file[spikes_path(name, "events/node_ids")][first:last].astype(np.int64)
        require(len(ids) == last - first, wrong)
        row = np.repeat(np.arange(len(counts)), counts)
        column = np.minimum(np.searchsorted(units, ids), len(units) - 1)
        require(bool((units[column] == ids).all()), wrong)
        require(bool((np.diff(row * len(units) + column) > 0).all()), wrong)
        return row, column

    def _until(self, channel: Channel, rows: int) -> int:
        """Return how many spikes the first `rows` rows have."""
        data = self._file[spikes_path(channel.population, "until")]
        return int(np.max(data[rows - 1])) if rows else 0
