"""MATLAB files of version 5, looked into before anything in them is unpacked."""

import struct
import zlib
from pathlib import Path
from typing import Any, BinaryIO

from scipy.io import loadmat

from spikefa.errors import SpikefaError, require
from spikefa.utils.archives import DENSEST, UNPACKED
from spikefa.utils.printable import one_line

HEADER, COMPRESSED = 128, 15
BLOCK = 1 << 20


def read_mat(path: Path, names: tuple[str, ...]) -> dict[str, Any]:
    """Return arrays of a MATLAB file by name.

    Raises
    ------
    SpikefaError
        If it is damaged, lacks one of the names, or would unpack to more than it may hold.
    """
    try:
        with path.open("rb") as file:
            _check_unpacked(file, path.stat().st_size)
        content = loadmat(path, variable_names=names)
        return {name: content[name] for name in names}
    except Exception as error:  # of SciPy, zlib and struct
        reason = one_line(str(error) or type(error).__name__)
        raise SpikefaError(f"{path} is not such a MATLAB file, or is damaged ({reason})") from error


def _check_unpacked(file: BinaryIO, size: int) -> None:
    """Unpack what is compressed, a block at a time, and require that it is not too much."""
    most, total = max(UNPACKED, DENSEST * size), 0
    order = "<" if file.read(HEADER)[-2:] == b"IM" else ">"
    while len(tag := file.read(8)) == 8:
        kind, length = struct.unpack(f"{order}II", tag)
        require(length <= size, f"it says that it holds {length:,} bytes, and has {size:,} itself")
        if kind != COMPRESSED:
            file.seek(length, 1)
            continue
        packed, unpacker = file.read(length), zlib.decompressobj()
        while packed and not unpacker.eof:
            total += len(unpacker.decompress(packed, BLOCK))
            packed = unpacker.unconsumed_tail
            require(total <= most, f"it unpacks to over {most:,} bytes, and has {size:,} itself")
