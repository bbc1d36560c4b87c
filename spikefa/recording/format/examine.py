"""Read the layout of a file, and check every part of it."""

import math
from collections.abc import Sequence

import h5py
import numpy as np

from spikefa.errors import SpikefaError, require
from spikefa.recording.format.examine_clocks import read_clock
from spikefa.recording.format.schema import (
    CLOCKS,
    IMAGES,
    POPULATIONS,
    ROLES,
    STATUS_PATH,
    STREAMS,
    Layout,
    RecordedPopulation,
    check_version,
    clock_path,
    data_of,
    group_of,
    label_type,
    presentations_path,
    row_shape,
    spikes_path,
    stimulus_type,
)
from spikefa.recording.format.untrusted import (
    check_rows,
    check_stored,
    dataset,
    inside,
    read_attributes,
    stored_integer,
    whole,
)
from spikefa.recording.plan.channels import Channel
from spikefa.recording.plan.probes import Encoding
from spikefa.recording.plan.streams import Streams
from spikefa.utils.names import check_name
from spikefa.utils.printable import one_line
from spikefa.utils.ranges import MOST_CLASSES

FIRST = "1.0"
"""The format that held what one stream saw, and no boundaries of presentations."""

MOST_NEURONS = 1 << 40
"""More than fits anywhere, and neurons times classes still fits into 64 bits."""

MOST_ROW_BYTES = 1 << 32
"""HDF5 has no larger chunks, and a row is not divided."""


def read_layout(file: h5py.File) -> Layout:
    """Read everything in a file except its rows.

    Raises
    ------
    SpikefaError
        If something is missing or does not agree with the format.
    """
    attributes = read_attributes(file)
    require("spikefa_schema" in attributes, "it has no format version: spikefa did not write it")
    check_version(attributes["spikefa_schema"])
    dataset(file, STATUS_PATH, "u1", 1)
    populations = _read_populations(file)
    label = label_type(max((each.n_classes for each in populations), default=0))
    numbers = range(1 + len(_members(file, CLOCKS)))
    clocks = tuple(read_clock(file, number, label) for number in numbers)
    sizes = {population.name: population.size for population in populations}
    channels = tuple(
        _read_channel(file, population, variable, sizes) for population, variable in _recorded(file)
    )
    for channel in channels:
        require(channel.clock < len(clocks), f"it has no clock {channel.clock}")
    inferred = attributes["spikefa_schema"] == FIRST
    streams = _former_streams(channels) if inferred else _read_streams(file, label)
    steps = 0 if inferred else _read_presentations(file, len(clocks), len(streams.numbers), label)
    return Layout(
        populations=populations,
        channels=channels,
        clocks=clocks,
        streams=streams,
        steps_per_image=steps,
        inferred=inferred,
        image_shape=_image_shape(file),
        attributes=attributes,
    )


def _read_streams(file: h5py.File, label: str) -> Streams:
    """Return the streams whose stimulus was recorded."""
    numbers = whole(file, STREAMS, "<u4").tolist()
    total = stored_integer(read_attributes(file[STREAMS]), "of", 0)
    path = clock_path(0, "stimulus")
    shown = read_attributes(dataset(file, path, stimulus_type(label), 1))
    default = stored_integer(shown, "batch_index", 0)
    require(
        numbers == sorted(set(numbers)) and default in numbers and total >= 0,
        f"the numbers in its {STREAMS} are not ascending, or {default} is not among them",
    )
    return Streams(tuple(numbers), total, default)


def _former_streams(channels: Sequence[Channel]) -> Streams:
    """Return the one stream whose stimulus a file of format 1.0 holds.

    It was the stream of all variables, or the first if they were of several. Variables that all
    streams share do not count.
    """
    former = Streams((0,), 0, 0)
    read = {channel.stream for channel in channels if not former.is_shared(channel)}
    only = read.pop() if len(read) == 1 else 0
    return Streams((only,), 0, only)


def _read_presentations(file: h5py.File, clocks: int, streams: int, label: str) -> int:
    """Check the tables of presentations; return the steps of a presentation, 0 if unknown."""
    steps = 0
    for clock in range(clocks):
        start = dataset(file, presentations_path(clock, "start"), "<u8", 1)
        dataset(file, presentations_path(clock, "of_row"), "<u8", 1)
        check_rows(file, presentations_path(clock, "image"), (streams,), "<u4")
        check_rows(file, presentations_path(clock, "label"), (streams,), label)
        steps = stored_integer(read_attributes(start), "steps_per_image", 0)
        require(steps >= 0, f"its images are shown for {steps} steps")
    return steps


