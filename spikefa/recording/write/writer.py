"""Append rows to a recording such that a reader can trust them, whatever happens to us."""

import os
import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from spikefa.recording.format.schema import (
    BACKPRESSURE_PATH,
    IMAGES,
    SPIKES,
    STATUS,
    STATUS_PATH,
    WRITER_PATH,
    Backpressure,
    Durability,
    Layout,
    spikes_path,
)
from spikefa.recording.write.clock_datasets import Axis
from spikefa.recording.write.firing_log import FiringLog
from spikefa.recording.write.sinks import put
from spikefa.recording.write.trigger_filter import Memory

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
    layout : Layout
        What it was made from.
    durability : {"flush", "fsync"}
        Whether a commit survives the death of the process, or a power cut too.

    Attributes
    ----------
    axes : list of Axis
        The rows of each clock.
    logs : dict of int to FiringLog
        Of those clocks that have triggers.
    kept_images : set of int
        Images whose thumbnails are committed.
    pressure : Backpressure
        What the file says of it.
    """

    def __init__(self, path: Path, layout: Layout, durability: Durability = "flush") -> None:
        self.path = path
        self._fsync = durability == "fsync"
        # Nothing is read back, so chunks need no cache: HDF5 2.0 would keep 8 MB for each dataset,
        # and write a whole chunk at every commit that changes a part of it.
        self._file = h5py.File(path, "r+", libver=("v110", "v110"), rdcc_nbytes=0)
        self._status = self._file[STATUS_PATH]
        self._pressure = self._file.get(BACKPRESSURE_PATH)
        self.axes = [
            Axis(self._file, number, clock, layout.channels_of(number))
            for number, clock in enumerate(layout.clocks)
        ]
        self.logs = {
            number: FiringLog(self._file, number, layout.channels_of(number))
            for number, clock in enumerate(layout.clocks)
            if clock.triggers
        }
        self._index = self._file.get(f"{IMAGES}/index")
        self._pixels = self._file.get(f"{IMAGES}/pixels")
        held = () if self._pressure is None else self._pressure[0].item()
        self.pressure = Backpressure(*held)
        self.kept_images = set() if self._index is None else set(self._index[:].tolist())
        if WRITER_PATH in self._file:
            self._file[WRITER_PATH][0] = (os.getpid(), socket.gethostname().encode()[:64])
        self._file.swmr_mode = True

    @property
    def rows(self) -> int:
        """Rows committed of the first clock."""
        return self.axes[0].rows

    @property
    def keeps_images(self) -> bool:
        """Whether the file has room for thumbnails."""
        return self._index is not None

    def append(
        self,
        clock: int,
        stimulus: np.ndarray,
        blocks: Sequence[np.ndarray],
        images: Sequence[tuple[int, np.ndarray]] = (),
        pressure: Backpressure | None = None,
        firings: np.ndarray | None = None,
    ) -> None:
        """Write rows of one clock and commit them.

        Parameters
        ----------
        clock : int
        stimulus : ndarray of STIMULUS, shape [k]
        blocks : sequence of ndarray, each [k, ...]
            One per channel of the clock, as the file holds them.
        images : sequence of (index, pixels [h, w] uint8)
            Thumbnails that the file has not yet.
        pressure : Backpressure, optional
            Noted in the file, if it is another than before.
        firings : ndarray of FIRING, optional
            Of the triggers of the clock.

        Raises
        ------
        OSError, RuntimeError, ValueError
            If it cannot be written; the file must then be abandoned.
        NoRoomError, SpikefaError
            If it was not even tried; the file can still be closed.
        """
        axis = self.axes[clock]
        self._check_room(axis.nbytes(blocks), images)
        axis.put(stimulus, blocks)
        if images:
            held = len(self.kept_images)
            put(self._index, held, np.array([index for index, _ in images], "<u4"))
            put(self._pixels, held, np.stack([pixels for _, pixels in images]))
        if firings is not None:
            self.logs[clock].put(firings)
        self._note(pressure)
        self._flush()
        axis.commit(stimulus)
        if firings is not None:
            self.logs[clock].commit(firings)
        self._flush()
        axis.rows += len(stimulus)
        self.kept_images.update(index for index, _ in images)

    def remember(self, clock: int, memory: Memory) -> None:
        """Keep what a resumed recording needs of a clock with triggers."""
        log = self.logs[clock]
        slot = log.begin(memory)
        if slot is not None:
            self._flush()
            log.trust(slot, memory)
            self._flush()

    def _flush(self) -> None:
        """Give what was written to the operating system, and to the disk if that is wanted."""
        self._file.flush()
        if self._fsync:
            os.fsync(self._file.id.get_vfd_handle())

    def _note(self, pressure: Backpressure | None) -> None:
        if pressure is not None and self._pressure is not None and pressure != self.pressure:
            self._pressure[0] = pressure
            self.pressure = pressure

    def _check_room(self, block: int, images: Sequence[tuple[int, np.ndarray]]) -> None:
        """Stop before the disk is full: a write that fails half-way spoils the handle."""
        block += sum(pixels.nbytes for _, pixels in images)
        free = shutil.disk_usage(self.path.parent).free
        if free < 2 * block + SPARE_BYTES:
            raise NoRoomError(f"only {free >> 10} kB are free on its disk")

    def close(self, status: str, pressure: Backpressure | None = None) -> None:
        """Set the status and close the file."""
        self._note(pressure)
        self._status[0] = STATUS.index(status)
        self._flush()
        self._show_events()
        self._file.close()

    def _show_events(self) -> None:
        """Give the events their second name, where readers of SONATA look for spikes.

        Not earlier: a population that turned out to be dense must not be there, since these
        readers would take it for silent. It is the only change of structure in SWMR mode, and safe
        wherever it breaks off: a soft link changes nothing but the group that it stands in, and
        nothing here reads that.
        """
        for axis in self.axes:
            for channel in axis.event_channels():
                if not channel.batch and channel.population not in self._file[SPIKES]:
                    target = spikes_path(channel.population, "events")
                    self._file[SPIKES][channel.population] = h5py.SoftLink(target)

    def abandon(self) -> None:
        """Let go of a file whose handle a failed write has spoilt, without touching it.

        HDF5 would try that write again on closing, also when the interpreter exits, and crash
        there (seen with HDF5 2.0). One more reference to each of its objects keeps them from
        ever being closed; the operating system takes the file back at the end of the process.
        """
        for identifier in (self._file.id, *self._open_objects()):
            h5py.h5i.inc_ref(identifier)

    def _open_objects(self) -> list[h5py.h5d.DatasetID]:
        fixed = (self._status, self._pressure, self._index, self._pixels)
        every = [*fixed, *(data for axis in self.axes for data in axis.objects())]
        every += [data for log in self.logs.values() for data in log.objects()]
        return [each.id for each in every if each is not None]


class NoRoomError(OSError):
    """The disk is nearly full; nothing was written, so the handle is sound."""
