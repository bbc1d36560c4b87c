"""Probes: which variable of which neurons is recorded."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from spikefa.errors import SpikefaError, require
from spikefa.seeding import numpy_generator

Variables = Mapping[str, Mapping[str, torch.Tensor]]
"""The state that can be recorded: ``variables[population][variable]``, each ``[batch, n]``."""

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
    stream : int
        Which stream of the batch is recorded.
    """

    population: str
    variable: str
    units: int | Sequence[int] | Literal["all"] = 50
    stream: int = 0


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
        The recorded stream of the batch.
    """

    population: str
    variable: str
    units: np.ndarray
    stream: int


def resolve(probes: Sequence[Probe], variables: Variables, seed: int) -> tuple[Channel, ...]:
    """Check `probes` against what can be recorded and choose their neurons.

    Raises
    ------
    SpikefaError
        If a probe asks for what there is not, or two probes ask for the same variable.
    """
    require(len(probes) > 0, "a recording needs at least one probe: none was given")
    for population in variables:
        check_name("population", population)
    channels: dict[tuple[str, str], Channel] = {}
    for probe in probes:
        key = (probe.population, probe.variable)
        require(
            key not in channels,
            f"two probes ask for {probe.variable!r} of {probe.population!r}: give one probe "
            "with all the units wanted",
        )
        channels[key] = _resolve_one(probe, variables, seed)
    return tuple(channels.values())


def _resolve_one(probe: Probe, variables: Variables, seed: int) -> Channel:
    state = state_of(variables, probe.population, probe.variable)
    check_name("variable", probe.variable)
    batch, size = state.shape
    require(
        0 <= probe.stream < batch,
        f"the probe of {probe.population!r} asks for stream {probe.stream}, but the batch has "
        f"streams 0 to {batch - 1}",
    )
    units = choose_units(probe.units, probe.population, size, seed)
    return Channel(probe.population, probe.variable, units, probe.stream)


def state_of(variables: Variables, population: str, variable: str) -> torch.Tensor:
    """Return the tensor [batch, n] of one variable of one population.

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
    state = variables[population][variable]
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
