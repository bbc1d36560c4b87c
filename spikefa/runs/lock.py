"""One process at a time in the folder of a run, by a lock that dies with its process."""

import errno
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from spikefa.errors import SpikefaError
from spikefa.utils.files import write_error

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None  # type: ignore[assignment]

NAME = ".lock"
_UNSUPPORTED = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep all other processes from running in a folder; the file of the lock is then removed.

    A killed process leaves the file behind, but no lock. A file system without locks is used
    without one, with a warning.

    Raises
    ------
    SpikefaError
        If another run holds the folder, or it cannot be written.
    """
    path = folder / NAME
    try:
        descriptor = _hold(path, folder)
    except OSError as error:
        raise write_error(path, error) from error
    try:
        yield
    finally:
        with suppress(OSError):  # nobody else can hold it before it is closed
            path.unlink()
        os.close(descriptor)


def _hold(path: Path, folder: Path) -> int:
    """Open the file of the lock, lock it, write the process into it, and return its descriptor."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(descriptor, folder)
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                with suppress(OSError):  # a full disk; the lock holds without the number
                    os.truncate(descriptor, 0)
                    os.write(descriptor, str(os.getpid()).encode())
                return descriptor
        except FileNotFoundError:
            pass  # the run that held it has just ended, and removed it
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        process = os.read(descriptor, 20).decode(errors="replace")
        who = f"process {process}" if process.isdigit() else "another process"
        raise SpikefaError(
            f"{who} is running in {folder}: wait until it has ended, or give another folder with "
            "--out"
        ) from None
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        warnings.warn(
            f"the file system of {folder} has no locks: run nothing else in it", stacklevel=5
        )
