"""Repair a file that a killed process left behind, so that every reader opens it."""

import os
import socket
from pathlib import Path

import numpy as np

from spikefa.errors import SpikefaError, require
from spikefa.recording.format.superblock import barred, marked_as_open
from spikefa.recording.read.reader import open_recording
from spikefa.recording.read.recording import Recording
from spikefa.recording.write.copying import WHOLE, copied
from spikefa.recording.write.locking import recording_lock
from spikefa.recording.write.mending import mend


def repair(path: str | Path, force: bool = False) -> bool:
    """Repair the recording at `path`; do nothing if it needs none.

    First, if its writer was killed while it opened the file, the mark that keeps everybody from
    opening it is taken away. Then all committed rows are copied into a new file. If that can be
    read and has the same steps, it replaces the old one in one move: after any interruption one of
    the two is there, complete. The new file is not marked as open, holds only committed rows, and
    has the status ``"repaired"``.

    Parameters
    ----------
    path : path-like
    force : bool, default False
        Repair it even if there is a process of the number of the one that wrote it.

    Returns
    -------
    bool
        Whether there was anything to repair.

    Raises
    ------
    SpikefaError
        If it is not a recording, its committed rows are damaged, it is being written, or the disk
        is full.
    """
    path = Path(path)
    if not (path.is_file() and barred(path)):
        with open_recording(path, alone=True) as recording:
            if _is_sound(recording):
                return False
    with recording_lock(path):
        mend(path)
        with open_recording(path, alone=True) as recording:
            if not _is_sound(recording):
                _copy(recording, force)
    return True


def _is_sound(recording: Recording) -> bool:
    return recording.status != "open" and not marked_as_open(recording.path)


def _copy(recording: Recording, force: bool) -> None:
    """Replace the recording by a copy of what was committed."""
    process, host = recording.writer
    require(
        force or not (host == socket.gethostname()[:64] and is_alive(process)),
        f"{recording.path} is being written by process {process}: let it end first, or use "
        "--force if that process is another one by now",
    )
    with copied(recording, recording.layout, WHOLE) as writer:
        writer.close("repaired")
        with open_recording(writer.opened_as, alone=True) as copy:
            _check_same(recording, copy)


def is_alive(process: int) -> bool:
    """Return whether this machine runs a process of this number; False if unknown."""
    if os.name != "posix" or process <= 0:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _check_same(old: Recording, new: Recording) -> None:
    """Refuse to replace a recording by one with other steps."""
    same = len(old.clock_steps) == len(new.clock_steps) and all(
        np.array_equal(a, b) for a, b in zip(old.clock_steps, new.clock_steps, strict=True)
    )
    if not same:
        raise SpikefaError(f"the repaired {old.path} came out different: it is left as it was")
