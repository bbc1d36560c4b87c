"""A recording as objects of pynapple."""

from typing import Any

import numpy as np

from spikefa.recording.export.common import (
    SECONDS_PER_MS,
    chosen,
    exported_streams,
    needed,
    observed,
    recorded,
    regular,
    steps_by_unit,
    stretches,
    times,
    traced,
)
from spikefa.recording.read.recording import Recording
from spikefa.recording.read.selection import Steps
from spikefa.recording.read.series import Series


def to_pynapple(recording: Recording, steps: Steps = None) -> dict[str, Any]:
    """Return objects of pynapple by name; they are held in memory, with times in seconds.

    There is a `TsGroup` for each population (``"hidden1"``, its keys the numbers of the neurons), a
    `TsdFrame` for each other variable (``"hidden1/potential"``), and one for the stimulus
    (``"stimulus"``, columns image and label; if variables are of several streams, ``"stimulus of
    stream 3"`` and so on, and `Recording.stream_of` says which belongs to which). The time support
    of spikes is the steps at which they were read, so rates are right; that of another variable is
    its windows, without the gaps between them. What was not read in these steps is left out.

    Parameters
    ----------
    recording : Recording
    steps : str or slice, optional
        The label of a window or a slice of absolute steps; by default all.

    Raises
    ------
    SpikefaError
        If pynapple is not installed (``pip install 'spikefa[export]'``), or there is no row.
    """
    nap = needed("pynapple")
    between = chosen(recording, steps)
    found: dict[str, Any] = {
        _name(each): _spikes(nap, recording, each, between) for each in recorded(recording, between)
    }
    for each in traced(recording, between):
        found[f"{each.channel.population}/{each.channel.variable}"] = nap.TsdFrame(
            t=_seconds(recording, each.steps[each.rows(between)]),
            d=each.values(steps=between),
            columns=each.units,
            time_support=_support(nap, recording, regular(each, between)),
        )
    for stream, added in exported_streams(recording).items():
        at, shown = recording.known_presentations(between, stream)
        columns = np.column_stack([shown.image, shown.label])
        found[f"stimulus{added}"] = nap.TsdFrame(
            t=_seconds(recording, at),
            d=columns.repeat(np.diff(shown.edges), axis=0),
            columns=["image", "label"],
            time_support=_support(nap, recording, stretches(at)),
        )
    return found


def _name(series: Series) -> str:
    """Return the name of the spikes of a population, which may be called as the stimulus is."""
    population = series.channel.population
    return population if population != "stimulus" else "stimulus/spikes"


def _seconds(recording: Recording, steps: np.ndarray) -> np.ndarray:
    return times(recording, steps) / SECONDS_PER_MS


def _support(nap: Any, recording: Recording, ends: np.ndarray) -> Any:
    """Return an `IntervalSet` of the ends of stretches of steps, int64 [stretches, 2]."""
    start, end = _seconds(recording, ends).T
    return nap.IntervalSet(start=start, end=end)


def _spikes(nap: Any, recording: Recording, series: Series, between: slice | None) -> Any:
    """Return a `TsGroup` of the spikes of one population."""
    support = _support(nap, recording, observed(series, between))
    trains = {
        unit: nap.Ts(t=_seconds(recording, each), time_support=support)
        for unit, each in zip(series.units.tolist(), steps_by_unit(series, between), strict=True)
    }
    return nap.TsGroup(trains, time_support=support)
