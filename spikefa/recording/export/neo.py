"""A recording as a neo Block, the input of elephant."""

from typing import Any

import numpy as np

from spikefa.recording.export.common import (
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


def to_neo(recording: Recording, steps: Steps = None) -> Any:
    """Return a `neo.Block`, the input of elephant; it is held in memory.

    It has one segment for each stretch without a missing step, named after its window. A segment
    has a `SpikeTrain` for each unit (annotated with ``population`` and ``unit``), an
    `AnalogSignal` for each variable of each population, and an `Epoch` of the images shown. If
    variables are of several streams, there is an epoch for each, and ``stream`` in the annotations
    says which belongs to which. An epoch is the recorded part of a presentation; ``onset`` is the
    time at which the presentation began.

    Parameters
    ----------
    recording : Recording
    steps : str or slice, optional
        The label of a window or a slice of absolute steps; by default all.

    Raises
    ------
    SpikefaError
        If neo is not installed (``pip install 'spikefa[export]'``), or there is no row.
    """
    neo = needed("neo")
    block = neo.Block(name=recording.path.name, file_origin=str(recording.path))
    block.annotate(**recording.provenance)
    for rows in stretches(recording, steps):
        block.segments.append(_segment(neo, recording, rows))
    block.check_relationships()
    return block


def _segment(neo: Any, recording: Recording, rows: slice) -> Any:
    """Return one segment of `rows`, which miss no step."""
    first, stop = int(recording.steps[rows.start]), int(recording.steps[rows.stop - 1]) + 1
    between = slice(first, stop)
    inside = [window.label for window in recording.windows if window.start <= first < window.stop]
    start_ms, stop_ms = (float(times(recording, step)) for step in (first, stop))
    segment = neo.Segment(name=inside[0] if inside else f"{first}:{stop}")
    for name in recorded(recording):
        found = steps_by_unit(recording, name, between)
        for unit, spikes in zip(recording.units(name).tolist(), found, strict=True):
            train = neo.SpikeTrain(
                times(recording, spikes), units="ms", t_start=start_ms, t_stop=stop_ms
            )
            train.name = f"{name}[{unit}]"
            train.annotate(population=name, unit=unit, stream=streams_of(recording, name).start)
            segment.spiketrains.append(train)
    for name, variable in traced(recording):
        signal = neo.AnalogSignal(
            recording.trace(name, variable, steps=between),
            units="dimensionless",
            t_start=start_ms * _ms(),
            sampling_period=float(times(recording, 1)) * _ms(),
            name=f"{name}/{variable}",
        )
        stream = streams_of(recording, name, variable).start
        signal.annotate(population=name, variable=variable, stream=stream)
        signal.array_annotate(unit=recording.units(name, variable))
        segment.analogsignals.append(signal)
    for stream, added in exported_streams(recording).items():
        segment.epochs.append(_shown(neo, recording, between, stream, f"images{added}"))
    return segment


def _ms() -> Any:
    return needed("quantities").ms


def _shown(neo: Any, recording: Recording, between: slice, stream: int, name: str) -> Any:
    """Return an epoch for each image that a stream saw; its label is the class."""
    shown = recording.presentations(steps=between, stream=stream)
    epoch = neo.Epoch(
        times=times(recording, recording.steps[shown.edges[:-1]]) * _ms(),
        durations=times(recording, np.diff(shown.edges)) * _ms(),
        labels=[str(label) for label in shown.label],
        name=name,
    )
    epoch.annotate(stream=stream)
    epoch.array_annotate(image=shown.image, onset=times(recording, shown.start) * _ms())
    return epoch
