"""Read from a file that may be damaged or malicious."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from spikefa.errors import require
from spikefa.utils.printable import one_line

DENSEST = 1100
"""A file system that compresses does not do so by a larger factor."""

UNFOLDED, DENSEST_ROWS = 1 << 28, 64
"""Bytes that the stimulus of a small recording may take, and of a large one for each byte of it."""

MOST_ATTRIBUTE = 1 << 20
"""Bytes of an attribute. Those of spikefa are below 64 kB, more than which HDF5 stores apart."""


def dataset(file: h5py.File, path: str, dtype: str | np.dtype, ndim: int) -> h5py.Dataset:
    """Return the dataset at `path`; it must have this type and number of dimensions."""
    found = inside(file, path)
    require(isinstance(found, h5py.Dataset), f"it has no {path}")
    require(
        found.dtype == np.dtype(dtype) and found.ndim == ndim,
        f"its {path} is {found.dtype} with {found.ndim} dimensions",
    )
    require(found.external is None and not found.is_virtual, f"its {path} lies in another file")
    require(
        found.id.get_create_plist().get_nfilters() == 0,
        f"its {path} is compressed and could unpack to any size: use h5repack -f NONE first",
    )
    return found


def check_rows(file: h5py.File, path: str, shape: tuple[int, ...], dtype: str) -> None:
    """Refuse a dataset whose rows have another shape or type."""
    data = dataset(file, path, dtype, 1 + len(shape))
    require(data.shape[1:] == shape, f"its {path} has rows of {data.shape[1:]}, not of {shape}")


def whole(file: h5py.File, path: str, dtype: str | np.dtype) -> np.ndarray:
    """Read a whole list."""
    data = dataset(file, path, dtype, 1)
    check_stored(data, len(data))
    return np.asarray(data[:])


def check_stored(data: h5py.Dataset, rows: int) -> None:
    """Refuse a dataset whose first `rows` do not fit into the file.

    Rows that were never written read as zeros and take no room, so a small file could claim more
    rows than fit into memory. HDF5 knows how much a dataset has stored, but the question can make a
    writer in this process write.
    """
    row = data.dtype.itemsize * int(np.prod(data.shape[1:]))
    size = _held(Path(data.file.filename))
    require(
        rows * row <= size,
        f"it says that {data.name} has {rows} rows of {row} bytes, but has {size} bytes itself",
    )


def check_unfolded(path: Path, size: int) -> None:
    """Refuse `size` bytes that are read from few, because many rows share an entry of a table."""
    most = max(UNFOLDED, DENSEST_ROWS * path.stat().st_size)
    require(size <= most, f"its rows say that together they saw {size:,} bytes")


def _held(path: Path) -> int:
    """Return how many bytes a file can hold; fewer than its length if it is mostly a hole.

    The factor allows for a file system that compresses, and the minimum of 16 MB for one that
    reports late what it has allocated.
    """
    stat = path.stat()
    allocated = 512 * getattr(stat, "st_blocks", stat.st_size)  # no such count on Windows
    return min(stat.st_size, max(1 << 24, DENSEST * allocated))


def inside(file: h5py.File, path: str) -> Any:
    """Return the object at `path`, or None.

    Links to other files are refused before they are followed: the other file could be anything, for
    example an endless pipe.
    """
    links, parts = file.id.links, path.strip("/").split("/")
    for depth in range(1, len(parts) + 1):
        part = "/".join(parts[:depth])
        if not links.exists(part.encode()):
            return None
        kind = links.get_info(part.encode()).type
        require(kind != h5py.h5l.TYPE_EXTERNAL, f"its /{part} lies in another file")
        require(kind == h5py.h5l.TYPE_HARD, f"its /{part} leads elsewhere")
    return file[path]


def read_attributes(item: h5py.HLObject) -> dict[str, Any]:
    """Return the attributes of `item` as Python's own types: text, numbers, and lists of them.

    Attributes of variable length are left out. Recordings have none, and HDF5 stores them without
    checksums: one changed byte there makes HDF5 2.0 read for ever.
    """
    found = {}
    for name in item.attrs:
        attribute = item.attrs.get_id(name)
        if attribute.dtype.kind != "O":
            _check_attribute(attribute, one_line(repr(name), 60))
            value = np.empty(attribute.shape, attribute.dtype)
            attribute.read(value)
            plain = value.tolist()
            found[name] = plain.decode(errors="replace") if isinstance(plain, bytes) else plain
    return found


def _check_attribute(attribute: h5py.h5a.AttrID, name: str) -> None:
    space, dtype = attribute.get_space(), attribute.dtype
    require(
        space.get_simple_extent_type() != h5py.h5s.NULL and dtype.itemsize > 0,
        f"its attribute {name} is empty",
    )
    require(dtype.kind in "biufS" and dtype.subdtype is None, f"its attribute {name} is {dtype}")
    require(attribute.get_storage_size() <= MOST_ATTRIBUTE, f"its attribute {name} is too large")


def stored_integer(attributes: Mapping[str, Any], name: str, default: int | None = None) -> int:
    """Return an attribute that is an integer."""
    value = attributes.get(name, default)
    require(
        isinstance(value, int) and not isinstance(value, bool),
        f"its attribute {name!r} is {one_line(repr(value), 60)}, not an integer",
    )
    return int(value)
