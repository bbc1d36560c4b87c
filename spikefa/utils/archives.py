"""Look into zip files, which checkpoints and .npz are, before anything in them is unpacked."""

import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from spikefa.errors import SpikefaError, require, require_there
from spikefa.utils.printable import one_line

UNPACKED = 1 << 27
"""Bytes to which a small archive may unpack."""

DENSEST = 100
"""How much a large archive may grow when it is unpacked."""


@contextmanager
def archive(path: Path, what: str) -> Iterator[zipfile.ZipFile]:
    """Open a zip file whose members together unpack to no more than it may hold.

    Every error within the block becomes a `SpikefaError`.

    Parameters
    ----------
    path : Path
    what : str
        What it should be, such as "a checkpoint".

    Raises
    ------
    SpikefaError
        If it is not a regular file or no zip file, is damaged, or claims to hold too much.
    """
    require_there(path.is_file(), f"there is no file {path}")
    try:
        with zipfile.ZipFile(path) as opened:
            _check_members(opened, path.stat().st_size)
            yield opened
    except SpikefaError as error:
        raise SpikefaError(f"{path} is not {what}, or is damaged: {error}") from error
    except Exception as error:  # of zipfile, zlib, lzma, struct, pickle, NumPy or torch
        reason = one_line(str(error).split("\n", 1)[0] or type(error).__name__)
        raise SpikefaError(f"{path} is not {what}, or is damaged ({reason})") from error


def check_kept_as_they_are(members: Iterable[zipfile.ZipInfo], size: int) -> None:
    """Refuse members that are compressed, or together larger than the `size` of their file.

    Members may lie over each other: five thousand of them can name the same megabyte.
    """
    members = list(members)
    packed = [each.filename for each in members if each.compress_type != zipfile.ZIP_STORED]
    require(not packed, f"its {one_line(packed[:1])} is compressed")
    total = sum(each.file_size for each in members)
    require(total <= size, f"it says that it holds {total:,} bytes, and has {size:,} itself")


def _check_members(opened: zipfile.ZipFile, size: int) -> None:
    names = opened.namelist()
    require(len(set(names)) == len(names), "two of its members have the same name")
    total, most = sum(each.file_size for each in opened.infolist()), max(UNPACKED, DENSEST * size)
    require(total <= most, f"it says that it unpacks to {total:,} bytes, and has {size:,} itself")
