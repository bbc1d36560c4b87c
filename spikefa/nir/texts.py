"""Texts of any length in an HDF5 file, which HDF5 itself cannot read safely.

HDF5 keeps them in a heap without checksums, and believes what a file says about it: with a damaged
file it reads memory that is not there, and the process ends. So the heap is read here, from the
bytes of the file (HDF5 File Format Specification 3.0, III.E, "Global Heap").
"""

import struct
from pathlib import Path
from typing import BinaryIO

import h5py

from spikefa.errors import require

MOST_TEXT, MOST_HEAP = 1 << 20, 1 << 24
"""Bytes of a text, and of a part of the heap; far beyond use."""
REFERENCE = struct.Struct("<IQI")
"""What a dataset holds for each text: length, address of a part of the heap, number in it."""
HEAP = struct.Struct("<4sB3xQ")
"""Signature, version and size of a part of the heap."""
ITEM = struct.Struct("<HHIQ")
"""Number, references, nothing, and size of an item, which follows, filled up to 8 bytes."""


def texts(data: h5py.Dataset, path: Path) -> list[str]:
    """Return the texts of a dataset in a row.

    Raises
    ------
    SpikefaError
        If it holds something else, or is damaged.
    """
    what = f"its {data.name}"
    if data.dtype.kind == "S":
        return [value.decode("utf-8") for value in data[()].ravel().tolist()]
    known = h5py.check_string_dtype(data.dtype)
    require(known is not None, f"{what} is no text")
    place = data.id.get_offset()
    require(place is not None, f"{what} is not stored in one piece")
    with open(path, "rb") as file:
        file.seek(place)
        stored = file.read(REFERENCE.size * data.size)
        require(len(stored) == REFERENCE.size * data.size, f"{what} ends too early")
        return [_text(file, what, *each) for each in REFERENCE.iter_unpack(stored)]


def _text(file: BinaryIO, what: str, length: int, address: int, number: int) -> str:
    require(length <= MOST_TEXT, f"{what} says that a text has {length:,} bytes")
    if length == 0:
        return ""
    require(address < 1 << 62, f"{what} leads out of the file")
    file.seek(address)
    signature, _, size = HEAP.unpack(file.read(HEAP.size))
    require(signature == b"GCOL" and size <= MOST_HEAP, f"{what} leads to no texts")
    content = _item(file.read(size - HEAP.size if size > HEAP.size else 0), number)
    require(content is not None and len(content) >= length, f"{what} lacks a text")
    assert content is not None
    return content[:length].decode("utf-8")


def _item(heap: bytes, wanted: int) -> bytes | None:
    """Return the content of one item of a part of the heap."""
    place = 0
    while place + ITEM.size <= len(heap):
        number, _, _, size = ITEM.unpack_from(heap, place)
        place += ITEM.size
        if number == 0 or size > len(heap):  # the rest is free
            return None
        if number == wanted:
            return heap[place : place + size]
        place += -(-size // 8) * 8
    return None
