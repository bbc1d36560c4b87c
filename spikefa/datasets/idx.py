"""Reading IDX files, the format that MNIST is published in.

An IDX file is a magic number (two zero bytes, the type of an item, the number of dimensions),
the dimensions as big-endian 32-bit integers, and the data, row by row. The files are
untrusted: everything in them is checked before it is used, and no header makes the reader allocate
or unpack more than `MAX_ITEMS` images, or more than the file could hold.
"""

import gzip
import math
import struct
import zlib
from collections.abc import Sequence
from io import BufferedReader
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spikefa.errors import SpikefaError

MAX_ITEMS = 100_000
"""More items than any data set here has; a header that claims more is wrong."""

_GZIP_MAGIC = b"\x1f\x8b"
_UNSIGNED_BYTE = 0x08


class _Fault(Exception):
    """A fault in the data of a file; the message does not name the file."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"{found}, expected {expected}")


DENSEST = 100
"""How much a large file may grow when it is unpacked."""
UNPACKED = 1 << 27
"""Bytes to which a small file may unpack."""


def read_idx(
    path: Path, item_shape: Sequence[int] | None, mend: str, most: int = MAX_ITEMS
) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, gzipped or not; its content decides, not its suffix.

    Parameters
    ----------
    path : Path
        The file.
    item_shape : sequence of int, optional
        Shape of one item: ``(28, 28)`` for images of 28 x 28 pixels, ``()`` for labels, None for
        images of any shape.
    mend : str
        How the user can repair a bad file; the end of every error message.
    most : int, default 100,000
        A header that claims more items is wrong.

    Returns
    -------
    ndarray of uint8, shape [n, *item_shape]
        The items, 1 to `most` of them.

    Raises
    ------
    SpikefaError
        If the file cannot be read, or is not a complete IDX file of such items.
    """
    try:
        with open(path, "rb") as file:
            packed = file.peek(2).startswith(_GZIP_MAGIC)
            shape = None if item_shape is None else tuple(item_shape)
            room = max(UNPACKED, DENSEST * path.stat().st_size)
            return _read(gzip.GzipFile(fileobj=file) if packed else file, shape, most, room)
    except _Fault as fault:
        raise SpikefaError(f"{path}: {fault}: {mend}") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        problem = f"damaged or cut short ({error}), expected a complete gzip file"
        raise SpikefaError(f"{path}: {problem}: {mend}") from error
    except OSError as error:
        raise SpikefaError(f"cannot read {path}: {error.strerror or error}") from error


def _read(
    stream: BufferedReader | gzip.GzipFile,
    item_shape: tuple[int, ...] | None,
    most: int,
    room: int,
) -> NDArray[np.uint8]:
    ndim = 3 if item_shape is None else 1 + len(item_shape)
    header = stream.read(4 + 4 * ndim)
    _check_magic(header, ndim)
    if len(header) < 4 + 4 * ndim:
        raise _Fault(f"ends after {len(header)} bytes", f"a header of {4 + 4 * ndim} bytes")
    n, *found_shape = struct.unpack(f">{ndim}I", header[4:])
    if item_shape is not None and tuple(found_shape) != item_shape:
        raise _Fault(f"items of {_times(found_shape)}", _times(item_shape))
    if not 0 < n <= most:
        raise _Fault(f"a header that claims {n} items", f"1 to {most}")
    size = n * math.prod(found_shape)
    if not 0 < size <= room:
        raise _Fault(f"a header that claims {size} bytes of data", f"1 to {room}")
    # Reading one byte more than expected finds a file that is too long. It also reaches the end of
    # a gzip stream, where the gzip module verifies the checksum, and unpacks no bomb any further.
    data = stream.read(size + 1)
    if len(data) != size:
        length = f"only {len(data)}" if len(data) < size else "more"
        raise _Fault(f"{length} bytes of data", f"{size} for {n} items")
    # Copied because an array over `bytes` is read-only, of which torch warns.
    return np.frombuffer(data, np.uint8).reshape(n, *found_shape).copy()


def _check_magic(header: bytes, ndim: int) -> None:
    magic = bytes([0, 0, _UNSIGNED_BYTE, ndim])
    expected = f"IDX data of unsigned bytes in {ndim} dimension(s), magic number {magic.hex()}"
    if not header:
        raise _Fault("an empty file", expected)
    if header.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        raise _Fault("looks like a web page, not IDX data", expected)
    if header[:4] != magic:
        raise _Fault(f"magic number {header[:4].hex()}", expected)


def _times(shape: Sequence[int]) -> str:
    return " x ".join(str(length) for length in shape) + " pixels"
