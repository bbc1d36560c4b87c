"""Open HDF5 files in SWMR mode for writing, and for reading whether a writer has them or not."""

import ctypes
import time
from pathlib import Path

import h5py

from spikefa.errors import SpikefaError
from spikefa.recording.format.superblock import barred, marked_as_open

LOCK_SECONDS = 5.0
"""How long a reader waits for a writer that is just opening the file."""

READ_ATTEMPTS = 24
"""HDF5 waits 1 ns, 2 ns, 4 ns ... between its attempts to read metadata that a writer may be
changing. 24 attempts take 17 ms; its default of 100 would never end on a damaged file.
"""


def open_for_writing(path: Path) -> h5py.File:
    """Open the HDF5 file at `path` such that others may read it from the first moment.

    h5py can only open it for writing and admit readers afterwards. A process that is killed between
    the two leaves a file that nobody can open.
    """
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_libver_bounds(h5py.h5f.LIBVER_V110, h5py.h5f.LIBVER_V110)
    # Nothing is read back, so chunks need no cache: HDF5 2.0 would keep 8 MB for each dataset, and
    # write a whole chunk at every commit that changes a part of it.
    metadata, slots, _, preemption = access.get_cache()
    access.set_cache(metadata, slots, 0, preemption)
    flags = h5py.h5f.ACC_RDWR | h5py.h5f.ACC_SWMR_WRITE
    return h5py.File(h5py.h5f.open(bytes(path), flags, access))


def open_for_reading(path: Path) -> h5py.File:
    """Open the HDF5 file at `path`, which a writer may have open or have left open.

    A writer holds a lock for a moment before it admits readers. This waits for the lock,
    `LOCK_SECONDS` at most.

    Raises
    ------
    OSError
        If it cannot be opened.
    """
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            return _open(path)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _open(path: Path) -> h5py.File:
    try:
        return h5py.File(path, "r")
    except OSError as error:
        if not marked_as_open(path):
            raise
        if barred(path):
            if isinstance(error, BlockingIOError):  # the writer lives
                raise
            raise SpikefaError(
                f"its writer was killed while it opened it: mend it with spikefa repair {path}"
            ) from None
    return _open_swmr(path)


def _open_swmr(path: Path) -> h5py.File:
    """Open the file as a SWMR reader, with short waits."""
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    _set_read_attempts(access)
    flags = h5py.h5f.ACC_RDONLY | h5py.h5f.ACC_SWMR_READ
    return h5py.File(h5py.h5f.open(bytes(path), flags, access))


def _set_read_attempts(access: h5py.h5p.PropFAID) -> None:
    """Call H5Pset_metadata_read_attempts, which h5py does not offer."""
    try:
        function = ctypes.PyDLL(h5py.h5p.__file__).H5Pset_metadata_read_attempts
    except (AttributeError, OSError):
        # Windows does not find it there. Only files damaged while they are open need it.
        return
    function.argtypes = [ctypes.c_int64, ctypes.c_uint]
    function.restype = ctypes.c_int
    function(access.id, READ_ATTEMPTS)
