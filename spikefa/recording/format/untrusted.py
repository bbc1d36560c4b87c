"""Look into a file that may be damaged, or made to do harm."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from spikefa.errors import require

DENSEST = 1100
"""Deflate, the filter of HDF5 that shrinks most, does not shrink by a larger factor."""


def dataset(file: h5py.File, path: str, dtype: str | np.dtype, ndim: int) -> h5py.Dataset:
    """Return the dataset at `path`; it must have this type and number of dimensions."""
    found = inside(file, path)
    require(isinstance(found, h5py.Dataset), f"it has no {path}")
    require(
        found.dtype == np.dtype(dtype) and found.ndim == ndim,
        f"its {path} is {found.dtype} with {found.ndim} dimensions",
    )
    require(found.external is None and not found.is_virtual, f"its {path} lies in another file")
    return found


def whole(file: h5py.File, path: str, dtype: str | np.dtype) -> np.ndarray:
    """Read a list that is complete from the beginning on."""
    data = dataset(file, path, dtype, 1)
    check_stored(data, len(data))
    return np.asarray(data[:])


def check_stored(data: h5py.Dataset, rows: int) -> None:
    """Refuse a dataset whose first `rows` cannot be in the file, which is too small for them.

    What was never written is read as zeros and takes no room: a small file could claim to hold
    more than there is memory for. HDF5 knows what a dataset has stored, but to ask it can make a
    writer in this process write.
    """
    row = data.dtype.itemsize * int(np.prod(data.shape[1:]))
    size = _held(Path(data.file.filename))
    packed = data.id.get_create_plist().get_nfilters() > 0
    require(
        rows * row <= size * (DENSEST if packed else 1),
        f"it says that {data.name} has {rows} rows of {row} bytes, but has {size} bytes itself",
    )


def _held(path: Path) -> int:
    """Return how many bytes a file can hold: fewer than its length if most of it is a hole.

    A file system may compress too, hence the factor; and report late what it has allocated, hence
    the 16 MB that are believed of any file.
    """
    stat = path.stat()
    allocated = 512 * getattr(stat, "st_blocks", stat.st_size)  # no such count on Windows
    return min(stat.st_size, max(1 << 24, DENSEST * allocated))


def inside(file: h5py.File, path: str) -> Any:
    """Return what is at `path`, None if nothing is.

    Other files that an untrusted one leads to may be anything, pipes without an end as well: no
    link is followed before it is known to stay inside.
    """
    parts = path.strip("/").split("/")
    for depth in range(1, len(parts) + 1):
        part = "/".join(parts[:depth])
        link = file.get(part, getlink=True)
        require(not isinstance(link, h5py.ExternalLink), f"its /{part} lies in another file")
        require(not isinstance(link, h5py.SoftLink), f"its /{part} leads elsewhere")
    return file.get(path)


def read_attributes(item: h5py.HLObject) -> dict[str, Any]:
    """Return the attributes of `item` as Python's own types.

    Those of variable length are left out. A recording has none, and they lie in a part of the
    file without checksums: one changed byte there, and HDF5 2.0 reads for ever.
    """
    found = {}
    for name in item.attrs:
        kind = item.attrs.get_id(name).dtype
        if kind.kind != "O":
            value = item.attrs[name]
            # A string comes as bytes, a number as a NumPy scalar, several as an array.
            plain = value.decode(errors="replace") if isinstance(value, bytes) else value.tolist()
            found[name] = plain
    return found
