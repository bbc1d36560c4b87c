"""Rate neurons: the networks of the rate papers, on the same engine."""

import math
from collections.abc import Mapping
from typing import Literal, get_args

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.neurons.base import Population, PopulationState
from spikefa.utils.tensors import Variable

Activation = Literal["linear", "logistic", "tanh", "relu", "leaky", "tanh_relu", "softmax"]
LEAK_SLOPE = 1 / 20
"""Slope of "leaky" below 0 (Lillicrap et al. 2016, supplementary note 5)."""


class Rate(Population):
    """Neurons whose activity is a function of their potential; no spikes.

    In one step::

        V <- (1 - tau) V + tau (s_pre W + b)         tau = 1: no memory, the usual rate network
        s  = f(V) + noise xi                         xi of mean 0 and variance 1, uniform
        Psi = f'(V)

    With dropout a neuron is left out of a step, by chance, and does not learn in it; the others
    are the stronger, so that the mean activity is f(V), which a `silenced` state has::

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
        Chance that a neuron is left out of a step, in [0, 1) (Hinton et al. 2012).

    Raises
    ------
    SpikefaError
        If an argument is out of range, or both noise and dropout are given.
    """

    def __init__(
        self,
        size: int,
        activation: Activation = "tanh",
        tau: float = 1.0,
        noise: float = 0.0,
        dropout: float = 0.0,
    ):
        super().__init__(size, tau)
        require(
            activation in get_args(Activation),
            f"activation must be one of {', '.join(get_args(Activation))}, {activation!r} given",
        )
        require(0 <= noise < math.inf, f"the noise must not be negative, {noise} given")
        require(0 <= dropout < 1, f"dropout must be in [0, 1), {dropout} given")
        require(not (noise and dropout), "give noise or dropout, not both")
        self.activation = activation
        self.noise = noise
        self.dropout = dropout

    def __repr__(self) -> str:
        return (
            f"Rate({self.size}, {self.activation!r}, tau={self.tau}, noise={self.noise}, "
            f"dropout={self.dropout})"
        )

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> PopulationState:
        """Return the state of `batch` independent copies at rest.

        Without noise and dropout, activity and its mean are one tensor, and there are no uniforms.
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
        state.potential.lerp_(state.drive, self.tau)
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

    @property
    def normalised(self) -> bool:
        """Whether f is the softmax."""
        return self.activation == "softmax"

    @property
    def stochastic(self) -> bool:
        """Whether there is noise."""
        return self.noise > 0

    def perturbation(self, state: PopulationState, out: Tensor) -> None:
        """Write ``xi / noise``, which is (s - f(V)) / noise^2; 0 without noise."""
        if not self.noise:
            out.zero_()
            return
        torch.sub(state.spikes, state.probability, out=out).div_(self.noise**2)

    def variables(self, state: PopulationState) -> Mapping[str, Variable]:
        """Return the activity, which a probe of ``"spikes"`` would take for 0 or 1."""
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
