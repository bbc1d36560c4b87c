"""Error populations: neurons that integrate and leak the error they receive."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import torch
from torch import Tensor

from spikefa.utils.checking import check_fields, check_one_of
from spikefa.utils.ranges import PositiveShare, Size
from spikefa.utils.tensors import flush, leak

PhiDelta = Literal["identity", "tanh", "logistic", "spiking"]


@dataclass
class ErrorState:
    """State of an error population, each `[..., batch, n]`.

    Attributes
    ----------
    drive : Tensor
        Error that arrives in this step. If the outgoing error is gated, the drive holds that error
        after the step of the population.
    potential : Tensor
        U, the leaky sum of the drive.
    activity : Tensor
        phi_delta(U), which the neurons send on and deliver to the synapses. With the identity it is
        the same tensor as `potential`.
    uniforms : Tensor
        One number from U[0, 1) per neuron and step, drawn by the code that runs the network; empty,
        `[0]`, if the neurons do not spike.
    pulled_back : bool, default False
        Whether the forward neurons' input is normalised. The drive then holds, after the step, the
        error for the synapses onto their dendrites, see `spikefa.neurons.dendrite.Dendrite`.
    """

    drive: Tensor
    potential: Tensor
    activity: Tensor
    uniforms: Tensor
    pulled_back: bool = False

    @property
    def modulator(self) -> Tensor:
        """What arrives at the synapses of the chain onto the forward neurons, `[..., batch, n]`."""
        return self.drive if self.pulled_back else self.activity


@dataclass(frozen=True, kw_only=True)
class ErrorPopulation:
    """Neurons that carry a signed error (Lillicrap et al. 2016, Methods, eqs. 6 and 7).

    In one step::

        U <- (1 - tau) U + tau drive
        activity = phi_delta(U)

    The neurons have an implied tonic rate. Activity above 0 stands for a rate above the tonic rate,
    and activity below 0 for a rate below it. With "spiking" the tonic rate is explicit: the neurons
    spike, s ~ Bernoulli(1 / (1 + exp(-U))), on average in every second step when there is no error.
    Their activity is 2 (s - 1/2), that is, 1 or -1, and its mean is the logistic phi_delta.

    Parameters
    ----------
    size : int
        Number of neurons.
    tau : float, default 0.9
        Weight of the new drive, in (0, 1].
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function. "logistic" is the logistic function centred on 0 and scaled to slope 1/2,
        2/(1 + exp(-U)) - 1 = tanh(U/2). The range and slope determine how fast the error fades from
        layer to layer.

    Raises
    ------
    SpikefaError
        If `tau` is out of range, or `phi_delta` is unknown.
    """

    size: Size = field(kw_only=False)
    tau: PositiveShare = 0.9
    phi_delta: PhiDelta = "identity"

    def __post_init__(self) -> None:
        check_fields(self)
        check_one_of("phi_delta", self.phi_delta, get_args(PhiDelta))

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
        leak(state.potential, state.drive, self.tau)
        if self.phi_delta == "tanh":
            torch.tanh(state.potential, out=state.activity)
        elif self.phi_delta == "logistic":
            flush(torch.mul(state.potential, 0.5, out=state.activity)).tanh_()
        elif self.phi_delta == "spiking":
            torch.sigmoid(state.potential, out=state.activity)
            torch.lt(state.uniforms, state.activity, out=state.activity).mul_(2).sub_(1)


def uniforms_of(name: str, populations: Sequence[ErrorState]) -> dict[str, Tensor]:
    """Return the uniforms of the spiking populations; the lowest population is ``<name>1``."""
    return {
        f"{name}{layer}": population.uniforms
        for layer, population in enumerate(populations, start=1)
        if population.uniforms.numel()
    }
