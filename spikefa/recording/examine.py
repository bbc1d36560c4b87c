"""Find out what a file holds, and whether it is what it says."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from spikefa.errors import SpikefaError, require
from spikefa.recording.probes import Channel, check_name
from spikefa.recording.schema import (
    COMMITTED,
    EPOCH,
    EPOCHS,
    IMAGES,
    POPULATIONS,
    STATUS_PATH,
    STEP,
    STIMULUS,
    STIMULUS_PATH,
    Layout,
    Population,
    check_version,
    data_of,
    group_of,
    row_shape,
)
from spikefa.recording.windows import Window, check_windows

DENSEST = 1100
"""Deflate, the filter of HDF5 that shrinks most, does not shrink by a larger factor."""

MOST_CLASSES = 256
"""Labels are bytes."""


def read_layout(file: h5py.File) -> Layout:
    """Read everything about a file but its rows.

    Raises
    ------
    SpikefaError
        If something is missing or is not what the format says.
    """
    attributes = read_attributes(file)
    require("spikefa_schema" in attributes, "it has no format version: it is not of spikefa")
    check_version(attributes["spikefa_schema"])
    dataset(file, COMMITTED, "<u8", 1)
    dataset(file, STATUS_PATH, "u1", 1)
    dataset(file, STEP, "<u8", 1)
    dataset(file, STIMULUS_PATH, STIMULUS, 1)
    populations = _read_populations(file)
    sizes = {population.name: population.size for population in populations}
    channels = tuple(
        _read_channel(file, population, variable, sizes) for population, variable in _recorded(file)
    )
    return Layout(populations, channels, _read_windows(file), _image_shape(file), attributes)


def committed_rows(file: h5py.File, layout: Layout) -> int:
    """Return how many rows may be trusted.

    The counter is looked at before the datasets that it counts, since a writer may be at work.
    """
    counter = file[COMMITTED]
    counter.refresh()
    rows = int(counter[0])
    paths = [data_of(channel.population, channel.variable) for channel in layout.channels]
    for path in (STEP, STIMULUS_PATH, *paths):
        data = file[path]
        data.refresh()
        held = data.shape[0]
        require(rows <= held, f"it says that {rows} rows are committed, but {path} has {held}")
        check_stored(data, rows)
    file[STATUS_PATH].refresh()
    if layout.image_shape is not None:
        file[f"{IMAGES}/index"].refresh()
        file[f"{IMAGES}/pixels"].refresh()
    return rows


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
    size = Path(data.file.filename).stat().st_size
    require(
        rows * row <= DENSEST * size,
        f"it says that {data.name} has {rows} rows of {row} bytes, but has {size} bytes itself",
    )


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


def _read_populations(file: h5py.File) -> tuple[Population, ...]:
    group = inside(file, POPULATIONS)
    require(isinstance(group, h5py.Group) and len(group) > 0, f"it has no {POPULATIONS}")
    found = []
    for name, member in group.items():
        check_name("population", name)
        require(isinstance(member, h5py.Group), f"its {POPULATIONS}/{name} is not a group")
        attributes = read_attributes(member)
        layer, size = int(attributes["layer"]), int(attributes["size"])
        n_classes = int(attributes.get("n_classes", 0))
        require(
            size > 0 and 0 <= n_classes <= MOST_CLASSES,
            f"its population {name!r} has {size} neurons for {n_classes} classes",
        )
        found.append(Population(name, layer, str(attributes["role"]), size, n_classes))
    return tuple(sorted(found, key=lambda population: population.layer))


def _recorded(file: h5py.File) -> list[tuple[str, str]]:
    """Return the populations and variables that the file has groups for."""
    found = [(name, "spikes") for name in _members(file, "/spikefa/raster")]
    found += [(name, "modulator") for name in _members(file, "/spikefa/modulator")]
    for variable in _members(file, "/spikefa/trace"):
        found += [(name, variable) for name in _members(file, f"/spikefa/trace/{variable}")]
    return found


def _members(file: h5py.File, path: str) -> list[str]:
    group = inside(file, path)
    if group is None:
        return []
    require(isinstance(group, h5py.Group), f"its {path} is not a group")
    return list(group)


def _read_channel(
    file: h5py.File, population: str, variable: str, sizes: dict[str, int]
) -> Channel:
    path = data_of(population, variable)
    if population not in sizes:
        raise SpikefaError(f"it has {path}, but no population {population!r}")
    node_ids = whole(file, f"{group_of(population, variable)}/node_ids", "<u8")
    ascending = bool((node_ids[1:] > node_ids[:-1]).all())
    require(
        len(node_ids) > 0 and ascending and int(node_ids[-1]) < sizes[population],
        f"the units of its {path} are not ascending numbers below {sizes[population]}",
    )
    data = inside(file, path)
    stream = int(read_attributes(data)["batch_index"]) if isinstance(data, h5py.Dataset) else 0
    channel = Channel(population, variable, node_ids.astype(np.int64), stream)
    width, dtype = row_shape(channel)
    data = dataset(file, path, dtype, 2)
    require(data.shape[1] == width, f"its {path} has rows of {data.shape[1]}, not of {width}")
    return channel


def _read_windows(file: h5py.File) -> tuple[Window, ...]:
    epochs = whole(file, EPOCHS, EPOCH)
    labels = [row["label"].decode(errors="replace") for row in epochs]
    steps = [(int(row["start_step"]), int(row["stop_step"])) for row in epochs]
    return check_windows([Window(label, *pair) for label, pair in zip(labels, steps, strict=True)])


def _image_shape(file: h5py.File) -> tuple[int, int] | None:
    if inside(file, IMAGES) is None:
        return None
    dataset(file, f"{IMAGES}/index", "<u4", 1)
    _, height, width = dataset(file, f"{IMAGES}/pixels", "u1", 3).shape
    return int(height), int(width)
