"""Create the empty file. No dataset can be added once SWMR writing has begun."""

import hashlib
import importlib.metadata
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone

import h5py
import numpy as np
import torch

from spikefa.errors import SpikefaError
from spikefa.recording.format.schema import (
    BACKPRESSURE,
    BACKPRESSURE_PATH,
    CHUNK_ROWS,
    EPOCH,
    IMAGES,
    POPULATIONS,
    RECURRING,
    SORTING,
    SPIKES,
    STATUS_PATH,
    STREAMS,
    WRITER,
    WRITER_PATH,
    Layout,
    RecordedPopulation,
    clock_path,
    data_of,
    group_of,
    is_report,
    presentations_path,
    row_shape,
    spikes_path,
    stimulus_type,
    written_version,
)
from spikefa.recording.format.trigger_tables import write_triggers
from spikefa.recording.plan.channels import Channel
from spikefa.recording.plan.clocks import Clock
from spikefa.recording.plan.variables import Variables, population_size
from spikefa.utils.scalars import plain

Provenance = Mapping[str, str | int | float | bool]
DT, DT_UNITS = 1.0, "ms"
POTENTIAL_UNITS = "a.u."
UNITS = {"alignment": "degrees"}
CHUNK_BYTES = 1 << 22
"""Upper bound of a chunk, unless a single row is larger."""
CHUNK_EVENTS = 1 << 13
"""Spikes in one chunk."""
CHUNK_PRESENTATIONS = 1 << 8
"""Presentations in one chunk."""


def describe_populations(variables: Variables, n_classes: int) -> tuple[RecordedPopulation, ...]:
    """Describe the populations, which `variables` names in the order of the layers, input first."""
    last = len(variables) - 1
    found = []
    for layer, name in enumerate(variables):
        size = population_size(variables, name)
        role = "input" if layer == 0 else "output" if layer == last else "hidden"
        classes = n_classes if role == "output" else 0
        found.append(RecordedPopulation(name, layer=layer, role=role, size=size, n_classes=classes))
    return tuple(found)


def root_attributes(provenance: Provenance, n_classes: int) -> dict[str, str | int | float | bool]:
    """Return `provenance` with the versions and identifiers that spikefa adds."""
    attributes = {name: _storable(name, value) for name, value in provenance.items()}
    if "config_json" in attributes:
        digest = hashlib.sha256(str(attributes["config_json"]).encode()).hexdigest()
        attributes["config_sha256"] = digest
    return attributes | {
        "spikefa_schema": written_version(n_classes),
        "spikefa_version": _own_version(),
        "uuid": str(uuid.uuid4()),
        "created_utc": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "numpy_version": np.__version__,
        "h5py_version": h5py.__version__,
        "hdf5_version": h5py.version.hdf5_version,
        "torch_version": str(torch.__version__),
        "dt": DT,
        "dt_units": DT_UNITS,
        "time_convention": "k*dt",
    }


def as_written(layout: Layout) -> Layout:
    """Return the layout that a copy of a file has: it is always of the present format."""
    attributes = layout.attributes | {"spikefa_schema": written_version(layout.n_classes)}
    return replace(layout, attributes=attributes, inferred=False)


def _storable(name: str, value: object) -> str | int | float | bool:
    """Return `value` as HDF5 can store it, and as it can be read again."""
    value = plain(value)
    if isinstance(value, str):
        # HDF5 ends a string at a NUL, and cannot hold the lone surrogates of odd file names.
        return value.replace("\0", "").encode(errors="replace").decode()
    if isinstance(value, bool | float) or (isinstance(value, int) and -(2**63) <= value < 2**63):
        return value
    raise SpikefaError(
        f"provenance {name!r} is a {type(value).__name__}: "
        "give a str, int of 64 bits, float or bool"
    )


