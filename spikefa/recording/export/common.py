"""Parts that all exports share: times, stretches without gaps, spikes by unit."""

import itertools
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spikefa.errors import SpikefaError, require
from spikefa.recording.read.recording import Recording
from spikefa.recording.read.selection import Steps

SECONDS_PER_MS = 1000.0
"""Times are divided by it; multiplication by 0.001 would change the last digit."""


def needed(module: str) -> Any:
    """Import an optional library.

    Raises
    ------
    SpikefaError
        If it is not installed; the message says how to mend it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        name = module.partition(".")[0]
        raise SpikefaError(
            f"this export needs {name}, which cannot be imported ({error}): "
            "pip install 'spikefa[export]'"
        ) from error


def check_new(path: str | Path) -> Path:
    """Return `path`; refuse to overwrite an existing file."""
    path = Path(path)
    require(not path.exists(), f"{path} exists already: move it or give another name")
    return path


def times(recording: Recording, steps: ArrayLike) -> np.ndarray:
    """Return the times of absolute `steps`, ``k * dt``, float64 in ms."""
    dt, units = recording.provenance.get("dt"), recording.provenance.get("dt_units")
    if not isinstance(dt, float) or not 0 < dt < float("inf") or units != "ms":
        raise SpikefaError(
            f"{recording.path} says that a step lasts {dt!r} {units!r}, not a number of ms"
        )
    return np.asarray(steps) * dt


def recorded(recording: Recording) -> list[str]:
    """Return the populations whose spikes were recorded, input first."""
    return [name for name in recording.populations if "spikes" in recording.variables(name)]


def traced(recording: Recording) -> list[tuple[str, str]]:
    """Return population and variable of all traces."""
    names = [(channel.population, channel.variable) for channel in recording.layout.channels]
    return [pair for pair in names if pair[1] != "spikes"]


def stretches(recording: Recording, steps: Steps) -> list[slice]:
    """Return the rows of `steps` as slices, cut wherever steps are missing.

    Raises
    ------
    SpikefaError
        If there are no rows.
    """
    rows = recording.rows(steps)
    require(rows.stop > rows.start, f"{recording.path} holds no such steps: nothing to export")
    cut = np.diff(recording.steps[rows]) != 1
    edges = [rows.start, *(rows.start + 1 + np.flatnonzero(cut)).tolist(), rows.stop]
    return [slice(start, stop) for start, stop in itertools.pairwise(edges)]


def exported_streams(recording: Recording) -> dict[int, str]:
    """Return the streams that are exported, each with what to add to the name of its stimulus."""
    streams = recording.layout.main_streams
    return {number: f" of stream {number}" if len(streams) > 1 else "" for number in streams}


def streams_of(recording: Recording, population: str, variable: str = "spikes") -> range:
    """Return the streams that an exported variable is of: one, unless streams share it."""
    return recording.layout.streams.behind(recording.channel(population, variable))


def steps_by_unit(recording: Recording, population: str, steps: Steps) -> list[np.ndarray]:
    """Return the absolute steps, int64 and ascending, at which each recorded unit spiked."""
    rows, columns = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for part, spikes in recording.blocks(population, steps=steps):
        row, column = np.nonzero(spikes)
        rows.append(row + part.start)
        columns.append(column)
    column = np.concatenate(columns)
    order = np.argsort(column, kind="stable")  # of one unit, the steps stay in order
    step = recording.steps[np.concatenate(rows)[order]]
    ends = np.searchsorted(column[order], np.arange(len(recording.units(population)) + 1))
    return [step[first:last] for first, last in itertools.pairwise(ends)]
