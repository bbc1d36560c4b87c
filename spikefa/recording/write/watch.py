"""Notice that others delete, rename, replace, truncate or overwrite the open file."""

import os
from pathlib import Path

from spikefa.errors import SpikefaError
from spikefa.recording.format.superblock import OPEN, SWMR, mark_of


class LostNameError(SpikefaError):
    """The file is open and sound, but no longer to be found under its name."""


class ChangedFileError(OSError):
    """Somebody else has written into the file, so the handle must not be used any more."""


class Watch:
    """Compares the open file with the one that has its name, and with what was written last.

    Parameters
    ----------
    path : Path
        The name of the file.
    handle : int
        The open file.
    """

    def __init__(self, path: Path, handle: int) -> None:
        self._path = path
        self._handle = handle
        self._size = 0

    def note(self) -> None:
        """Remember how large the file is, after everything has been written."""
        self._size = os.fstat(self._handle).st_size

    def check(self) -> None:
        """Raise an error if the file has changed by the hands of others.

        Raises
        ------
        LostNameError
            If it was deleted, renamed or replaced.
        ChangedFileError
            If it was truncated or overwritten.
        """
        held = os.fstat(self._handle)
        try:
            named = os.stat(self._path)
        except (FileNotFoundError, NotADirectoryError):
            how = "renamed" if held.st_nlink else "deleted"
            raise LostNameError(f"it was {how} while it was written") from None
        if not os.path.samestat(held, named):
            raise LostNameError("another file has its name now")
        if held.st_size < self._size:
            raise ChangedFileError("it was truncated while it was written")
        if mark_of(os.pread(self._handle, 12, 0)) != OPEN | SWMR:
            raise ChangedFileError("another program has written into it")