def _own_version() -> str:
    try:
        return importlib.metadata.version("spikefa")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def write_layout(file: h5py.File, layout: Layout) -> None:
    """Create all groups, datasets and attributes of a recording in an empty `file`."""
    for name, value in layout.attributes.items():
        _set(file, name, value)
    file.create_dataset(STATUS_PATH, data=np.zeros(1, "u1"))
    file.create_dataset(BACKPRESSURE_PATH, data=np.zeros(1, BACKPRESSURE))
    file.create_dataset(WRITER_PATH, data=np.zeros(1, WRITER))
    streams = file.create_dataset(STREAMS, data=np.array(layout.streams.numbers, "<u4"))
    _set(streams, "of", layout.streams.total)
    for number, clock in enumerate(layout.clocks):
        _write_clock(file, number, clock, layout.label)
        _write_presentations(file, number, clock, layout)
        if clock.triggers:
            write_triggers(file, number, clock, layout.channels_of(number), layout.shown)
    for population in layout.populations:
        group = file.create_group(f"{POPULATIONS}/{population.name}")
        group.create_dataset("node_ids", data=np.arange(population.size, dtype="<u8"))
        _set(group, "layer", population.layer)
        _set(group, "role", population.role)
        _set(group, "size", population.size)
        if population.n_classes:
            _set(group, "n_classes", population.n_classes)
    for channel in layout.channels:
        _write_channel(file, channel, layout.clocks[channel.clock])
    if any(channel.encoding != "packed" for channel in layout.channels):
        file.create_group(SPIKES)  # see Writer.close
    if layout.image_shape is not None:
        _growing(file, f"{IMAGES}/index", 64, (), "<u4")
        _growing(file, f"{IMAGES}/pixels", 16, layout.image_shape, "u1")


def _write_clock(file: h5py.File, number: int, clock: Clock, label: str) -> None:
    """Create the datasets that the channels of one clock share."""
    epochs = [(w.start, w.stop, w.label.encode(errors="replace")) for w in clock.windows]
    file.create_dataset(clock_path(number, "epochs"), data=np.array(epochs, EPOCH))
    recurring = [
        (each.start, each.length, each.period, each.label.encode(errors="replace"))
        for each in clock.recurring
    ]
    if recurring:
        file.create_dataset(clock_path(number, "recurring"), data=np.array(recurring, RECURRING))
    file.create_dataset(clock_path(number, "committed_steps"), data=np.zeros(1, "<u8"))
    rows = min(CHUNK_ROWS, clock.planned_rows)
    _growing(file, clock_path(number, "stimulus"), rows, (), stimulus_type(label))
    step = _growing(file, clock_path(number, "step"), rows, (), "<u8")
    _set(step, "every", clock.every)


def _write_presentations(file: h5py.File, number: int, clock: Clock, layout: Layout) -> None:
    """Create the table of the presentations that the rows of a clock belong to."""
    _set(file[clock_path(number, "stimulus")], "batch_index", layout.streams.default)
    rows, streams = min(CHUNK_PRESENTATIONS, clock.planned_rows), (len(layout.streams.numbers),)
    start = _growing(file, presentations_path(number, "start"), rows, (), "<u8")
    _set(start, "steps_per_image", layout.steps_per_image)
    _growing(file, presentations_path(number, "image"), rows, streams, "<u4")
    _growing(file, presentations_path(number, "label"), rows, streams, layout.label)
    rows = min(CHUNK_ROWS, clock.planned_rows)
    _growing(file, presentations_path(number, "of_row"), rows, (), "<u8")


def _set(item: h5py.HLObject, name: str, value: object) -> None:
    """Set an attribute; strings get a fixed length, see `untrusted.read_attributes`."""
    if isinstance(value, str):
        content = value.encode()
        item.attrs.create(name, content, dtype=h5py.string_dtype("utf-8", max(1, len(content))))
    else:
        item.attrs[name] = value


