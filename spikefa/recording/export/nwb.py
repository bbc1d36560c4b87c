"""A recording as a file of Neurodata Without Borders."""

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spikefa.recording.export.common import (
    SECONDS_PER_MS,
    check_new,
    chosen,
    exported_streams,
    needed,
    observed,
    recorded,
    steps_by_unit,
    stream_of,
    times,
    traced,
)
from spikefa.recording.read.recording import Recording
from spikefa.recording.read.selection import Steps
from spikefa.utils.files import written_whole


def to_nwb(recording: Recording, path: str | Path, steps: Steps = None) -> None:
    """Write a file of Neurodata Without Borders, with times in seconds.

    It has ``units`` with spike times, ``population`` and ``node_id``, observed in the stretches
    in which their spikes were read; ``trials``, the images shown, from their first to their last
    recorded step, with ``onset``, the time at which the presentation began; and ``acquisition``,
    the other variables with the times at which they were read. Units and trials have a ``stream``,
    since variables may be of several streams, each of which sees its own images. Without spikes
    there are no ``units``. All of it is held in memory first, because NWB stores the spikes of one
    unit together.

    Parameters
    ----------
    recording : Recording
    path : path-like
        The file to make; an existing file is never overwritten.
    steps : str or slice, optional
        The label of a window or a slice of absolute steps; by default all.

    Raises
    ------
    SpikefaError
        If the file exists, pynwb is not installed (``pip install 'spikefa[export]'``), or there
        is no row.
    """
    pynwb = needed("pynwb")
    path = check_new(path)
    between = chosen(recording, steps)
    nwb = pynwb.NWBFile(
        session_description=f"simulated by spikefa, recorded in {recording.path.name}",
        identifier=str(recording.provenance.get("uuid", recording.path.name)),
        session_start_time=_created(recording),
        source_script="spikefa",
        source_script_file_name="Recording.to_nwb",
    )
    _add_units(nwb, recording, between)
    _add_shown(nwb, recording, between)
    _add_traces(nwb, pynwb, recording, between)
    with written_whole(path) as temporary, pynwb.NWBHDF5IO(str(temporary), "w") as file:
        file.write(nwb)


def _created(recording: Recording) -> datetime:
    """Return when the recording was made; a damaged file says 1970."""
    try:
        created = datetime.fromisoformat(str(recording.provenance.get("created_utc")))
    except ValueError:
        created = datetime.fromtimestamp(0, timezone.utc)
    return created if created.tzinfo is not None else created.replace(tzinfo=timezone.utc)


def _seconds(recording: Recording, steps: ArrayLike) -> np.ndarray:
    return times(recording, steps) / SECONDS_PER_MS


def _add_units(nwb: Any, recording: Recording, between: slice | None) -> None:
    """Add the units of all populations; none if no spikes were read."""
    populations = recorded(recording, between)
    if populations:  # a table without rows cannot be written
        nwb.add_unit_column("population", "name of the population in the network")
        nwb.add_unit_column("node_id", "number of the neuron in its population, from 0")
        nwb.add_unit_column("stream", "member of the batch")
    for series in populations:
        stretches = _seconds(recording, observed(series, between))
        spikes = steps_by_unit(series, between)
        for unit, each in zip(series.units.tolist(), spikes, strict=True):
            nwb.add_unit(
                spike_times=_seconds(recording, each),
                obs_intervals=stretches,
                population=series.channel.population,
                node_id=unit,
                stream=stream_of(recording, series),
            )


def _add_shown(nwb: Any, recording: Recording, between: slice | None) -> None:
    """Add a trial for each image that was shown, to each stream."""
    nwb.add_trial_column("image", "index of the image in the data set")
    nwb.add_trial_column("label", "its class")
    nwb.add_trial_column("onset", "when its presentation began, recorded or not, in seconds")
    nwb.add_trial_column("stream", "the member of the batch that saw it")
    for stream in exported_streams(recording):
        steps, shown = recording.known_presentations(between, stream)
        start = _seconds(recording, steps[shown.edges[:-1]])
        stop = _seconds(recording, steps[shown.edges[1:] - 1] + 1)
        onset = _seconds(recording, shown.start)
        for number in range(len(shown)):
            nwb.add_trial(
                start_time=start[number],
                stop_time=stop[number],
                image=int(shown.image[number]),
                label=int(shown.label[number]),
                onset=onset[number],
                stream=stream,
            )


def _add_traces(nwb: Any, pynwb: Any, recording: Recording, between: slice | None) -> None:
    for each in traced(recording, between):
        population, variable = each.channel.population, each.channel.variable
        units = ", ".join(map(str, each.units))
        series = pynwb.TimeSeries(
            name=f"{population} {variable}",
            data=each.values(steps=between),
            unit="a.u.",
            timestamps=_seconds(recording, each.steps[each.rows(between)]),
            description=f"{variable} of {population}; the columns are the neurons {units}",
        )
        nwb.add_acquisition(series)
