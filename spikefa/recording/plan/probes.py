"""Probes: which variable of which neurons is recorded."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import torch

from spikefa.errors import SpikefaError, require
from spikefa.utils.seeding import numpy_generator

if TYPE_CHECKING:
    from spikefa.recording.plan.image_windows import When

Variable = torch.Tensor | Callable[[], torch.Tensor]
Variables = Mapping[str, Mapping[str, Variable]]
"""What can be recorded, ``variables[population][variable]``: a tensor ``[batch, n]`` that is
updated in place, or what computes one when it is called. What all streams share is ``[1, n]``."""

Encoding = Literal["auto", "packed", "events"]
"""How spikes are kept: one bit for each neuron and step, or the time and neuron of each spike."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class Probe:
    """What to record: one variable of some neurons of one population.

    Parameters
    ----------
    population : str
        Name of the population, such as ``"hidden1"``.
    variable : str
        Name of the variable. ``"spikes"`` must be 0 or 1 and are kept as bits; every other
        variable is kept as float32.
    units : int, sequence of int, or "all"
        An int means that many neurons, drawn by the seed of the experiment. All draws from one
        population are the beginnings of one shuffled list, so the one neuron whose potential is
        traced is among the 50 in the raster.
        Synapses are numbered ``pre * n_post + post``. A variable that is a single number has no
        choice.
    stream : int or "all"
        Which stream of the batch is recorded.
    every : int
        Steps between two readings, counted from the start of the window.
    window : Window, Trigger or another kind of window, or sequence of them, optional
        When it is read; by default in the windows of the recording.
    encoding : {"auto", "packed", "events"}
        How spikes are kept. ``"auto"``: whichever is smaller for the rows that are committed first;
        that is ``"events"`` below about one spike per 130 neurons and step.
    """

    population: str
    variable: str
    units: int | Sequence[int] | Literal["all"] = 50
    stream: int | Literal["all"] = 0
    every: int = 1
    window: "When | Sequence[When] | None" = None
    encoding: Encoding = "auto"


@dataclass(frozen=True)
class Channel:
    """A probe that has met its network: the neurons are chosen.

    Attributes
    ----------
    population, variable : str
        As in the probe.
    units : ndarray of int64, shape [n_units]
        The recorded neurons, ascending.
    stream : int
        The recorded stream of the batch; 0 if all are recorded.
    batch : int
        Streams recorded, if all are; 0 if one is, and rows then have no axis for them.
    clock : int
        The number of the clock that says when it is read.
    elements : int
        Of how many the units were chosen, if not of the neurons of the population; else 0.
    encoding : {"auto", "packed", "events"}
        How spikes are kept; means nothing for other variables.
    """

    population: str
    variable: str
    units: np.ndarray
    stream: int
    batch: int = 0
    clock: int = 0
    elements: int = 0
    encoding: Encoding = "packed"


def resolve(
    probes: Sequence[Probe], variables: Variables, seed: int, clocks: Sequence[int] | None = None
) -> tuple[Channel, ...]:
    """Check `probes` against what can be recorded and choose their neurons.

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
        If a probe asks for what there is not, or two probes ask for the same variable.
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
    _check_encoding(probe)
    batch, size = state.shape
    if probe.stream != "all":
        require(
            isinstance(probe.stream, int) and 0 <= probe.stream < batch,
            f"the probe of {probe.population!r} asks for stream {probe.stream!r}, but the batch "
            f"has streams 0 to {batch - 1}, or 'all'",
        )
    everything = size == 1 and isinstance(probe.units, int)
    units = choose_units("all" if everything else probe.units, probe.population, size, seed)
    return Channel(
        probe.population,
        probe.variable,
        units,
        0 if probe.stream == "all" else probe.stream,
        batch if probe.stream == "all" else 0,
        clock,
        0 if size == population_size(variables, probe.population) else size,
        probe.encoding if probe.variable == "spikes" else "packed",
    )


def _check_encoding(probe: Probe) -> None:
    known = get_args(Encoding)
    require(
        probe.encoding in known,
        f"the probe of {probe.population!r} has encoding={probe.encoding!r}: give "
        f"{', '.join(map(repr, known))}",
    )
    require(
        probe.encoding != "events" or probe.variable == "spikes",
        f"{probe.variable!r} of {probe.population!r} cannot be kept as events: spikes can",
    )


def population_size(variables: Variables, population: str) -> int:
    """Return the neurons of a population: the size of its first variable."""
    require(bool(variables[population]), f"population {population!r} has no variable to record")
    first = next(iter(variables[population]))
    return int(state_of(variables, population, first).shape[-1])


def source_of(variables: Variables, population: str, variable: str) -> Variable:
    """Return the tensor of one variable of one population, or what computes it.

    Raises
    ------
    SpikefaError
        If there is none; the message lists what there is.
    """
    if population not in variables:
        raise SpikefaError(
            f"there is no population {population!r} to record: the populations are "
            f"{', '.join(variables)}"
        )
    if variable not in variables[population]:
        raise SpikefaError(
            f"population {population!r} has no variable {variable!r} to record: it has "
            f"{', '.join(variables[population])}"
        )
    return variables[population][variable]


def state_of(variables: Variables, population: str, variable: str) -> torch.Tensor:
    """Return one variable of one population as it is now, [batch, n].

    Raises
    ------
    SpikefaError
        If there is none, or it has another number of dimensions.
    """
    source = source_of(variables, population, variable)
    state = source if isinstance(source, torch.Tensor) else source()
    shape = tuple(state.shape)
    require(
        state.ndim == 2,
        f"{variable!r} of {population!r} has shape {shape}: [batch, n] can be recorded",
    )
    return state


def choose_units(
    units: int | Sequence[int] | Literal["all"], population: str, size: int, seed: int
) -> np.ndarray:
    """Return the ascending neuron numbers, int64, that `units` means in a population of `size`.

    A count draws the beginning of one list shuffled by `seed` and the name of the population.
    """
    if isinstance(units, str):
        require(units == "all", f"units of {population!r} are {units!r}: give a number or 'all'")
        return np.arange(size)
    if isinstance(units, int | np.integer):
        require(
            1 <= units <= size,
            f"{units} units of {population!r} were asked for: it has {size}, so give 1 to {size}",
        )
        return np.sort(numpy_generator(seed, "units", population).permutation(size)[:units])
    chosen = np.unique(np.asarray(units, dtype=np.int64))
    require(len(chosen) > 0, f"the list of units of {population!r} is empty")
    wrong = chosen[(chosen < 0) | (chosen >= size)]
    require(
        len(wrong) == 0,
        f"population {population!r} has no unit {', '.join(map(str, wrong[:5]))}: its units are "
        f"0 to {size - 1}",
    )
    return chosen


def check_name(kind: str, name: str) -> None:
    """Refuse names that cannot be the name of a group in the file."""
    require(
        _NAME.fullmatch(name) is not None,
        f"the {kind} name {name!r} cannot be recorded: use letters, digits, '_', '-' and '.'",
    )
