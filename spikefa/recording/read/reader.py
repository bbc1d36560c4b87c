"""Read a recording, trusting nothing in it but what was committed."""

from pathlib import Path

import h5py

from spikefa.errors import SpikefaError, require
from spikefa.recording.export.methods import Exports
from spikefa.recording.format.swmr import open_for_reading
from spikefa.recording.read.contents import readable
from spikefa.recording.read.spikes import Spikes


def open_recording(path: str | Path) -> "Recording":
    """Open a recording for reading.

    It may be finished, be written at this moment, or have been left by a process that was
    killed. The file is not changed.

    Raises
    ------
    SpikefaError
        If it is no recording, a damaged one, or one of a newer major version.
    """
    path = Path(path)
    require(
        not path.is_dir(),
        f"there is no recording {path}: it is a folder, give the .h5 file in it",
    )
    require(path.is_file(), f"there is no recording {path}")
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


class Recording(Spikes, Exports):
    """A recording opened for reading; `open_recording` makes it.

    Every array has one row per committed step, and all share the same rows, but for variables that
    were read at steps of their own: `steps_of` says at which. Arguments named `steps` choose among
    them: ``"early"`` (the label of a window), ``slice(1000, 2000)`` (absolute steps, half-open) or
    None for all.

    `Contents` has path, layout, status, where the recording comes from; `Rows` what was shown and
    the traces; `Spikes` the rasters and events.

    Examples
    --------
    >>> with open_recording("run.h5") as recording:
    ...     spikes = recording.raster("hidden1", steps="late")
    ...     rates = spikes.mean(axis=0)
    """
