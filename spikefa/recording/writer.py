"""Append rows to a recording such that a reader can trust them, whatever happens to us."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from spikefa.recording.layout import DT
from spikefa.recording.probes import Channel
from spikefa.recording.schema import (
    BACKPRESSURE_PATH,
    COMMITTED,
    IMAGES,
    STATUS,
    STATUS_PATH,
    STEP,
    STIMULUS_PATH,
    Backpressure,
    data_of,
)

SPARE_BYTES = 1 << 20
"""Left free on the disk: the room that HDF5 takes beside the rows themselves."""


class Writer:
    """The open file, in SWMR mode: others may read it while it grows.

    The order is what makes it safe: rows, flush, counter, flush. A crash between any two leaves
    a counter that counts only whole rows, and rows behind it that nobody reads.

    Parameters
    ----------
    path : Path
        A file that `write_layout` made.
    channels : sequence of Channel
        What the rows hold, in the order in which `append` gets them.

    Attributes
    ----------
    rows : int
        Rows committed.
    kept_images : set of int
        Images whose thumbnails are committed.
    pressure : Backpressure
        What the file says of it.
    """

    def __init__(self, path: Path, channels: Sequence[Channel]) -> None:
        self.path = path
        self.channels = tuple(channels)
        # Nothing is read back, so chunks need no cache: HDF5 2.0 would keep 8 MB for each dataset,
        # and write a whole chunk at every commit that changes a part of it.
        self._file = h5py.File(path, "r+", libver=("v110", "v110"), rdcc_nbytes=0)
        self._committed = self._file[COMMITTED]
        self._status = self._file[STATUS_PATH]
        self._pressure = self._file.get(BACKPRESSURE_PATH)
        self._step = self._file[STEP]
        self._stimulus = self._file[STIMULUS_PATH]
        self._data = [self._file[data_of(c.population, c.variable)] for c in channels]
        potentials = [c.population for c in channels if c.variable == "potential"]
        self._times = [self._file[f"/report/{name}/mapping/time"] for name in potentials]
        self._index = self._file.get(f"{IMAGES}/index")
        self._pixels = self._file.get(f"{IMAGES}/pixels")
        self.rows = int(self._committed[0])
        held = () if self._pressure is None else self._pressure[0].item()
        self.pressure = Backpressure(*held)
        self.kept_images = set() if self._index is None else set(self._index[:].tolist())
        self._file.swmr_mode = True

    @property
    def keeps_images(self) -> bool:
        """Whether the file has room for thumbnails."""
        return self._index is not None

    def append(
        self,
        stimulus: np.ndarray,
        blocks: Sequence[np.ndarray],
        images: Sequence[tuple[int, np.ndarray]] = (),
        pressure: Backpressure | None = None,
    ) -> None:
        """Write rows and commit them.

        Parameters
        ----------
        stimulus : ndarray of STIMULUS, shape [k]
        blocks : sequence of ndarray, each [k, width]
            One per channel, as the file holds them.
        images : sequence of (index, pixels [h, w] uint8)
            Thumbnails that the file has not yet.
        pressure : Backpressure, optional
            Noted in the file, if it is another than before.

        Raises
        ------
        OSError, RuntimeError, ValueError
            If it cannot be written; the file must then be abandoned.
        NoRoomError, SpikefaError
            If it was not even tried; the file can still be closed.
        """
        self._check_room(blocks, images)
        stop = self.rows + len(stimulus)
        for data, values in zip(self._data, blocks, strict=True):
            _put(data, self.rows, values)
        _put(self._stimulus, self.rows, stimulus)
        _put(self._step, self.rows, stimulus["step"])
        if images:
            held = len(self.kept_images)
            _put(self._index, held, np.array([index for index, _ in images], "<u4"))
            _put(self._pixels, held, np.stack([pixels for _, pixels in images]))
        self._note(pressure)
        self._file.flush()
        self._commit(stop, int(stimulus["step"][0]))
        self.rows = stop
        self.kept_images.update(index for index, _ in images)

    def _note(self, pressure: Backpressure | None) -> None:
        if pressure is not None and self._pressure is not None and pressure != self.pressure:
            self._pressure[0] = pressure
            self.pressure = pressure

    def _commit(self, rows: int, first_step: int) -> None:
        """Count `rows`, and say the same to readers of SONATA reports."""
        for time in self._times:
            start = first_step * DT if self.rows == 0 else time[0]
            time[:] = (start, start + rows * DT, DT)
        self._committed[0] = rows
        self._file.flush()

    def _check_room(
        self, blocks: Sequence[np.ndarray], images: Sequence[tuple[int, np.ndarray]]
    ) -> None:
        """Stop before the disk is full: a write that fails half-way spoils the handle."""
        block = sum(values.nbytes for values in blocks)
        block += sum(pixels.nbytes for _, pixels in images)
        free = shutil.disk_usage(self.path.parent).free
        if free < 2 * block + SPARE_BYTES:
            raise NoRoomError(f"only {free >> 10} kB are free on its disk")

    def close(self, status: str, pressure: Backpressure | None = None) -> None:
        """Set the status and close the file."""
        self._note(pressure)
        self._status[0] = STATUS.index(status)
        self._file.flush()
        self._file.close()

    def abandon(self) -> None:
        """Let go of a file whose handle a failed write has spoilt, without touching it.

        HDF5 would try that write again on closing, also when the interpreter exits, and crash
        there (seen with HDF5 2.0). One more reference to each of its objects keeps them from
        ever being closed; the operating system takes the file back at the end of the process.
        """
        for identifier in (self._file.id, *self._open_objects()):
            h5py.h5i.inc_ref(identifier)

    def _open_objects(self) -> list[h5py.h5d.DatasetID]:
        fixed = (self._committed, self._status, self._step, self._stimulus, self._pressure)
        every = (*fixed, self._index, self._pixels, *self._data, *self._times)
        return [each.id for each in every if each is not None]


class NoRoomError(OSError):
    """The disk is nearly full; nothing was written, so the handle is sound."""


def _put(data: h5py.Dataset, start: int, values: np.ndarray) -> None:
    """Write `values` into the rows from `start`, growing the dataset to just fit."""
    stop = start + len(values)
    if data.shape[0] != stop:
        data.resize(stop, axis=0)
    data[start:stop] = values
