"""Shared by the stimuli for rate networks: sizes, squared error, random streams."""

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.network import Network


def check_sizes(given: str, n_inputs: int, n_outputs: int, network: Network) -> None:
    """Check that inputs and outputs of `given`, such as "examples", fit the network."""
    require(
        (n_inputs, n_outputs) == (network.n_inputs, network.n_outputs),
        f"{given} with {n_inputs} inputs and {n_outputs} outputs, "
        f"a network with {network.n_inputs} and {network.n_outputs}",
    )


def half_squared_error(outputs: Tensor, target: Tensor) -> Tensor:
    """Return half the squared error of each stream, in float64."""
    return (outputs - target).square().sum(-1, dtype=torch.float64).div_(2)


def rate_random_path(part: tuple[str, ...]) -> tuple[str, ...]:
    """Return the random stream of a part of a rate network; host streams keep their names."""
    return part if len(part) == 1 else ("noise", part[-1])
