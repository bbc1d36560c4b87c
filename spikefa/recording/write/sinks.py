"""Write the rows of one channel into the open file."""

from typing import Protocol

import h5py
import numpy as np

from spikefa.recording.format.events import (
    count_spikes,
    event_bytes,
    events_are_smaller,
    find_spikes,
)
from spikefa.recording.format.layout import DT
from spikefa.recording.format.schema import ENCODINGS, data_of, spikes_path
from spikefa.recording.plan.channels import Channel

PIECE_BYTES = 1 << 16
"""Bits that are turned into events at once; if all of them are spikes, that takes 20 MB."""


class Sink(Protocol):
    """Writes the rows of one channel; the caller flushes and counts them."""

    def put(self, start: int, steps: np.ndarray, values: np.ndarray) -> None:
        """Write rows from row `start` on, of absolute `steps` [k]; `values` are as in a Block.

        Rows that were written there before and not committed are overwritten.
        """

    def nbytes(self, values: np.ndarray) -> int:
        """Return the bytes that `values` will take in the file."""

    def objects(self) -> list[h5py.Dataset]:
        """Return every dataset held open."""

    @property
    def holds_events(self) -> bool:
        """Whether the rows are stored as events."""


def sink_of(file: h5py.File, channel: Channel, rows: int) -> Sink:
    """Return the sink of a channel of which `rows` are committed."""
    if channel.encoding == "auto":
        return UndecidedSink(file, channel, rows)
    if channel.encoding == "events":
        return EventSink(file, channel, rows)
    return RowSink(file, channel)


class RowSink:
    """Writes one row of a dataset for each row of the recording."""

    holds_events = False

    def __init__(self, file: h5py.File, channel: Channel) -> None:
        self._data = file[data_of(channel.population, channel.variable)]

    def put(self, start: int, steps: np.ndarray, values: np.ndarray) -> None:
        """Write rows as they are."""
        put(self._data, start, values)

    def nbytes(self, values: np.ndarray) -> int:
        """Return the bytes of the rows."""
        return values.nbytes

    def objects(self) -> list[h5py.Dataset]:
        """Return the dataset."""
        return [self._data]


class EventSink:
    """Writes the time and the neuron of each spike, and the number of spikes up to each row.

    The numbers assign spikes to rows: those of row r are the spikes from ``until[r-1]`` to
    ``until[r]``, and spikes behind the last committed row are not committed.
    """

    holds_events = True

    def __init__(self, file: h5py.File, channel: Channel, rows: int) -> None:
        name = channel.population
        self._until = file[spikes_path(name, "until")]
        self._timestamps = file[spikes_path(name, "events/timestamps")]
        self._node_ids = file[spikes_path(name, "events/node_ids")]
        self._units = channel.units.astype(np.uint64)
        self._count = int(np.max(self._until[rows - 1])) if rows else 0

    def put(self, start: int, steps: np.ndarray, values: np.ndarray) -> None:
        """Write the spikes in the bits `values`, ordered by step, stream and neuron."""
        at_once = max(1, PIECE_BYTES // values[0].nbytes)
        for first in range(0, len(steps), at_once):
            part = slice(first, first + at_once)
            self._put(start + first, steps[part], values[part])

    def _put(self, start: int, steps: np.ndarray, values: np.ndarray) -> None:
        packed = values.reshape(-1, values.shape[-1])
        row, column = find_spikes(packed)
        until = self._count + np.cumsum(np.bincount(row, minlength=len(packed)))
        streams = len(packed) // len(steps)
        put(self._timestamps, self._count, steps[row // streams] * DT)
        put(self._node_ids, self._count, self._units[column])
        put(self._until, start, until.reshape(len(steps), *self._until.shape[1:]))
        self._count = int(until[-1])

    def nbytes(self, values: np.ndarray) -> int:
        """Return the bytes of the spikes and of their numbers."""
        return event_bytes(count_spikes(values), values.size // values.shape[-1])

    def objects(self) -> list[h5py.Dataset]:
        """Return the datasets."""
        return [self._until, self._timestamps, self._node_ids]


class UndecidedSink:
    """Writes spikes in the encoding that is smaller for the first rows.

    No dataset can be made in SWMR mode, so there are datasets for both encodings, and those of one
    stay empty. The choice is made once, so all spikes of a population are in one place.
    """

    def __init__(self, file: h5py.File, channel: Channel, rows: int) -> None:
        self._encoding = file[spikes_path(channel.population, "encoding")]
        self._packed = RowSink(file, channel)
        self._events = EventSink(file, channel, 0)
        self._chosen: Sink | None = None
        decided = ENCODINGS[int(self._encoding[0])]
        if decided == "events":
            self._chosen = self._events = EventSink(file, channel, rows)
        elif decided == "packed":
            self._chosen = self._packed

    @property
    def holds_events(self) -> bool:
        """Whether events were chosen."""
        return self._chosen is self._events

    def put(self, start: int, steps: np.ndarray, values: np.ndarray) -> None:
        """Write rows; the first time, choose the encoding."""
        if self._chosen is None:
            smaller = events_are_smaller(values)
            self._chosen = self._events if smaller else self._packed
            self._encoding[0] = ENCODINGS.index("events" if smaller else "packed")
        self._chosen.put(start, steps, values)

    def nbytes(self, values: np.ndarray) -> int:
        """Return the bytes in the encoding that is or would be chosen."""
        if self._chosen is not None:
            return self._chosen.nbytes(values)
        return min(self._packed.nbytes(values), self._events.nbytes(values))

    def objects(self) -> list[h5py.Dataset]:
        """Return the datasets of both encodings."""
        return [self._encoding, *self._packed.objects(), *self._events.objects()]


def put(data: h5py.Dataset, start: int, values: np.ndarray) -> None:
    """Write `values` into the rows from `start`, growing the dataset to just fit."""
    stop = start + len(values)
    if data.shape[0] != stop:
        data.resize(stop, axis=0)
    if len(values):
        data[start:stop] = values
