"""Open a recording."""

from contextlib import ExitStack
from pathlib import Path

import h5py

from spikefa.errors import SpikefaError, require_there
from spikefa.recording.format.swmr import open_for_reading
from spikefa.recording.plan.parts import RANK, RANKS, path_of_rank
from spikefa.recording.read.recording import Recording
from spikefa.recording.read.recording_file import readable
from spikefa.utils.numbers import is_whole

MOST_RANKS = 10_000
"""Files that a recording may claim to have."""


def open_recording(path: str | Path, *, alone: bool = False) -> Recording:
    """Open a recording for reading.

    It may be finished, be written at this moment, or have been left by a process that was killed.
    The file is not changed, and only what was committed is read.

    Parameters
    ----------
    path : path
        Of a network over ranks: the file of the first, which is read together with those beside it.
    alone : bool, default False
        Whether to read this file alone, and the neurons of its rank.

    Raises
    ------
    SpikefaError
        If it is not a recording, is damaged or has a newer major version of the format, or if the
        file of another rank is missing.
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
        with ExitStack() as opened:
            first = opened.enter_context(open_for_reading(path))
            others = [
                opened.enter_context(_open_part(each))
                for each in ([] if alone else _others(path, first))
            ]
            recording = Recording(path, first, *others)
            opened.pop_all()
            return recording


def _others(path: Path, first: h5py.File) -> list[Path]:
    """Return the files of the other ranks, if a recording is that of the first of several."""
    ranks, rank = first.attrs.get(RANKS, 1), first.attrs.get(RANK, 0)
    if not is_whole(ranks) or not is_whole(rank) or rank != 0:
        return []  # a file of another rank is read alone
    return [path_of_rank(path, number) for number in range(1, min(int(ranks), MOST_RANKS))]


def ranks_of(path: Path) -> int:
    """Return how many ranks have recorded into the files of which this is the first."""
    if not path.is_file():
        return 1
    with readable(path), open_for_reading(path) as file:
        ranks = file.attrs.get(RANKS, 1)
        return int(ranks) if is_whole(ranks) else 1


def _open_part(path: Path) -> h5py.File:
    require_there(
        path.is_file(),
        f"{path} is missing, which has the neurons of another rank: the files of all ranks belong "
        "together",
    )
    return open_for_reading(path)
