"""The presentations of one clock in the open file, and which of them each row belongs to."""

import h5py
import numpy as np

from spikefa.recording.format.committed import committed_presentations
from spikefa.recording.format.schema import clock_path, presentations_path, seen_by
from spikefa.recording.plan.streams import Streams
from spikefa.recording.write.sinks import put


class PresentationTable:
    """The stimulus of the rows of one clock, in the open file.

    A presentation is written with its first row. The counter of the rows counts presentations too,
    since each row names its own.

    Parameters
    ----------
    file : h5py.File
    number : int
        The number of the clock.
    rows : int
        Rows committed.
    streams : Streams
    """

    def __init__(self, file: h5py.File, number: int, rows: int, streams: Streams) -> None:
        names = ("start", "image", "label")
        self._table = {name: file[presentations_path(number, name)] for name in names}
        self._of_row = file[presentations_path(number, "of_row")]
        self._stimulus = file[clock_path(number, "stimulus")]
        self._default = streams.numbers.index(streams.default)
        self._count = committed_presentations(file, number, rows)
        self._last = int(self._table["start"][self._count - 1]) if self._count else -1

    def put(self, rows: int, shown: np.ndarray) -> None:
        """Write what was shown, `shown_type` [k], from row `rows` on."""
        begins = self._begins(shown)
        for name, data in self._table.items():
            put(data, self._count, shown[name][begins])
        put(self._of_row, rows, self._count - 1 + np.cumsum(begins))
        put(self._stimulus, rows, seen_by(shown, self._default))

    def confirm(self, shown: np.ndarray) -> None:
        """Count the presentations here, once the counter of the rows has been flushed."""
        self._count += int(self._begins(shown).sum())
        self._last = int(shown["start"][-1])

    def _begins(self, shown: np.ndarray) -> np.ndarray:
        """Return which rows are the first of their presentation, bool [k]."""
        starts = shown["start"].astype(np.int64)
        return np.diff(starts, prepend=self._last) != 0

    def objects(self) -> list[h5py.Dataset]:
        """Return every dataset held open."""
        return [*self._table.values(), self._of_row, self._stimulus]
