"""Open a recording."""

from pathlib import Path

import h5py

from spikefa.errors import SpikefaError, require_there
from spikefa.recording.format.swmr import open_for_reading
from spikefa.recording.read.recording import Recording
from spikefa.recording.read.recording_file import readable


def open_recording(path: str | Path) -> Recording:
    """Open a recording for reading.

    It may be finished, be written at this moment, or have been left by a process that was killed.
    The file is not changed, and only what was committed is read.

    Raises
    ------
    SpikefaError
        If it is not a recording, is damaged, or has a newer major version of the format.
    """
    path = Path(path)
    require_there(
        not path.is_dir(),
        f"there is no recording {path}: it is a folder, give the .h5 file in it",
    )
    require_there(path.is_file(), f"there is no recording {path}")
    with readable(path):
        if not h5py.is_hdf5(path):
            with open(path, "rb") as raw:
                start = raw.read(16)
            raise SpikefaError(f"it is not an HDF5 file: it begins with {start!r}")
        file = open_for_reading(path)
        try:
            return Recording(path, file)
        except BaseException:
            file.close()
            raise
