"""Error populations: neurons that integrate and leak the error they receive."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import torch
from torch import Tensor

from spikefa.errors import require

PhiDelta = Literal["identity", "tanh", "logistic", "spiking"]


@dataclass
class ErrorState:
    """State of an error population, each `[..., batch, n]`.

    Attributes
    ----------
    drive : Tensor
        Error that arrives in this step. After the step of a population whose error is gated on its
        way out, it holds what the population sends.
    potential : Tensor
        U, its leaky sum.
    activity : Tensor
        phi_delta(U), what the neurons send on and deliver to the synapses. With the identity it is
        the same tensor as `potential`.
    uniforms : Tensor
        One number from U[0, 1) per neuron and step, drawn by whoever drives the network; empty,
        `[0]`, if the neurons do not spike.
    """

    drive: Tensor
    potential: Tensor
    activity: Tensor
    uniforms: Tensor


@dataclass(frozen=True, kw_only=True)
class ErrorPopulation:
    """Neurons that carry a signed error (Lillicrap et al. 2016, Methods, eqs. 6 and 7).

    In one step::

        U <- (1 - tau) U + tau drive
        activity = phi_delta(U)

    The neurons have an implied tonic rate: activity above 0 is a rate above it, activity below 0 a
    rate below it. With "spiking" the tonic rate is explicit: the neurons spike,
    s ~ Bernoulli(1 / (1 + exp(-U))), every second step when there is no error, and their activity
    is 2 (s - 1/2), that is 1 or -1. On average this is the logistic phi_delta.

    Parameters
    ----------
    size : int
        Number of neurons.
    tau : float, default 0.9
        Weight of the new drive, in (0, 1].
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function. "logistic" is the logistic function centred on 0 and scaled to slope 1/2,
        2/(1 + exp(-U)) - 1 = tanh(U/2). Range and slope set how fast the error fades from layer to
        layer.

    Raises
    ------
    SpikefaError
        If `tau` is out of range, or there is no such `phi_delta`.
    """

    size: int = field(kw_only=False)
    tau: float = 0.9
    phi_delta: PhiDelta = "identity"

    def __post_init__(self) -> None:
        require(0 < self.tau <= 1, f"tau must be in (0, 1], {self.tau} given")
        require(
            self.phi_delta in get_args(PhiDelta),
            f"phi_delta must be one of {', '.join(get_args(PhiDelta))}, {self.phi_delta!r} given",
        )

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> ErrorState:
        """Return the state of `batch` independent copies at rest."""

        def zeros() -> Tensor:
            return torch.zeros(batch, self.size, device=device, dtype=dtype)

        potential = zeros()
        return ErrorState(
            drive=zeros(),
            potential=potential,
            activity=potential if self.phi_delta == "identity" else zeros(),
            uniforms=zeros() if self.phi_delta == "spiking" else potential.new_zeros(0),
        )

    def step(self, state: ErrorState) -> None:
        """Advance `state` by one step, in place, from its drive."""
        state.potential.lerp_(state.drive, self.tau)
        if self.phi_delta == "tanh":
            torch.tanh(state.potential, out=state.activity)
        elif self.phi_delta == "logistic":
            torch.mul(state.potential, 0.5, out=state.activity).tanh_()
        elif self.phi_delta == "spiking":
            torch.sigmoid(state.potential, out=state.activity)
            torch.lt(state.uniforms, state.activity, out=state.activity).mul_(2).sub_(1)


def uniforms_of(name: str, populations: Sequence[ErrorState]) -> dict[str, Tensor]:
    """Return the uniforms of the populations that spike, the lowest being ``<name>1``."""
    return {
        f"{name}{layer}": population.uniforms
        for layer, population in enumerate(populations, start=1)
        if population.uniforms.numel()
    }
