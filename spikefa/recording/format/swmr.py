"""Open HDF5 files for reading, also files that a writer has open or left open."""

import ctypes
import time
from pathlib import Path

import h5py

LOCK_SECONDS = 5.0
"""How long a reader waits for a writer that is just opening the file."""

READ_ATTEMPTS = 24
"""HDF5 waits 1 ns, 2 ns, 4 ns ... between its attempts to read metadata that a writer may be
changing. 24 attempts take 17 ms; its default of 100 would never end on a damaged file.
"""

_SUPERBLOCK_FLAGS = slice(8, 12)


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
    except OSError:
        if not marked_as_open(path):
            raise
    return _open_swmr(path)


def marked_as_open(path: Path) -> bool:
    """Return whether the superblock says that a writer has the file open.

    HDF5 admits only SWMR readers to such a file. A killed writer leaves the mark behind.
    """
    with open(path, "rb") as file:
        version, _, _, flags = file.read(12)[_SUPERBLOCK_FLAGS]
    return version >= 3 and flags != 0


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
