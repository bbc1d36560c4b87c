"""Spikes as a SONATA file, which libsonata, bmtk and others open.

Format: https://github.com/AllenInstitute/sonata/blob/master/docs/SONATA_DEVELOPER_GUIDE.md,
"Spike file". libsonata requires that `sorting` is an HDF5 enum and not a string, that `timestamps`
has units, and that nothing is compressed.
"""

from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from spikefa.errors import require
from spikefa.recording.export.common import check_new, chosen, recorded, times
from spikefa.recording.format.schema import SORTING
from spikefa.recording.read.recording import Recording
from spikefa.recording.read.selection import Steps
from spikefa.recording.read.series import Series
from spikefa.utils.files import written_whole

MAGIC, VERSION = 0x0A7A, (0, 1)
CHUNK_SPIKES = 1 << 16


def to_sonata(
    recording: Recording,
    path: str | Path,
    populations: Sequence[str] | None = None,
    steps: Steps = None,
) -> None:
    """Write the spikes as a SONATA spike file, for libsonata, bmtk and others.

    It has ``/spikes/<population>/timestamps`` in ms, sorted by time, and ``node_ids``. It is
    written block by block, so the recording may be larger than memory. The recording itself is a
    SONATA report of potentials, whose times are right in its first window; `to_sonata_report`
    writes one window.

    Parameters
    ----------
    recording : Recording
    path : path-like
        The file to make; an existing file is never overwritten.
    populations : sequence of str, optional
        By default all whose spikes were recorded.
    steps : str or slice, optional
        The label of a window or a slice of absolute steps; by default all.

    Raises
    ------
    SpikefaError
        If the file exists, or there is nothing to write.
    """
    path = check_new(path)
    between = chosen(recording, steps)
    found = recorded(recording, between)
    if populations is not None:
        found = [recording.series(name) for name in populations]
        for series in found:
            series.some_rows(between)
    require(len(found) > 0, f"{recording.path} holds no spikes there: nothing to export")
    with written_whole(path) as temporary, h5py.File(temporary, "x") as file:
        file.attrs["magic"] = np.uint32(MAGIC)
        file.attrs["version"] = np.array(VERSION, np.uint32)
        for series in found:
            group = file.create_group(f"spikes/{series.channel.population}")
            _write_population(recording, group, series, between)


def _write_population(
    recording: Recording, group: h5py.Group, series: Series, between: slice | None
) -> None:
    """Write the spikes block by block, ordered by time and, within a step, by unit."""
    kind = h5py.enum_dtype(SORTING, basetype="u1")
    group.attrs.create("sorting", SORTING["by_time"], dtype=kind)
    growing = {"shape": (0,), "maxshape": (None,), "chunks": (CHUNK_SPIKES,)}
    timestamps = group.create_dataset("timestamps", dtype="<f8", **growing)
    timestamps.attrs["units"] = "ms"
    node_ids = group.create_dataset("node_ids", dtype="<u8", **growing)
    for part, spikes in series.blocks(steps=between):
        row, column = np.nonzero(spikes)
        held = len(timestamps)
        for data, values in (
            (timestamps, times(recording, series.steps[part][row])),
            (node_ids, series.units[column]),
        ):
            data.resize(held + len(values), axis=0)
            data[held:] = values
