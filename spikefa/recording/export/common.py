"""Parts that all exports share: times, variables with their own steps, spikes by unit."""

import itertools
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spikefa.errors import SpikefaError, require
from spikefa.recording.read.recording import Recording
from spikefa.recording.read.selection import Steps
from spikefa.recording.read.series import Series, cut

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


def chosen(recording: Recording, steps: Steps) -> slice | None:
    """Return `steps` as absolute steps, the same for all variables; None for all.

    Raises
    ------
    SpikefaError
        If nothing was recorded there.
    """
    between = recording.span(steps)
    held, _ = recording.known_presentations(between)
    require(len(held) > 0, f"{recording.path} holds no such steps: nothing to export")
    return between


def recorded(recording: Recording, between: slice | None = None) -> list[Series]:
    """Return the spikes of each population that were read in these steps, input first."""
    return [each for each in _held(recording, between) if each.channel.variable == "spikes"]


def traced(recording: Recording, between: slice | None = None) -> list[Series]:
    """Return all other variables that were read in these steps."""
    return [each for each in _held(recording, between) if each.channel.variable != "spikes"]


def _held(recording: Recording, between: slice | None) -> list[Series]:
    names = list(recording.populations)
    channels = sorted(recording.layout.channels, key=lambda each: names.index(each.population))
    series = [recording.series(each.population, each.variable) for each in channels]
    return [each for each in series if each.runs(between)]


def exported_streams(recording: Recording) -> dict[int, str]:
    """Return the streams that are exported, each with what to add to the name of its stimulus."""
    streams = recording.layout.main_streams
    return {number: f" of stream {number}" if len(streams) > 1 else "" for number in streams}


def stream_of(recording: Recording, series: Series) -> int:
    """Return the stream that an exported variable is of: the first, if streams share it."""
    return recording.layout.streams.behind(series.channel).start


def observed(series: Series, between: slice | None) -> np.ndarray:
    """Return start and stop of each stretch of steps that was read, int64 [stretches, 2].

    A variable that was read every k steps was not observed in between, so each of its steps is a
    stretch.
    """
    return _ends(series.steps, series.runs(between, apart=1), 1)


def regular(series: Series, between: slice | None) -> np.ndarray:
    """Return start and stop, int64 [runs, 2], of the runs whose steps lie `every` apart.

    A run ends `every` steps after its last reading, unless the next one begins before.
    """
    found = _ends(series.steps, series.runs(between), series.every)
    found[:-1, 1] = np.minimum(found[:-1, 1], found[1:, 0])
    return found


def stretches(steps: np.ndarray) -> np.ndarray:
    """Return start and stop of each stretch without a gap of some steps, int64 [stretches, 2]."""
    return _ends(steps, cut(slice(0, len(steps)), np.diff(steps) != 1), 1)


def _ends(steps: np.ndarray, runs: Sequence[slice], length: int) -> np.ndarray:
    pairs = [(steps[run.start], steps[run.stop - 1] + length) for run in runs]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def steps_by_unit(series: Series, between: slice | None) -> list[np.ndarray]:
    """Return the absolute steps, int64 and ascending, at which each recorded unit spiked."""
    rows, columns = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for part, spikes in series.blocks(steps=between):
        row, column = np.nonzero(spikes)
        rows.append(row + part.start)
        columns.append(column)
    column = np.concatenate(columns)
    order = np.argsort(column, kind="stable")  # of one unit, the steps stay in order
    step = series.steps[np.concatenate(rows)[order]]
    ends = np.searchsorted(column[order], np.arange(len(series.units) + 1))
    return [step[first:last] for first, last in itertools.pairwise(ends)]
