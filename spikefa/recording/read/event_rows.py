"""Read spikes that are stored as events."""

import numpy as np

from spikefa.errors import require
from spikefa.recording.format.events import pack_spikes
from spikefa.recording.format.schema import row_shape, spikes_path
from spikefa.recording.plan.channels import Channel
from spikefa.recording.read.recording_file import RecordingFile
from spikefa.recording.read.selection import Stream, stream_index


class EventRows:
    """Reads rows of spikes that are stored as events, and checks them.

    Parameters
    ----------
    file : RecordingFile
    """

    def __init__(self, file: RecordingFile) -> None:
        self._file = file

    def read(self, channel: Channel, rows: slice) -> tuple[np.ndarray, np.ndarray]:
        """Return row, from 0, and column of each spike; each stream counts as a row."""
        name, units = channel.population, channel.units
        until = self._file.data[spikes_path(name, "until")][rows].reshape(-1)
        first = self.count(channel, rows.start)
        edges = np.append(np.uint64(first), until).astype(np.int64)
        counts, last = np.diff(edges), int(edges[-1])
        wrong = f"the spikes of its {name!r} are not {len(units)} neurons' in the order of steps"
        total = self.count(channel, len(self._file.clock_steps[channel.clock]))
        require(bool(((counts >= 0) & (counts <= len(units))).all()) and last <= total, wrong)
        ids = self._file.data[spikes_path(name, "events/node_ids")][first:last].astype(np.int64)
        require(len(ids) == last - first, wrong)
        row = np.repeat(np.arange(len(counts)), counts)
        column = np.minimum(np.searchsorted(units, ids), len(units) - 1)
        require(bool((units[column] == ids).all()), wrong)
        require(bool((np.diff(row * len(units) + column) > 0).all()), wrong)
        return row, column

    def packed(self, channel: Channel, rows: slice, stream: Stream) -> np.ndarray:
        """Return the spikes as bits, uint8 [rows, ...]."""
        place = stream_index(self._file.path, channel, stream)
        row, column = self.read(channel, rows)
        shape, _ = row_shape(channel)
        held = max(1, channel.batch) * max(0, rows.stop - rows.start)
        packed = pack_spikes(row, column, held, len(channel.units)).reshape(-1, *shape)
        return packed if place is None else packed[:, place]

    def count(self, channel: Channel, rows: int) -> int:
        """Return the number of spikes in the first `rows` rows."""
        data = self._file.data[spikes_path(channel.population, "until")]
        return int(np.max(data[rows - 1])) if rows else 0
