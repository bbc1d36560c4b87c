"""Nodes of a NIR graph, and files of them."""

import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np

from spikefa.errors import SpikefaError, require, require_there
from spikefa.nir.texts import texts
from spikefa.recording.format.untrusted import DENSEST, inside
from spikefa.utils.memory import require_room
from spikefa.utils.printable import one_line

VERSION = "1.0"
"""Of the format; it is written and not looked at, since readers go by the types of the nodes."""
MOST_NODES = 10_000
"""Nodes in a file; far beyond use."""
UNREADABLE = (OSError, KeyError, RuntimeError, TypeError, ValueError, struct.error)
"""What is raised where a file is damaged."""
FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
"""What a dataset may be packed with; these cannot grow by more than `DENSEST`."""


@dataclass(eq=False)
class Node:
    """A node: its type, its arrays, and what programs note about it.

    Attributes
    ----------
    kind : str
        Such as "LIF".
    arrays : dict of ndarray
        By NIR's names of the parameters.
    metadata : dict of ndarray or str
    """

    kind: str
    arrays: dict[str, np.ndarray]
    metadata: dict[str, np.ndarray | str] = field(default_factory=dict)


@dataclass(eq=False)
class Graph:
    """Nodes by name, and edges from one to another.

    Attributes
    ----------
    nodes : dict of Node
    edges : list of tuple of str
    metadata : dict of str
    """

    nodes: dict[str, Node]
    edges: list[tuple[str, str]]
    metadata: dict[str, str] = field(default_factory=dict)


def write_graph(graph: Graph, path: Path) -> None:
    """Write a graph in the layout of NIR's own library."""
    with h5py.File(path, "w") as file:
        _put(file, "version", VERSION)
        root = file.create_group("node")
        _put(root, "type", "NIRGraph")
        edges = np.array(graph.edges, dtype=h5py.string_dtype())
        root.create_dataset("edges", data=edges)
        _put_all(root, "metadata", graph.metadata)
        nodes = root.create_group("nodes")
        for name, node in graph.nodes.items():
            group = nodes.create_group(name)
            _put(group, "type", node.kind)
            for key, value in node.arrays.items():
                _put(group, key, value)
            _put_all(group, "metadata", node.metadata)


def _put_all(group: h5py.Group, name: str, values: Mapping[str, np.ndarray | str]) -> None:
    if values:  # NIR's readers expect none or some
        inner = group.create_group(name)
        for key, value in values.items():
            _put(inner, key, value)


def _put(group: h5py.Group, name: str, value: np.ndarray | str) -> None:
    if isinstance(value, str):
        group.create_dataset(name, data=value, dtype=h5py.string_dtype())
    else:
        group.create_dataset(name, data=value)


def read_graph(path: Path) -> Graph:
    """Read a graph from a file that anybody may have written; sizes are checked before reading.

    Raises
    ------
    SpikefaError
        If there is no such file, it is damaged, or holds something else.
    """
    require_there(path.is_file(), f"there is no file {path}")
    try:
        with _opened(path) as file:
            return _graph(file)
    except SpikefaError as error:
        raise SpikefaError(f"{path} cannot be read as NIR: {error}") from error
    except UNREADABLE as error:
        raise SpikefaError(f"{path} is no NIR file, or is damaged: {one_line(error)}") from error


@contextmanager
def _opened(path: Path) -> Iterator[h5py.File]:
    with h5py.File(path, "r", locking=False) as file:
        yield file


def _graph(file: h5py.File) -> Graph:
    kind = _text(file, "node/type")
    require(kind == "NIRGraph", f"its node is a {one_line(kind, 60)}, not a NIRGraph")
    edges = _dataset(file, "node/edges")
    fits = edges.ndim == 2 and edges.shape[1] == 2 and len(edges) <= MOST_NODES
    require(fits, f"its edges are an array of {list(edges.shape)}, not of pairs")
    ends = texts(edges, Path(file.filename))
    pairs = list(zip(ends[::2], ends[1::2], strict=True))
    names = _names(file, "node/nodes")
    nodes = {name: _node(file, f"node/nodes/{name}") for name in names}
    found = {key: value for key, value in _metadata(file, "node").items() if isinstance(value, str)}
    return Graph(nodes, pairs, found)


def _node(file: h5py.File, place: str) -> Node:
    kind = _text(file, f"{place}/type")
    inner = [name for name in _names(file, place) if name not in ("type", "metadata")]
    held = {name: inside(file, f"{place}/{name}") for name in inner}
    arrays = {
        name: _array(file, f"{place}/{name}")
        for name, each in held.items()
        if isinstance(each, h5py.Dataset) and each.dtype.kind in "biuf"
    }
    return Node(kind, arrays, _metadata(file, place))


def _metadata(file: h5py.File, place: str) -> dict[str, np.ndarray | str]:
    """Return the texts and arrays that are noted at a node; others are left out."""
    found: dict[str, np.ndarray | str] = {}
    if not isinstance(inside(file, f"{place}/metadata"), h5py.Group):
        return found
    for name in _names(file, f"{place}/metadata"):
        each = inside(file, f"{place}/metadata/{name}")
        if isinstance(each, h5py.Dataset) and each.dtype.kind in "biuf":
            found[name] = _array(file, f"{place}/metadata/{name}")
        elif isinstance(each, h5py.Dataset) and each.shape == () and each.dtype.kind in "OS":
            found[name] = _text(file, f"{place}/metadata/{name}")
    return found


def _names(file: h5py.File, place: str) -> list[str]:
    group = inside(file, place)
    require(isinstance(group, h5py.Group), f"it has no {place}")
    require(len(group) <= MOST_NODES, f"its {place} has {len(group):,} parts")
    return list(group)


def _dataset(file: h5py.File, place: str) -> h5py.Dataset:
    """Return a dataset that lies in this file, and is not larger than it can be."""
    found = inside(file, place)
    require(isinstance(found, h5py.Dataset), f"it has no {place}")
    require(found.shape is not None, f"its {place} is empty")
    require(found.external is None and not found.is_virtual, f"its {place} lies in another file")
    plan = found.id.get_create_plist()
    used = {plan.get_filter(number)[0] for number in range(plan.get_nfilters())}
    require(used <= FILTERS, f"its {place} is packed in a way that is not read here: use gzip")
    size, stored = found.size * found.dtype.itemsize, found.id.get_storage_size()
    require(
        size <= DENSEST * stored + (1 << 12),
        f"its {place} would be {size:,} bytes, of which {stored:,} are in the file",
    )
    return found


def _array(file: h5py.File, place: str) -> np.ndarray:
    found = _dataset(file, place)
    require(found.ndim <= 4, f"its {place} has {found.ndim} dimensions")
    require_room({f"{place} in the file": 2 * found.size * found.dtype.itemsize})
    return np.asarray(found[()])


def _text(file: h5py.File, place: str) -> str:
    found = _dataset(file, place)
    require(found.shape == (), f"its {place} is no text")
    (text,) = texts(found, Path(file.filename))
    return text
