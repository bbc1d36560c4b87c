"""How much of a file may be trusted: the rows that its writer has counted."""

import h5py
import numpy as np

from spikefa.errors import require
from spikefa.recording.format.schema import (
    ENCODINGS,
    IMAGES,
    STATUS_PATH,
    Layout,
    clock_path,
    data_of,
    presentations_path,
    spikes_path,
)
from spikefa.recording.format.untrusted import check_stored
from spikefa.recording.plan.channels import Channel
from spikefa.recording.plan.probes import Encoding


def committed_rows(file: h5py.File, layout: Layout, clock: int = 0) -> int:
    """Return how many rows of one clock may be trusted.

    The counter is read before the datasets that it counts, since a writer may be at work.
    """
    counter = file[clock_path(clock, "committed_steps")]
    counter.refresh()
    rows = int(counter[0])
    for name in ("step", "stimulus"):
        _check_held(file, clock_path(clock, name), rows)
    if not layout.inferred:
        _check_presentations(file, clock, rows)
    for channel in layout.channels_of(clock):
        if channel.variable == "spikes" and chosen_encoding(file, channel) == "events":
            _check_events(file, channel, rows)
        else:
            _check_held(file, data_of(channel.population, channel.variable), rows)
    file[STATUS_PATH].refresh()
    if layout.image_shape is not None:
        file[f"{IMAGES}/index"].refresh()
        file[f"{IMAGES}/pixels"].refresh()
    return rows


def _check_held(file: h5py.File, path: str, count: int, what: str = "rows") -> None:
    """Refuse a file whose dataset at `path` has fewer rows than are committed."""
    data = file[path]
    data.refresh()
    held = data.shape[0]
    require(count <= held, f"it says that {count} {what} are committed, but {path} has {held}")
    check_stored(data, count)


def committed_presentations(file: h5py.File, clock: int, rows: int) -> int:
    """Return how many presentations the committed rows belong to, which may be trusted."""
    return int(file[presentations_path(clock, "of_row")][rows - 1]) + 1 if rows else 0


def _check_presentations(file: h5py.File, clock: int, rows: int) -> None:
    """Refuse a file that lacks presentations of committed rows."""
    _check_held(file, presentations_path(clock, "of_row"), rows)
    count = committed_presentations(file, clock, rows)
    for name in ("start", "image", "label"):
        _check_held(file, presentations_path(clock, name), count, "presentations")


def _check_events(file: h5py.File, channel: Channel, rows: int) -> None:
    """Refuse a file that lacks spikes of committed rows."""
    path = spikes_path(channel.population, "until")
    _check_held(file, path, rows)
    count = int(np.max(file[path][rows - 1])) if rows else 0
    for name in ("timestamps", "node_ids"):
        _check_held(file, spikes_path(channel.population, f"events/{name}"), count, "spikes")


def chosen_encoding(file: h5py.File, channel: Channel) -> Encoding:
    """Return how the spikes of a channel are stored; "auto" before its first row."""
    if channel.encoding != "auto":
        return channel.encoding
    data = file[spikes_path(channel.population, "encoding")]
    data.refresh()
    number = int(data[0])
    require(number < len(ENCODINGS), f"its {data.name} is {number}, which is no encoding")
    return ENCODINGS[number]
