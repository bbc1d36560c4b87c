"""What can be recorded: the variables that the simulation offers, by population and name."""

from collections.abc import Mapping

import torch
from torch import Tensor

from spikefa.errors import SpikefaError, require
from spikefa.utils.suggesting import did_you_mean
from spikefa.utils.tensors import Variable, current

Variables = Mapping[str, Mapping[str, Variable]]
"""``variables[population][variable]``: a tensor ``[batch, n]`` that the simulation updates in
place, or a function that computes one. A variable that all streams share is ``[1, n]``."""


def source_of(variables: Variables, population: str, variable: str) -> Variable:
    """Return the tensor of one variable, or the function that computes it.

    Raises
    ------
    SpikefaError
        If there is none; the message lists the names that exist.
    """
    if population not in variables:
        raise SpikefaError(
            f"there is no population {population!r} to record"
            f"{did_you_mean(population, variables)}: the populations are {', '.join(variables)}"
        )
    if variable not in variables[population]:
        raise SpikefaError(
            f"population {population!r} has no variable {variable!r} to record"
            f"{did_you_mean(variable, variables[population])}: it has "
            f"{', '.join(variables[population])}"
        )
    return variables[population][variable]


def state_of(variables: Variables, population: str, variable: str) -> Tensor:
    """Return the present value of one variable, [batch, n].

    Raises
    ------
    SpikefaError
        If there is no such variable, or it does not have two dimensions.
    """
    state = current(source_of(variables, population, variable))
    shape = tuple(state.shape)
    require(
        state.ndim == 2,
        f"{variable!r} of {population!r} has shape {shape}: [batch, n] can be recorded",
    )
    return state


def population_size(variables: Variables, population: str) -> int:
    """Return the number of neurons of a population, which is the size of its first variable."""
    require(bool(variables[population]), f"population {population!r} has no variable to record")
    first = next(iter(variables[population]))
    return int(state_of(variables, population, first).shape[-1])


def state_device(variables: Variables) -> torch.device:
    """Return the device of the state, which is that of the first variable."""
    first = next(iter(variables.values()))
    return current(next(iter(first.values()))).device
