"""Rate neurons, of which the networks of the rate papers consist."""

import math
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.neurons.base import Population, PopulationState
from spikefa.utils.checking import check_one_of
from spikefa.utils.ranges import PositiveShare, Scale, ShareBelowOne
from spikefa.utils.tensors import Variable, leak

Activation = Literal["linear", "logistic", "tanh", "relu", "leaky", "tanh_relu", "softmax"]
LEAK_SLOPE = 1 / 20
"""Slope of "leaky" below 0 (Lillicrap et al. 2016, supplementary note 5)."""


@dataclass(eq=False)
class Rate(Population):
    """Neurons without spikes, whose activity is a function of their potential.

    In one step::

        V <- (1 - tau) V + tau (s_pre W + b)         tau = 1: no memory, as in most rate networks
        s  = f(V) + noise xi                         xi of mean 0 and variance 1, uniform
        Psi = f'(V)

    With dropout a neuron is left out of a step at random, and does not learn in it. The activity of
    the others is scaled up, so that the mean stays f(V), the activity of a `noiseless` state::

        s  = f(V) m / (1 - dropout),   Psi = f'(V) m / (1 - dropout)          m of 0 or 1

    Parameters
    ----------
    size : int
        Number of neurons.
    activation : str, default "tanh"
        f: "linear", "logistic", "tanh", "relu", "leaky" (slope 1/20 below 0), "tanh_relu"
        (tanh(max(V, 0))) or "softmax" over the population. The gain of softmax is 1: with the
        error ``s - target`` that is the gradient of the cross-entropy.
    tau : float, default 1
        Weight of the new drive, in (0, 1].
    noise : float, default 0
        Standard deviation of the noise added to the activity, which node perturbation needs.
    dropout : float, default 0
        Probability that a neuron is left out of a step, in [0, 1) (Hinton et al. 2012).

    Raises
    ------
    SpikefaError
        If an argument is out of range, or both noise and dropout are given.
    """

    activation: Activation = "tanh"
    _: KW_ONLY
    tau: PositiveShare = 1.0
    noise: Scale = 0.0
    dropout: ShareBelowOne = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_one_of("activation", self.activation, get_args(Activation))
        require(not (self.noise and self.dropout), "give noise or dropout, not both")

    @property
    def spiking(self) -> bool:
        """False: the activity is a rate."""
        return False

    @property
    def stochastic(self) -> bool:
        """Whether there is noise."""
        return self.noise > 0

    @property
    def normalised(self) -> bool:
        """Whether f is the softmax, whose gain is 1."""
        return self.activation == "softmax"

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> PopulationState:
        """Return the state of `batch` independent copies at rest.

        Without noise and dropout there are no uniforms, and activity and mean are one tensor.
        """

        def zeros() -> Tensor:
            return torch.zeros(batch, self.size, device=device, dtype=dtype)

        mean = zeros()
        random = self.noise > 0 or self.dropout > 0
        return PopulationState(
            drive=zeros(),
            uniforms=zeros() if random else torch.zeros(0, device=device, dtype=dtype),
            potential=zeros(),
            probability=mean,
            spikes=zeros() if random else mean,
            gain=torch.ones_like(mean),
        )

    def step(self, state: PopulationState) -> None:
        """Advance `state` by one step, in place, from its drive and uniforms."""
        leak(state.potential, state.drive, self.tau)
        _ACTIVATIONS[self.activation](state.potential, state.probability, state.gain)
        if not state.uniforms.numel():
            return
        if self.dropout:
            torch.ge(state.uniforms, self.dropout, out=state.spikes).div_(1 - self.dropout)
            state.gain.mul_(state.spikes)
            state.spikes.mul_(state.probability)
        else:
            spread = self.noise * math.sqrt(12)
            torch.add(state.probability, state.uniforms, alpha=spread, out=state.spikes)
            state.spikes.sub_(spread / 2)

    def perturbation(self, state: PopulationState, out: Tensor) -> None:
        """Write ``xi / noise``, which is (s - f(V)) / noise^2; 0 without noise."""
        if not self.noise:
            out.zero_()
            return
        torch.sub(state.spikes, state.probability, out=out).div_(self.noise**2)

    def variables(self, state: PopulationState) -> Mapping[str, Variable]:
        """Return the activity; a probe of ``"spikes"`` would take it for 0 or 1."""
        return {"activity": state.spikes}


def _linear(v: Tensor, s: Tensor, gain: Tensor) -> None:
    gain.fill_(1)  # dropout may have changed it
    s.copy_(v)


def _logistic(v: Tensor, s: Tensor, gain: Tensor) -> None:
    torch.sigmoid(v, out=s)
    torch.addcmul(s, s, s, value=-1, out=gain)


def _tanh(v: Tensor, s: Tensor, gain: Tensor) -> None:
    torch.tanh(v, out=s)
    torch.mul(s, s, out=gain).neg_().add_(1)


def _relu(v: Tensor, s: Tensor, gain: Tensor) -> None:
    torch.gt(v, 0, out=gain)
    torch.mul(v, gain, out=s)


def _leaky(v: Tensor, s: Tensor, gain: Tensor) -> None:
    torch.gt(v, 0, out=gain)
    gain.mul_(1 - LEAK_SLOPE).add_(LEAK_SLOPE)
    torch.mul(v, gain, out=s)


def _tanh_relu(v: Tensor, s: Tensor, gain: Tensor) -> None:
    torch.clamp(v, min=0, out=s).tanh_()
    torch.gt(v, 0, out=gain)
    gain.addcmul_(s, s, value=-1)  # where V <= 0, s is 0 too


def _softmax(v: Tensor, s: Tensor, gain: Tensor) -> None:
    gain.fill_(1)  # dropout may have changed it
    torch.softmax(v, -1, out=s)


_ACTIVATIONS = {
    "linear": _linear,
    "logistic": _logistic,
    "tanh": _tanh,
    "relu": _relu,
    "leaky": _leaky,
    "tanh_relu": _tanh_relu,
    "softmax": _softmax,
}
