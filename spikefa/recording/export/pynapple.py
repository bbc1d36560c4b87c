"""A recording as objects of pynapple."""

from typing import Any

import numpy as np

from spikefa.recording.export.common import (
    SECONDS_PER_MS,
    exported_streams,
    needed,
    recorded,
    steps_by_unit,
    stretches,
    times,
    traced,
)
from spikefa.recording.read.recording import Recording
from spikefa.recording.read.selection import Steps


def to_pynapple(recording: Recording, steps: Steps = None) -> dict[str, Any]:
    """Return objects of pynapple by name; they are held in memory, with times in seconds.

    There is a `TsGroup` for each population (``"hidden1"``, its keys the numbers of the neurons), a
    `TsdFrame` for each trace (``"hidden1/potential"``), and one for the stimulus (``"stimulus"``,
    columns image and label; if variables are of several streams, ``"stimulus of stream 3"`` and so
    on, and `Recording.stream_of` says which belongs to which). Their time support is the recorded
    steps, without the gaps.

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
    rows = recording.rows(steps)
    parts = stretches(recording, steps)
    edges = np.array([[recording.steps[p.start], recording.steps[p.stop - 1] + 1] for p in parts])
    seconds = times(recording, edges) / SECONDS_PER_MS
    support = nap.IntervalSet(start=seconds[:, 0], end=seconds[:, 1])
    found: dict[str, Any] = {
        name if name != "stimulus" else "stimulus/spikes": _spikes(
            nap, recording, name, steps, support
        )
        for name in recorded(recording)
    }
    at = times(recording, recording.steps[rows]) / SECONDS_PER_MS
    for name, variable in traced(recording):
        found[f"{name}/{variable}"] = nap.TsdFrame(
            t=at,
            d=recording.trace(name, variable, steps=steps),
            columns=recording.units(name, variable),
            time_support=support,
        )
    for stream, added in exported_streams(recording).items():
        presented = recording.presentations(steps=steps, stream=stream)
        lengths = np.diff(presented.edges)
        shown = np.column_stack([presented.image, presented.label]).repeat(lengths, axis=0)
        found[f"stimulus{added}"] = nap.TsdFrame(
            t=at, d=shown, columns=["image", "label"], time_support=support
        )
    return found


def _spikes(nap: Any, recording: Recording, population: str, steps: Steps, support: Any) -> Any:
    """Return a `TsGroup` of the spikes of one population."""
    spikes = steps_by_unit(recording, population, steps)
    trains = {
        unit: nap.Ts(t=times(recording, each) / SECONDS_PER_MS, time_support=support)
        for unit, each in zip(recording.units(population).tolist(), spikes, strict=True)
    }
    return nap.TsGroup(trains, time_support=support)