def _read_populations(file: h5py.File) -> tuple[RecordedPopulation, ...]:
    group = inside(file, POPULATIONS)
    require(isinstance(group, h5py.Group) and len(group) > 0, f"it has no {POPULATIONS}")
    found = []
    for name in group:
        check_name("population", name)
        found.append(_read_population(file, name))
    return tuple(sorted(found, key=lambda population: population.layer))


def _read_population(file: h5py.File, name: str) -> RecordedPopulation:
    path = f"{POPULATIONS}/{name}"
    group = inside(file, path)
    require(isinstance(group, h5py.Group), f"its {path} is not a group")
    attributes = read_attributes(group)
    layer, size = stored_integer(attributes, "layer"), stored_integer(attributes, "size")
    n_classes, role = stored_integer(attributes, "n_classes", 0), attributes.get("role")
    require(
        0 < size <= MOST_NEURONS and 0 <= n_classes <= MOST_CLASSES,
        f"its population {name!r} has {size} neurons for {n_classes} classes",
    )
    if role not in ROLES:
        raise SpikefaError(f"the role of its population {name!r} is {one_line(repr(role), 60)}")
    node_ids = dataset(file, f"{path}/node_ids", "<u8", 1)
    require(len(node_ids) == size, f"its {path}/node_ids are {len(node_ids)} numbers, not {size}")
    check_stored(node_ids, size)
    return RecordedPopulation(name, layer=layer, role=role, size=size, n_classes=n_classes)


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
    encoding = _read_encoding(file, population) if variable == "spikes" else "packed"
    path = data_of(population, variable)
    if encoding == "events":
        path = spikes_path(population, "until")
    if population not in sizes:
        raise SpikefaError(f"it has {path}, but no population {population!r}")
    found = inside(file, path)
    require(isinstance(found, h5py.Dataset), f"it has no {path}")
    attributes = read_attributes(found)
    stream = stored_integer(attributes, "batch_index")
    names = ("batch", "clock", "elements", "states")
    batch, clock, elements, states = (stored_integer(attributes, name, 0) for name in names)
    numbers = stream, batch, clock, elements, states
    require(min(numbers) >= 0, f"the attributes of its {path} are negative")
    size = elements or sizes[population]
    node_ids = whole(file, f"{group_of(population, variable)}/node_ids", "<u8")
    ascending = bool((node_ids[1:] > node_ids[:-1]).all())
    require(
        len(node_ids) > 0 and ascending and int(node_ids[-1]) < size,
        f"the units of its {path} are not ascending numbers below {size}",
    )
    channel = Channel(
        population=population,
        variable=variable,
        units=node_ids.astype(np.int64),
        stream=stream,
        batch=batch,
        clock=clock,
        elements=elements,
        encoding=encoding,
        states=states,
    )
    _check_storage(file, channel, path)
    return channel


def _check_storage(file: h5py.File, channel: Channel, path: str) -> None:
    """Refuse a channel whose datasets are not what its description says."""
    shape, dtype = row_shape(channel)
    require(
        math.prod(shape) * np.dtype(dtype).itemsize < MOST_ROW_BYTES,
        f"the rows of its {path} are larger than HDF5 can store",
    )
    if channel.encoding != "events":
        check_rows(file, path, shape, dtype)
    if channel.encoding != "packed":
        until = spikes_path(channel.population, "until")
        check_rows(file, until, (channel.batch,) if channel.batch else (), "<u8")


def _read_encoding(file: h5py.File, population: str) -> Encoding:
    """Return the encoding that the datasets in the file are made for; "auto" if for both."""
    if inside(file, spikes_path(population, "encoding")) is not None:
        require(
            dataset(file, spikes_path(population, "encoding"), "u1", 1).shape == (1,),
            f"its {spikes_path(population, 'encoding')} is not a single number",
        )
        encoding: Encoding = "auto"
    elif inside(file, spikes_path(population, "until")) is not None:
        encoding = "events"
    else:
        return "packed"
    for name, dtype in (("timestamps", "<f8"), ("node_ids", "<u8")):
        dataset(file, spikes_path(population, f"events/{name}"), dtype, 1)
    return encoding


def _image_shape(file: h5py.File) -> tuple[int, int] | None:
    if inside(file, IMAGES) is None:
        return None
    dataset(file, f"{IMAGES}/index", "<u4", 1)
    _, height, width = dataset(file, f"{IMAGES}/pixels", "u1", 3).shape
    require(0 < height * width < MOST_ROW_BYTES, f"its images have {height} x {width} pixels")
    return int(height), int(width)