def _growing(
    file: h5py.File, path: str, rows: int, shape: tuple[int, ...], dtype: str | np.dtype
) -> h5py.Dataset:
    """Create a dataset without rows that can grow, in chunks of at most `rows` rows."""
    row_bytes = np.dtype(dtype).itemsize * int(np.prod(shape))
    rows = max(1, min(rows, CHUNK_BYTES // row_bytes))
    return file.create_dataset(
        path, shape=(0, *shape), maxshape=(None, *shape), chunks=(rows, *shape), dtype=dtype
    )


def _write_channel(file: h5py.File, channel: Channel, clock: Clock) -> None:
    """Create the group of one channel; the steps of its rows are a hard link to its clock's."""
    group = file.create_group(group_of(channel.population, channel.variable))
    group["step"] = file[clock_path(channel.clock, "step")]
    rows = min(CHUNK_ROWS, clock.planned_rows)
    if is_report(channel):
        _describe(_write_report(file, group, channel, rows), channel)
        return
    group.create_dataset("node_ids", data=channel.units.astype("<u8"))
    if channel.encoding != "events":
        shape, dtype = row_shape(channel)
        path = data_of(channel.population, channel.variable)
        data = _growing(file, path, rows, shape, dtype)
        _describe(data, channel)
        if channel.variable == "spikes":
            _set(data, "bitorder", "little")
    if channel.encoding != "packed":
        _describe(_write_events(file, channel, rows), channel)
    if channel.encoding == "auto":
        undecided = np.zeros(1, "u1")
        file.create_dataset(spikes_path(channel.population, "encoding"), data=undecided)


def _describe(data: h5py.Dataset, channel: Channel) -> None:
    """Set the attributes that describe the rows of a dataset."""
    _set(data, "batch_index", channel.stream)
    _set(data, "clock", channel.clock)
    if channel.batch:
        _set(data, "batch", channel.batch)
    if channel.elements:
        _set(data, "elements", channel.elements)
    if channel.states:
        _set(data, "states", channel.states)
    if channel.variable == "spikes":
        _set(data, "n_units", len(channel.units))
    else:
        _set(data, "units", UNITS.get(channel.variable, POTENTIAL_UNITS))


def _write_events(file: h5py.File, channel: Channel, rows: int) -> h5py.Dataset:
    """Create a SONATA spike population, and the counts that assign its spikes to rows."""
    events = file.create_group(spikes_path(channel.population, "events"))
    if not channel.batch:  # SONATA has no streams
        sorting = h5py.enum_dtype(SORTING, basetype="u1")
        events.attrs.create("sorting", SORTING["by_time"], dtype=sorting)
    timestamps = _growing(file, f"{events.name}/timestamps", CHUNK_EVENTS, (), "<f8")
    _set(timestamps, "units", DT_UNITS)
    _growing(file, f"{events.name}/node_ids", CHUNK_EVENTS, (), "<u8")
    until = spikes_path(channel.population, "until")
    return _growing(file, until, rows, (channel.batch,) if channel.batch else (), "<u8")


def _write_report(file: h5py.File, group: h5py.Group, channel: Channel, rows: int) -> h5py.Dataset:
    """Create a SONATA frame report, and link it under the name of an ordinary trace."""
    report = file.create_group(f"/report/{channel.population}")
    data = _growing(file, f"{report.name}/data", rows, (len(channel.units),), "<f4")
    mapping = write_mapping(report, channel.units, np.array([0.0, 0.0, DT]))
    group["value"] = data
    group["node_ids"] = mapping["node_ids"]
    return data


def write_mapping(report: h5py.Group, units: np.ndarray, time: np.ndarray) -> h5py.Group:
    """Describe the columns of a SONATA report, and the times of its rows: start, stop and dt."""
    mapping = report.create_group("mapping")
    mapping.create_dataset("node_ids", data=units.astype("<u8"))
    mapping.create_dataset("index_pointers", data=np.arange(len(units) + 1, dtype="<u8"))
    mapping["index_pointer"] = mapping["index_pointers"]  # the name that bmtk looks for
    mapping.create_dataset("element_ids", data=np.zeros(len(units), "<u4"))
    mapping.create_dataset("element_pos", data=np.zeros(len(units), "<f4"))
    mapping.create_dataset("time", data=time)
    _set(mapping["time"], "units", DT_UNITS)
    return mapping
