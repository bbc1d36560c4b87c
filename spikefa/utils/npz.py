"""Read .npz files that may be damaged or malicious."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from spikefa.errors import require
from spikefa.utils.archives import archive
from spikefa.utils.printable import one_line

PLAIN = "biufU"
"""Kinds of values: truth values, numbers and text."""
WHAT = "a file of arrays (.npz)"


def check_names(
    path: Path,
    held: Sequence[str],
    needed: Sequence[str],
    together: Sequence[str],
    single: Iterable[str],
) -> None:
    """Refuse a file that lacks an array, or has one that would be ignored.

    Parameters
    ----------
    path : Path
    held : sequence of str
        The names in the file.
    needed : sequence of str
    together : sequence of str
        Names of which a file has all or none.
    single : iterable of str
        Names that may be missing.

    Raises
    ------
    SpikefaError
        With the names in the file, and those to give.
    """
    wanted = (*needed, *(together if set(together) & set(held) else ()))
    more = (*together, *single)
    missing = [name for name in wanted if name not in held]
    unknown = [name for name in held if name not in (*needed, *more)]
    names = one_line(", ".join(held)) or "(none)"
    require(
        not missing and not unknown,
        f"{path} has the arrays {names}: give {', '.join(needed)}, and only these, or also "
        f"{', '.join(more)}",
    )


def read_arrays(path: Path, names: Sequence[str] | None = None) -> dict[str, np.ndarray]:
    """Return the arrays in a .npz file by name.

    Parameters
    ----------
    path : Path
    names : sequence of str, optional
        The arrays to read; all by default.

    Raises
    ------
    SpikefaError
        If it is no such file, is damaged, lacks an array, or holds anything but numbers and text.
    """
    with archive(path, WHAT) as opened:
        held = {each.filename.removesuffix(".npy"): each for each in opened.infolist()}
        for name in names or ():
            require(name in held, f"it has no array {name!r}")
        return {name: _read(opened, held[name]) for name in names or held}


def names_in(path: Path) -> list[str]:
    """Return the names of the arrays in a .npz file.

    Raises
    ------
    SpikefaError
        If it is no such file, or is damaged.
    """
    with archive(path, WHAT) as opened:
        return [name.removesuffix(".npy") for name in opened.namelist()]


def _read(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """Return an array whose header claims no more than the member holds."""
    content = io.BytesIO(opened.read(member))
    version = np.lib.format.read_magic(content)
    read_header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    require(version in read_header, f"its {member.filename!r} has an unknown format")
    shape, _, dtype = read_header[version](content)
    require(
        not dtype.hasobject,
        f"its {member.filename!r} holds objects of Python, which could run code: give arrays of "
        "numbers; arrays of different shapes in one make such objects, so bring them to one shape",
    )
    require(dtype.kind in PLAIN, f"its {member.filename!r} holds {dtype.name}")
    size = dtype.itemsize * int(np.prod([int(n) for n in shape], dtype=object))
    left = len(content.getbuffer()) - content.tell()
    require(size == left, f"its {member.filename!r} has {left} bytes for the shape {shape}")
    content.seek(0)
    return np.asarray(np.lib.format.read_array(content, allow_pickle=False))
