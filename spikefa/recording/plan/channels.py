"""Channels: probes whose neurons have been chosen in a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from spikefa.errors import require
from spikefa.recording.plan.probes import Encoding, Probe
from spikefa.recording.plan.variables import Variables, population_size, state_of
from spikefa.utils.indices import Selection, indices
from spikefa.utils.names import check_name
from spikefa.utils.numbers import is_whole, place, shown, whole_number
from spikefa.utils.seeding import numpy_generator


@dataclass(frozen=True, kw_only=True)
class Channel:
    """What one probe records of one network.

    Attributes
    ----------
    population, variable : str
        As in the probe.
    units : ndarray of int64, shape [n_units]
        The recorded neurons, ascending.
    stream : int
        The recorded stream of the batch; 0 if all are recorded.
    batch : int
        The number of streams if all are recorded. 0 if one is: its rows have no stream axis.
    clock : int
        Number of the clock that says when the channel is read.
    elements : int
        Size of the variable if that is not the size of the population, else 0.
    encoding : {"auto", "packed", "events"}
        How spikes are stored; without meaning for other variables.
    states : int
        The number of states of the variable: one for each stream, or fewer if streams share them.
        0 if it is not known, as in files of format 1.0.
    """

    population: str
    variable: str
    units: np.ndarray
    stream: int = 0
    batch: int = 0
    clock: int = 0
    elements: int = 0
    encoding: Encoding = "packed"
    states: int = 0


def resolve(
    probes: Sequence[Probe], variables: Variables, seed: int, clocks: Sequence[int] | None = None
) -> tuple[Channel, ...]:
    """Check `probes` against what can be recorded, and choose their neurons.

    Parameters
    ----------
    probes : sequence of Probe
    variables : mapping
    seed : int
        Draws the neurons.
    clocks : sequence of int, optional
        The number of the clock of each probe; by default 0.

    Raises
    ------
    SpikefaError
        If a probe names something that does not exist, or two probes name the same variable.
    """
    require(len(probes) > 0, "a recording needs at least one probe: none was given")
    for population in variables:
        check_name("population", population)
    channels: dict[tuple[str, str], Channel] = {}
    for probe, clock in zip(probes, clocks or [0] * len(probes), strict=True):
        key = (probe.population, probe.variable)
        require(
            key not in channels,
            f"two probes ask for {probe.variable!r} of {probe.population!r}: give one probe "
            "with all the units wanted",
        )
        channels[key] = _resolve_one(probe, variables, seed, clock)
    return tuple(channels.values())


def _resolve_one(probe: Probe, variables: Variables, seed: int, clock: int) -> Channel:
    state = state_of(variables, probe.population, probe.variable)
    check_name("variable", probe.variable)
    batch, size = state.shape
    stream = stream_of(probe, batch)
    everything = size == 1 and is_whole(probe.units)
    return Channel(
        population=probe.population,
        variable=probe.variable,
        units=draw_units("all" if everything else probe.units, probe.population, size, seed),
        stream=stream or 0,
        batch=batch if stream is None else 0,
        clock=clock,
        elements=0 if size == population_size(variables, probe.population) else size,
        encoding=probe.encoding if probe.variable == "spikes" else "packed",
        states=batch,
    )


def stream_of(probe: Probe, batch: int) -> int | None:
    """Return the stream of the batch that a probe records; None if it records all.

    Raises
    ------
    SpikefaError
        If there is no such stream.
    """
    if isinstance(probe.stream, str):
        require(
            probe.stream == "all",
            f"the probe of {probe.population!r} asks for stream {probe.stream!r}, but the batch "
            f"has streams 0 to {batch - 1}, or 'all'",
        )
        return None
    return place(probe.stream, batch, f"the stream of the probe of {probe.population!r}")


def draw_units(
    units: int | Selection | Literal["all"], population: str, size: int, seed: int
) -> np.ndarray:
    """Return the neurons that `units` means in a population of `size`, int64, ascending.

    A number draws a prefix of one list, shuffled by `seed` and the name of the population.
    """
    if isinstance(units, str):
        require(units == "all", f"units of {population!r} are {units!r}: give a number or 'all'")
        return np.arange(size)
    if is_whole(units):
        count = whole_number(units, f"the number of units of {population!r}", 1, size)
        return np.sort(numpy_generator(seed, "units", population).permutation(size)[:count])
    chosen = indices(units, size, f"the units of {population!r}", distinct=True)
    require(
        len(chosen) > 0,
        f"the units of {population!r} are {shown(units)}, which is none of {size}: give one or "
        "more",
    )
    return np.sort(chosen)


def common_stream(probes: Sequence[Probe], variables: Variables) -> int | None:
    """Return the one stream that `probes` record, or None if they record several.

    Variables that all streams share do not count, and a probe of all streams counts as the first.
    """
    batches = [len(state_of(variables, each.population, each.variable)) for each in probes]
    found = zip(probes, batches, strict=True)
    streams = {stream_of(probe, batch) or 0 for probe, batch in found if batch > 1}
    return None if len(streams) > 1 else min(streams, default=0)
