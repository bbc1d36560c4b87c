"""Locks on names of files and folders, which end with the process that holds them."""

import errno
import os
import socket
from contextlib import suppress
from pathlib import Path

from spikefa.errors import SpikefaError
from spikefa.utils import notices

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_HELD = (errno.EAGAIN, errno.EACCES)
_UNSUPPORTED = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL)


class Held(SpikefaError):
    """Somebody else holds a lock."""


class Lock:
    """One process, and one object in it, may write what the lock stands for.

    The lock is a small file beside what it protects, so readers never meet it. The operating system
    ends it with the process, however that dies; the small file may then stay behind, and the next
    who takes the lock takes over that file. It holds between the processes of a machine, within
    one process, and between machines where the file system supports that.

    Parameters
    ----------
    path : Path
        The small file, for example from `lock_path`. It is removed when the lock is released.
    what : str
        What the lock stands for, as the messages call it: ``"the recording run.h5"``.

    Raises
    ------
    Held
        If somebody holds it.
    SpikefaError
        If the small file cannot be made.

    Warns
    -----
    UserWarning
        If the file system has no locks. Everything else then works as with a lock.
    """

    def __init__(self, path: Path, what: str) -> None:
        self._path = path
        self._owner = os.getpid()
        self._handle: int | None = None
        while self._handle is None:
            self._handle = self._try(what)

    def _try(self, what: str) -> int | None:
        """Return the open and locked file; None if it was removed in between."""
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        try:
            handle = os.open(self._path, flags, 0o666)
        except OSError as error:
            reason = error.strerror or error
            raise SpikefaError(f"cannot lock {what}: {self._path}: {reason}") from error
        try:
            _lock(handle, what)
            if not _is_at(handle, self._path):
                os.close(handle)
                return None
            _sign(handle)
        except BaseException:
            os.close(handle)
            raise
        return handle

    def release(self) -> None:
        """Let others take it; a second call, or one in a forked child, does nothing."""
        handle, self._handle = self._handle, None
        if handle is None:
            return
        with suppress(OSError):  # the folder may be gone by now, or be closed to us
            if os.getpid() == self._owner and _is_at(handle, self._path):
                self._path.unlink()
        os.close(handle)

    def __enter__(self) -> "Lock":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def is_held(path: Path) -> bool:
    """Return whether somebody holds the lock whose small file this is; False without locks."""
    if fcntl is None:
        return False
    try:
        handle = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    except OSError:  # it is not there
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in _HELD
    finally:
        os.close(handle)
    return False


def lock_path(path: Path) -> Path:
    """Return the small file beside a file that locks it, the same for every name of it."""
    whole = path.resolve()
    return whole.with_name(f".{whole.name}.lock")


def _lock(handle: int, what: str) -> None:
    """Lock the open file, or say that there are no locks here."""
    if fcntl is None:
        _warn(what, "this operating system")
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            raise Held(f"{what} is being written{_holder(handle)}: let that end first") from error
        if error.errno not in _UNSUPPORTED:
            raise SpikefaError(f"cannot lock {what}: {error.strerror or error}") from error
        _warn(what, "its file system")


def _warn(what: str, who: str) -> None:
    notices.warn(
        f"{who} has no locks, so nothing prevents a second process from writing {what}: start one",
        stacklevel=2,
    )


def _is_at(handle: int, path: Path) -> bool:
    """Return whether the open file is the one that has this name now."""
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except FileNotFoundError:
        return False


def _sign(handle: int) -> None:
    """Write down who holds the lock, for the message to others."""
    try:
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()} {socket.gethostname()}".encode())
    except OSError:
        return  # the disk is full: the message to others is then shorter


def _holder(handle: int) -> str:
    """Return who holds the lock, as far as it is written down."""
    os.lseek(handle, 0, os.SEEK_SET)
    process, _, host = os.read(handle, 100).decode(errors="replace").partition(" ")
    if not process.isdecimal() or not host.isprintable():
        return ""
    if host != socket.gethostname():
        return f" by process {process} on {host}"
    return f" by process {process}" + (", this one" if int(process) == os.getpid() else "")
