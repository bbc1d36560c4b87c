"""The mark in the superblock of an HDF5 file that says that a writer has it open.

Superblocks of version 3 begin with the signature (8 bytes), the version, the sizes of offsets and
lengths, and the mark. They end with a checksum of all bytes before it.
"""

from pathlib import Path

import numpy as np

SIGNATURE = b"\x89HDF\r\n\x1a\n"
OPEN, SWMR = 1, 4
"""Bits of the mark: a writer has the file open, and it admits readers (SWMR)."""

WORD = 0xFFFFFFFF
_VERSION, _MARK = 8, 11
_SIZE = 48
"""Bytes of a superblock of version 3 whose offsets have 8 bytes."""


def mark_of(start: bytes) -> int:
    """Return the mark in the first bytes of a file; 0 if there is none."""
    marked = start[:_VERSION] == SIGNATURE and len(start) > _MARK and start[_VERSION] >= 3
    return start[_MARK] if marked else 0


def marked_as_open(path: Path) -> bool:
    """Return whether the superblock says that a writer has the file open.

    HDF5 admits only SWMR readers to such a file. A killed writer leaves the mark behind.
    """
    return mark_of(_start(path)) != 0


def barred(path: Path) -> bool:
    """Return whether the mark bars every reader: open for writing, but not for readers.

    HDF5 leaves such files if their writer was killed before it admitted readers.
    """
    return mark_of(_start(path)) & (OPEN | SWMR) == OPEN


def clear_mark(path: Path) -> None:
    """Take the mark out of the superblock of a marked file that nobody has open."""
    with open(path, "r+b") as file:
        cleared = bytearray(file.read(_SIZE)[:-4])
        cleared[_MARK] = 0
        file.seek(0)
        file.write(cleared + lookup3(bytes(cleared)).to_bytes(4, "little"))


def _start(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read(_SIZE)


def lookup3(data: bytes) -> int:
    """Return the checksum that HDF5 uses: "lookup3" of Bob Jenkins, `hashlittle` from 0."""
    a = b = c = 0xDEADBEEF + len(data)
    words = np.frombuffer(data.ljust(-(-len(data) // 12) * 12, b"\0"), "<u4").tolist()
    while words:
        (x, y, z), words = words[:3], words[3:]
        a, b, c = a + x, b + y, c + z
        if words:
            for bits in (4, 6, 8, 16, 19, 4):
                a, b, c = b, c + b, (a - c & WORD) ^ _rotated(c, bits)
        else:
            for bits in (14, 11, 25, 16, 4, 14, 24):
                a, b, c = b, (c & WORD ^ b & WORD) - _rotated(b, bits), a
            c = b
    return c & WORD


def _rotated(value: int, bits: int) -> int:
    value &= WORD
    return (value << bits | value >> (32 - bits)) & WORD
