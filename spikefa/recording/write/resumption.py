"""Plan how a recording continues that was stopped or broke off."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from spikefa.errors import SpikefaError, require
from spikefa.recording.format.layout import describe_populations
from spikefa.recording.format.schema import Layout
from spikefa.recording.plan.clocks import Clock
from spikefa.recording.plan.parts import RANKS
from spikefa.recording.plan.predicates import Function
from spikefa.recording.plan.stored_predicates import restore_predicates
from spikefa.recording.plan.trials import try_triggers
from spikefa.recording.plan.variables import Variables, state_of
from spikefa.recording.read.reader import open_recording
from spikefa.recording.write.creation import image_shape


def plan_resumption(
    path: Path,
    variables: Variables,
    thumbnails: np.ndarray | None,
    predicates: Mapping[str, Function],
) -> tuple[Layout, tuple[Clock, ...]]:
    """Return the layout of the file, and its clocks with predicates that can be called.

    See `Recorder.resume` for the arguments.

    Raises
    ------
    SpikefaError
        If there is no such recording, it is of another network, or a predicate is missing.
    """
    with open_recording(path, alone=True) as recording:
        layout = recording.layout
    _check_same_network(path, layout, variables)
    if layout.image_shape is not None:
        require(
            thumbnails is not None and image_shape(thumbnails) == layout.image_shape,
            f"{path} keeps thumbnails of {layout.image_shape} pixels: give such thumbnails",
        )
    clocks = restore_predicates(layout.clocks, predicates)
    try_triggers(clocks, variables)
    return layout, clocks


def _check_same_network(path: Path, layout: Layout, variables: Variables) -> None:
    """Refuse to continue the recording of one network with another."""
    recorded = {population.name: population.size for population in layout.populations}
    offered = {
        population.name: population.size for population in describe_populations(variables, 0)
    }
    if recorded != offered:
        ranks = layout.attributes.get(RANKS, 1)
        other = f"; it is of {ranks} ranks: go on with as many, or without recording"
        raise SpikefaError(
            f"{path} records the populations {recorded}, the network has {offered}"
            f"{'' if ranks == 1 else other}"
        )
    for channel in layout.channels:
        batch, size = state_of(variables, channel.population, channel.variable).shape
        require(
            channel.stream < batch,
            f"{path} records stream {channel.stream}, the batch has streams 0 to {batch - 1}",
        )
        require(
            channel.batch in (0, batch) and channel.units[-1] < size,
            f"{path} records {channel.batch or 'one'} of the streams of {channel.variable!r} of "
            f"{channel.population!r}, units up to {channel.units[-1]}: here it is {batch} x {size}",
        )
