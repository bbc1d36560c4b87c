"""Reading text files, and writing files completely or not at all."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from spikefa.errors import MissingFileError, SpikefaError

_TEMPORARY = re.compile(r"\.(?P<stem>.+)\.(?P<process>\d{1,9})\.tmp(\.[^.]*)?")
MOST_TEXT = 1 << 26
"""Bytes of a text that is read, 64 MB."""


LONGEST_NAME = 255
"""Bytes of the name of a file; file systems have no longer ones."""


@contextmanager
def written_whole(path: Path, new: bool = False) -> Iterator[Path]:
    """Give a temporary name beside `path`; rename it to `path` if the block succeeds.

    Readers see the old file or the new one, never a part of it. The temporary file keeps the suffix
    of `path`, by which matplotlib and others select the format, and is removed on failure.

    Parameters
    ----------
    path : Path
    new : bool, default False
        Whether to refuse to replace a file that has appeared at `path` meanwhile.

    Raises
    ------
    SpikefaError
        If the disk is full, the folder is not writable, or `new` and there is such a file.
    """
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        yield temporary
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        if new:
            _name(temporary, path)
        else:
            os.replace(temporary, path)
    except FileExistsError as error:
        raise SpikefaError(f"{path} exists by now: move it or give another name") from error
    except OSError as error:
        raise write_error(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def remove_leftovers(folder: Path, stem: str | None = None) -> None:
    """Remove the temporary files of `written_whole` that killed processes have left in a folder.

    Parameters
    ----------
    folder : Path
    stem : str, optional
        Only those of a file of this name without suffix.
    """
    for file in folder.glob(".*.tmp*"):
        found = _TEMPORARY.fullmatch(file.name)
        if found is None or (stem is not None and found["stem"] != stem):
            continue
        if file.is_file() and not _may_live(int(found["process"])):
            with suppress(OSError):  # nothing depends on it
                file.unlink()


def _may_live(process: int) -> bool:
    """Return whether there is a process of this number; True where that cannot be known."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # somebody else's
        return True
    return True


def _name(temporary: Path, path: Path) -> None:
    """Rename a file, but never to a name that is taken."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # this file system has no links
        if path.exists():
            raise FileExistsError from None
        os.rename(temporary, path)


def write_error(path: Path, error: OSError) -> SpikefaError:
    """Return the error, with a message of one line, for a failed write of `path`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return SpikefaError(
            f"no room left on the disk to write {path}: free some, or choose another place"
        )
    return SpikefaError(f"cannot write {path}: {error.strerror or error}")


def bare_name(name: object, what: object) -> str:
    """Return a name from a file that is to be used as the name of another file in its folder.

    Raises
    ------
    SpikefaError
        If it leads out of the folder, or cannot be printed.
    """
    text = str(name)
    plain = isinstance(name, str) and text.isprintable() and text not in ("", ".", "..")
    if not plain or set(text) & set("/\\:") or len(text.encode()) > LONGEST_NAME:
        raise SpikefaError(f"{what} names the file {text!r:.80}: give a name without a folder")
    return text


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file.

    Raises
    ------
    SpikefaError
        If it cannot be read, is not text, or is larger than any text of spikefa.
    """
    try:
        if not path.is_file():  # a pipe would never end
            raise MissingFileError(f"cannot read {path}: there is no such file")
        if path.stat().st_size > MOST_TEXT:
            raise SpikefaError(f"{path} is damaged: it has more than {MOST_TEXT >> 20} MB")
        return path.read_text(encoding="utf-8")
    except MissingFileError:
        raise
    except OSError as error:
        raise SpikefaError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise SpikefaError(f"{path} is damaged: it is not text") from error
