"""A recording as a file of Neurodata Without Borders."""

import itertools
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spikefa.recording.export.common import (
    SECONDS_PER_MS,
    check_new,
    exported_streams,
    needed,
    recorded,
    steps_by_unit,
    streams_of,
    stretches,
    times,
    traced,
)
from spikefa.recording.read.recording import Recording
from spikefa.recording.read.selection import Steps
from spikefa.utils.files import written_whole


def to_nwb(recording: Recording, path: str | Path, steps: Steps = None) -> None:
    """Write a file of Neurodata Without Borders, with times in seconds.

    It has ``units`` with spike times, ``population`` and ``node_id``, observed in the stretches
    that were recorded; ``trials``, the images shown, from their first to their last recorded step,
    with ``onset``, the time at which the presentation began; and ``acquisition``, the traces. Units
    and trials have a ``stream``, since variables may be of several streams, each of which sees its
    own images. All of it is held in memory first, because NWB stores the spikes of one unit
    together.

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
    parts = stretches(recording, steps)
    nwb = pynwb.NWBFile(
        session_description=f"simulated by spikefa, recorded in {recording.path.name}",
        identifier=str(recording.provenance.get("uuid", recording.path.name)),
        session_start_time=_created(recording),
        source_script="spikefa",
        source_script_file_name="Recording.to_nwb",
    )
    _add_units(nwb, recording, parts, steps)
    _add_shown(nwb, recording, parts)
    _add_traces(nwb, pynwb, recording, steps)
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


def _ends(recording: Recording, rows: slice) -> np.ndarray:
    """Return start and stop of some rows in seconds, float64 [2]."""
    return _seconds(recording, [recording.steps[rows.start], recording.steps[rows.stop - 1] + 1])


def _add_units(nwb: Any, recording: Recording, parts: list[slice], steps: Steps) -> None:
    nwb.add_unit_column("population", "name of the population in the network")
    nwb.add_unit_column("node_id", "number of the neuron in its population, from 0")
    nwb.add_unit_column("stream", "member of the batch")
    observed = np.array([_ends(recording, rows) for rows in parts])
    for name in recorded(recording):
        spikes = steps_by_unit(recording, name, steps)
        for unit, each in zip(recording.units(name).tolist(), spikes, strict=True):
            nwb.add_unit(
                spike_times=_seconds(recording, each),
                obs_intervals=observed,
                population=name,
                node_id=unit,
                stream=streams_of(recording, name).start,
            )


def _add_shown(nwb: Any, recording: Recording, parts: list[slice]) -> None:
    """Add a trial for each image that was shown, to each stream."""
    nwb.add_trial_column("image", "index of the image in the data set")
    nwb.add_trial_column("label", "its class")
    nwb.add_trial_column("onset", "when its presentation began, recorded or not, in seconds")
    nwb.add_trial_column("stream", "the member of the batch that saw it")
    for rows, stream in itertools.product(parts, exported_streams(recording)):
        between = slice(*recording.steps[[rows.start, rows.stop - 1]] + (0, 1))
        shown = recording.presentations(steps=between, stream=stream)
        for number, (first, last) in enumerate(itertools.pairwise(shown.edges)):
            start, stop = _ends(recording, slice(first, last))
            nwb.add_trial(
                start_time=start,
                stop_time=stop,
                image=int(shown.image[number]),
                label=int(shown.label[number]),
                onset=float(_seconds(recording, shown.start[number])),
                stream=stream,
            )


def _add_traces(nwb: Any, pynwb: Any, recording: Recording, steps: Steps) -> None:
    at = _seconds(recording, recording.steps[recording.rows(steps)])
    for name, variable in traced(recording):
        units = ", ".join(map(str, recording.units(name, variable)))
        series = pynwb.TimeSeries(
            name=f"{name} {variable}",
            data=recording.trace(name, variable, steps=steps),
            unit="a.u.",
            timestamps=at,
            description=f"{variable} of {name}; the columns are the neurons {units}",
        )
        nwb.add_acquisition(series)
