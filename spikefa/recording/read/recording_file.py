"""The open file of a recording, and what of it was committed."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import h5py
import numpy as np

from spikefa.errors import SpikefaError, require
from spikefa.recording.format.committed import chosen_encoding, committed_rows
from spikefa.recording.format.examine import read_layout
from spikefa.recording.format.schema import STATUS, STATUS_PATH, Layout, clock_path, data_of
from spikefa.recording.plan.channels import Channel
from spikefa.recording.plan.probes import Encoding
from spikefa.recording.plan.windows import Window
from spikefa.recording.read.selection import Stream, stream_index
from spikefa.recording.read.trigger_reading import read_firings, windows_of
from spikefa.utils.printable import one_line


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn every error that h5py and NumPy raise for a damaged file into a `SpikefaError`."""
    try:
        yield
    except SpikefaError as error:
        reason = one_line(error, 500)
        raise SpikefaError(f"cannot read {path} as a recording: {reason}") from error
    except MemoryError as error:
        raise SpikefaError(f"cannot read {path}: what it claims to hold is too large") from error
    except Exception as error:  # h5py has no class of its own, and raises nearly any of Python's
        reason = one_line(str(error).split("\n", 1)[0] or type(error).__name__)
        raise SpikefaError(f"cannot read {path}: it is damaged ({reason})") from error


class RecordingFile:
    """An open file, its layout, and what was committed when it was last looked at.

    Parameters
    ----------
    path : Path
    file : h5py.File
        Open for reading.

    Attributes
    ----------
    path : Path
    data : h5py.File
    layout : Layout
    clock_steps : list of ndarray
        The absolute step of each committed row, int64 [T], for each clock.
    clock_firings : list of ndarray
        The committed firings of the triggers of each clock, FIRING [n].
    windows : list of dict of str to Window
        The windows of each clock by label.
    status : str
    """

    def __init__(self, path: Path, file: h5py.File) -> None:
        self.path = path
        self.data = file
        self.layout: Layout = read_layout(file)
        self._look()

    def refresh(self) -> None:
        """Look again at a file that is being written."""
        with self.readable():
            self._look()

    def _look(self) -> None:
        found = []
        clocks = self.layout.clocks
        for clock in range(len(clocks)):
            steps = self.committed_steps(clock)
            require(bool((np.diff(steps) > 0).all()), "its steps are not in ascending order")
            found.append(steps)
        firings = [read_firings(self.data, n, clock) for n, clock in enumerate(clocks)]
        status = int(self.data[STATUS_PATH][0])
        require(status < len(STATUS), f"it has the unknown status {status}")
        windows = list(map(windows_of, clocks, found, firings))
        self.clock_steps: list[np.ndarray] = found
        self.clock_firings: list[np.ndarray] = firings
        self.windows: list[dict[str, Window]] = windows
        self.status: str = STATUS[status]

    def committed_steps(self, clock: int) -> np.ndarray:
        """Return the absolute step of each committed row of a clock, int64 [T]."""
        rows = committed_rows(self.data, self.layout, clock)
        return np.asarray(self.data[clock_path(clock, "step")][:rows].astype(np.int64))

    def readable(self) -> AbstractContextManager[None]:
        """Turn errors of a damaged file into a `SpikefaError`."""
        return readable(self.path)

    def encoding(self, channel: Channel) -> Encoding:
        """Return how the spikes of a channel are stored; "auto" before its first row."""
        return chosen_encoding(self.data, channel)

    def values(
        self,
        channel: Channel,
        rows: slice,
        stream: Stream,
        column: slice | int = slice(None),
    ) -> np.ndarray:
        """Return rows of a channel as the file stores them."""
        data = self.data[data_of(channel.population, channel.variable)]
        place = stream_index(self.path, channel, stream)
        if place is None:
            return np.asarray(data[rows, column])
        return np.asarray(data[rows, place, column])

    def close(self) -> None:
        """Close the file."""
        identifier = self.data.id
        try:
            self.data.close()
        except (OSError, RuntimeError):
            # HDF5 shares a file within a process, and a recorder in this process failed to write
            # it: see Writer.abandon.
            if identifier.valid:
                h5py.h5i.inc_ref(identifier)
