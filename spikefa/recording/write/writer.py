"""Append rows to a recording such that readers can trust them, even after a crash."""

import atexit
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
from spikefa.recording.format.trigger_memory import TriggerMemory
from spikefa.recording.write.clock_datasets import ClockDatasets
from spikefa.recording.write.firing_log import FiringLog
from spikefa.recording.write.sinks import put
from spikefa.recording.write.watch import Watch
from spikefa.utils.locks import Lock

SPARE_BYTES = 1 << 20
"""Bytes left free on the disk, for what HDF5 stores beside the rows."""


class Writer:
    """A file that is open in SWMR mode, so that others may read it while it grows.

    Each commit is safe because of its order: rows, flush, counter, flush. A crash between any two
    of these leaves a counter that counts only complete rows, and rows behind it that nobody reads.

    Parameters
    ----------
    file : h5py.File
        What `open_for_writing` returned for a file of this layout.
    path : Path
        The name that the file has, or will have once it is complete.
    layout : Layout
        The layout of the file.
    lock : Lock, optional
        The lock of the recording, to be released when the file is closed or abandoned.
    durability : {"flush", "fsync"}
        Whether a commit survives the death of the process, or a power cut too.

    Attributes
    ----------
    path : Path
    opened_as : Path
        The name by which it was opened.
    watch : Watch
        Tells whether others have changed the file.
    clocks : list of ClockDatasets
        The datasets of each clock.
    logs : dict of int to FiringLog
        The firings of the clocks that have triggers.
    streams : Streams
        Those whose stimulus is recorded.
    steps_per_image : int
        Steps of a presentation; 0 if it is not known.
    pictured : list of int
        The places, among the streams, of those whose images are kept as thumbnails.
    kept_images : set of int
        Images whose thumbnails are committed.
    pressure : Backpressure
        As noted in the file.
    """

    def __init__(
        self,
        file: h5py.File,
        path: Path,
        layout: Layout,
        lock: Lock | None = None,
        durability: Durability = "flush",
    ) -> None:
        self.path = path
        self.streams, self.steps_per_image = layout.streams, layout.steps_per_image
        self.pictured = layout.pictured
        self.label, self.shown = layout.label, layout.shown
        self.opened_as = Path(file.filename)
        self._handle: int = file.id.get_vfd_handle()
        self.watch = Watch(path, self._handle)
        self._file = file
        self._lock = lock
        self._fsync = durability == "fsync"
        self._status = file[STATUS_PATH]
        self._writer = file[WRITER_PATH]
        self._pressure = file[BACKPRESSURE_PATH]
        self.clocks = [
            ClockDatasets(file, number, clock, layout.channels_of(number), layout.streams)
            for number, clock in enumerate(layout.clocks)
        ]
        self.logs = {
            number: FiringLog(file, number, layout.channels_of(number))
            for number, clock in enumerate(layout.clocks)
            if clock.triggers
        }
        self._index = file.get(f"{IMAGES}/index")
        self._pixels = file.get(f"{IMAGES}/pixels")
        self.pressure = Backpressure(*self._pressure[0].item())
        self.kept_images = set() if self._index is None else set(self._index[:].tolist())

    def sign(self) -> None:
        """Write down which process writes the file."""
        self._writer[0] = (os.getpid(), socket.gethostname().encode()[:64])
        self._flush()

    @property
    def rows(self) -> int:
        """Rows committed of the first clock."""
        return self.clocks[0].rows

    @property
    def keeps_images(self) -> bool:
        """Whether the file has datasets for thumbnails."""
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
        stimulus : ndarray of `shown_type`, shape [k]
        blocks : sequence of ndarray, each [k, ...]
            One per channel of the clock, as the file stores them.
        images : sequence of (index, pixels [h, w] uint8)
            Thumbnails that the file does not have yet.
        pressure : Backpressure, optional
            Noted in the file if it has changed.
        firings : ndarray of FIRING, optional
            Of the triggers of the clock.

        Raises
        ------
        OSError, RuntimeError, ValueError
            If it cannot be written; the file must then be abandoned.
        NoRoomError
            If nothing was written; the file can still be closed.
        """
        datasets = self.clocks[clock]
        self._check_room(datasets.nbytes(blocks), images)
        datasets.put(stimulus, blocks)
        self._put_images(images)
        if firings is not None:
            self.logs[clock].put(firings)
        self._note(pressure)
        self._flush()
        datasets.commit(stimulus)
        if firings is not None:
            self.logs[clock].commit(firings)
        self._flush()
        datasets.confirm(stimulus)
        self.kept_images.update(index for index, _ in images)

    def _put_images(self, images: Sequence[tuple[int, np.ndarray]]) -> None:
        if images:
            held = len(self.kept_images)
            put(self._index, held, np.array([index for index, _ in images], "<u4"))
            put(self._pixels, held, np.stack([pixels for _, pixels in images]))

    def remember(self, clock: int, memory: TriggerMemory) -> None:
        """Store what a resumed recording needs for a clock with triggers."""
        log = self.logs[clock]
        slot = log.begin(memory)
        if slot is not None:
            self._flush()
            log.trust(slot, memory)
            self._flush()

    def _flush(self) -> None:
        """Give the written rows to the operating system, and with "fsync" to the disk."""
        self._file.flush()
        if self._fsync:
            os.fsync(self._handle)
        self.watch.note()

    def _note(self, pressure: Backpressure | None) -> None:
        if pressure is not None and pressure != self.pressure:
            self._pressure[0] = pressure
            self.pressure = pressure

    def _check_room(self, block: int, images: Sequence[tuple[int, np.ndarray]]) -> None:
        """Stop before the disk is full, because a write that fails half-way spoils the handle."""
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
        self._release()

    def _show_events(self) -> None:
        """Link the events where readers of SONATA look for spikes.

        This waits for the end because these readers would take a population that turned out to be
        dense for a silent one. It is the only change of structure in SWMR mode, and it may be
        interrupted: a soft link changes only the group that holds it, which nothing here reads.
        """
        for datasets in self.clocks:
            for channel in datasets.event_channels():
                if not channel.batch and channel.population not in self._file[SPIKES]:
                    target = spikes_path(channel.population, "events")
                    self._file[SPIKES][channel.population] = h5py.SoftLink(target)

    def abandon(self) -> None:
        """Leave a file whose handle a failed write has spoilt, without touching it.

        HDF5 would repeat that write when the file is closed, and crash (seen with HDF5 2.0). One
        more reference to each of its objects prevents that they are closed before the interpreter
        exits. HDF5 then closes them all the same, and would say in the file that it is larger than
        the disk lets it be; so the file is cut off before. Until then this process can read it.
        """
        if self._file:
            for identifier in (self._file.id, *self._open_objects()):
                h5py.h5i.inc_ref(identifier)
            atexit.register(self._redirect)
        self._release()

    def cut_off(self) -> None:
        """Let nothing more reach the file; this process can no longer read it either.

        For a forked child, because HDF5 would close the file when the child ends, and for a file
        that is thrown away.
        """
        if self._file:
            self._redirect()
        self.abandon()

    def _redirect(self) -> None:
        """Let what HDF5 writes from now on go nowhere.

        A second handle keeps the file open, and so its inode in use. HDF5 tells files apart by
        their inodes: it would take a new file with the inode of a deleted one for that one, and try
        for ever to read it.
        """
        self._kept = os.dup(self._handle)
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, self._handle, inheritable=False)
        os.close(nowhere)

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()

    def _open_objects(self) -> list[h5py.h5d.DatasetID]:
        fixed = (self._status, self._writer, self._pressure, self._index, self._pixels)
        every = [*fixed, *(data for datasets in self.clocks for data in datasets.objects())]
        every += [data for log in self.logs.values() for data in log.objects()]
        return [each.id for each in every if each is not None]


class NoRoomError(OSError):
    """The disk is nearly full. Nothing was written, so the handle is sound."""
