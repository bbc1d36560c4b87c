"""One writer for each recording."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spikefa.utils.files import remove_leftovers
from spikefa.utils.locks import Lock, lock_path


def recording_lock(path: Path) -> Lock:
    """Lock a recording that exists or is to be made, and clear away what killed processes left.

    Raises
    ------
    SpikefaError
        If somebody writes, repairs or makes it at this moment.
    """
    lock, whole = Lock(lock_path(path), f"the recording {path}"), path.resolve()
    remove_leftovers(whole.parent, whole.stem)
    return lock


@contextmanager
def locked_on_success(path: Path) -> Iterator[Lock]:
    """Lock a recording, and release it only if the block fails."""
    lock = recording_lock(path)
    try:
        yield lock
    except BaseException:
        lock.release()
        raise
