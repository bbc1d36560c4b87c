"""Spikes as a SONATA file, which libsonata, bmtk and others open.

Format: https://github.com/AllenInstitute/sonata/blob/master/docs/SONATA_DEVELOPER_GUIDE.md,
"Spike file". What decides whether libsonata opens it: `sorting` is an HDF5 enum and not a string,
`timestamps` has its units, and nothing is compressed.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np

from spikefa.recording.export.common import check_new, recorded, stretches, times
from spikefa.utils.files import written_whole

if TYPE_CHECKING:
    from spikefa.recording.read.contents import Steps
    from spikefa.recording.read.reader import Recording

MAGIC, VERSION = 0x0A7A, (0, 1)
SORTING = {"none": 0, "by_id": 1, "by_time": 2}
CHUNK_SPIKES = 1 << 16


def write_sonata(
    recording: "Recording",
    path: str | Path,
    populations: Sequence[str] | None = None,
    steps: "Steps" = None,
) -> None:
    """Write the spikes of `populations` to a new file; `Recording.to_sonata` says more."""
    path = check_new(path)
    stretches(recording, steps)
    names = recorded(recording) if populations is None else list(populations)
    for name in names:
        recording.channel(name, "spikes")
    with written_whole(path) as temporary, h5py.File(temporary, "x") as file:
        file.attrs["magic"] = np.uint32(MAGIC)
        file.attrs["version"] = np.array(VERSION, np.uint32)
        for name in names:
            _write_population(recording, file.create_group(f"spikes/{name}"), name, steps)


def _write_population(
    recording: "Recording", group: h5py.Group, population: str, steps: "Steps"
) -> None:
    """Write the spikes in the order of time and, within a step, of the units, block by block."""
    kind = h5py.enum_dtype(SORTING, basetype="u1")
    group.attrs.create("sorting", SORTING["by_time"], dtype=kind)
    growing = {"shape": (0,), "maxshape": (None,), "chunks": (CHUNK_SPIKES,)}
    timestamps = group.create_dataset("timestamps", dtype="<f8", **growing)
    timestamps.attrs["units"] = "ms"
    node_ids = group.create_dataset("node_ids", dtype="<u8", **growing)
    units = recording.units(population)
    for part, spikes in recording.blocks(population, steps=steps):
        row, column = np.nonzero(spikes)
        held = len(timestamps)
        for data, values in (
            (timestamps, times(recording, recording.steps[part][row])),
            (node_ids, units[column]),
        ):
            data.resize(held + len(values), axis=0)
            data[held:] = values
