"""A recording as a neo Block, the input of elephant."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from spikefa.recording.export.common import (
    chosen,
    exported_streams,
    needed,
    recorded,
    regular,
    steps_by_unit,
    stream_of,
    stretches,
    times,
    traced,
)
from spikefa.recording.read.recording import Recording
from spikefa.recording.read.selection import Steps
from spikefa.recording.read.series import Series


def to_neo(recording: Recording, steps: Steps = None) -> Any:
    """Return a `neo.Block`, the input of elephant; it is held in memory.

    It has one segment for each stretch of steps in which anything was recorded, named after its
    window. In a segment, a variable has its own start, stop and distance between readings:

    - a `SpikeTrain` for each unit, annotated with ``population``, ``unit`` and ``every``: bins of
      ``every * dt`` that begin at its start hold one reading each. A population that was read in
      parts of the segment has trains for each part;
    - an `AnalogSignal` for each other variable of a population, or an `IrregularlySampledSignal` if
      it was read in parts of the segment;
    - an `Epoch` of the images shown, each from its first to its last recorded step; ``onset`` is
      the time at which its presentation began.

    If variables are of several streams, there is an epoch for each of these, and ``stream`` in the
    annotations says which belongs to which.

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
    between = chosen(recording, steps)
    block = neo.Block(name=recording.path.name, file_origin=str(recording.path))
    block.annotate(**recording.provenance)
    series = [*recorded(recording, between), *traced(recording, between)]
    labels = _Labels(recording, series)
    for start, stop in _stretches(recording, series, between):
        segment = _segment(neo, recording, slice(start, stop))
        segment.name = labels.of(slice(start, stop))
        block.segments.append(segment)
    block.check_relationships()
    return block


def _stretches(
    recording: Recording, series: Sequence[Series], between: slice | None
) -> list[tuple[int, int]]:
    """Return start and stop of the stretches in which any variable was read."""
    parts = [
        stretches(recording.known_presentations(between)[0]),
        *(regular(each, between) for each in series),
    ]
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(np.concatenate(parts).tolist()):
        if merged and start <= merged[-1][1]:
            start, last = merged.pop()
            stop = max(stop, last)
        merged.append((start, stop))
    return merged


def _segment(neo: Any, recording: Recording, between: slice) -> Any:
    """Return one segment of some steps."""
    segment = neo.Segment()
    for series in recorded(recording, between):
        for start, stop in regular(series, between).tolist():
            segment.spiketrains.extend(_trains(neo, recording, series, slice(start, stop)))
    for series in traced(recording, between):
        signal = _signal(neo, recording, series, between)
        signal.name = f"{series.channel.population}/{series.channel.variable}"
        signal.annotate(population=series.channel.population, variable=series.channel.variable)
        signal.annotate(stream=stream_of(recording, series))
        signal.array_annotate(unit=series.units)
        regularly = isinstance(signal, neo.AnalogSignal)
        held = segment.analogsignals if regularly else segment.irregularlysampledsignals
        held.append(signal)
    for stream, added in exported_streams(recording).items():
        segment.epochs.append(_shown(neo, recording, between, stream, f"images{added}"))
    return segment


class _Labels:
    """Names segments after windows: those of the recording, before those of single probes.

    Parameters
    ----------
    recording : Recording
    series : sequence of Series
    """

    def __init__(self, recording: Recording, series: Sequence[Series]) -> None:
        windows = [*recording.windows, *(window for each in series for window in each.windows)]
        self._names = [window.label for window in windows]
        self._starts = np.array([window.start for window in windows], np.int64)
        self._stops = np.array([window.stop for window in windows], np.int64)

    def of(self, between: slice) -> str:
        """Return the name of the first window that holds the first of some steps."""
        inside = np.flatnonzero((self._starts <= between.start) & (between.start < self._stops))
        return self._names[inside[0]] if len(inside) else f"{between.start}:{between.stop}"


def _trains(neo: Any, recording: Recording, series: Series, between: slice) -> list[Any]:
    """Return a train of each unit, of steps that were all read."""
    ends = {"t_start": between.start, "t_stop": between.stop}
    limits = {name: float(times(recording, step)) for name, step in ends.items()}
    trains, stream = [], stream_of(recording, series)
    for unit, spikes in zip(series.units.tolist(), steps_by_unit(series, between), strict=True):
        train = neo.SpikeTrain(times(recording, spikes), units="ms", **limits)
        train.name = f"{series.channel.population}[{unit}]"
        train.annotate(population=series.channel.population, unit=unit, every=series.every)
        train.annotate(stream=stream)
        trains.append(train)
    return trains


def _signal(neo: Any, recording: Recording, series: Series, between: slice) -> Any:
    """Return the values of one variable with their times."""
    values = series.values(steps=between)
    at = times(recording, series.steps[series.rows(between)])
    if len(series.runs(between)) > 1:
        return neo.IrregularlySampledSignal(at * _ms(), values, units="dimensionless")
    period = float(times(recording, series.every)) * _ms()
    start = float(at[0]) * _ms()
    return neo.AnalogSignal(values, units="dimensionless", t_start=start, sampling_period=period)


def _ms() -> Any:
    return needed("quantities").ms


def _shown(neo: Any, recording: Recording, between: slice, stream: int, name: str) -> Any:
    """Return an epoch for each image that a stream saw; its label is the class."""
    steps, shown = recording.known_presentations(between, stream)
    first, last = steps[shown.edges[:-1]], steps[shown.edges[1:] - 1]
    epoch = neo.Epoch(
        times=times(recording, first) * _ms(),
        durations=times(recording, last + 1 - first) * _ms(),
        labels=[str(label) for label in shown.label],
        name=name,
    )
    epoch.annotate(stream=stream)
    epoch.array_annotate(image=shown.image, onset=times(recording, shown.start) * _ms())
    return epoch
