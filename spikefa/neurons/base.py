"""What every forward population has: a size, a state, a step."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.utils.tensors import Variable


@dataclass
class PopulationState:
    """What a population of n neurons carries from step to step, each `[..., batch, n]`.

    Attributes
    ----------
    drive : Tensor
        Synaptic input of this step, written by the incoming synapses.
    uniforms : Tensor
        One number from U[0, 1) per neuron and step, drawn by whoever drives the network; empty,
        `[0]`, in a population that uses no randomness, or is `silenced`.
    potential : Tensor
        V, the leaky sum of the drive (the PSP).
    probability : Tensor
        What the activity is on average, given the potential: of a stochastic neuron p, the
        probability of a spike in this step; of one without randomness its activity.
    spikes : Tensor
        s, the activity that other populations see: 0 or 1, or the rate of a rate neuron.
    gain : Tensor
        Psi(V), the factor by which the neuron's own potential gates its plasticity.
    """

    drive: Tensor
    uniforms: Tensor
    potential: Tensor
    probability: Tensor
    spikes: Tensor
    gain: Tensor


def silenced(state: PopulationState) -> PopulationState:
    """Return a state without randomness, whose activity is its mean, one tensor; for tests.

    A state that uses no randomness is returned as it is.
    """
    if not state.uniforms.numel():
        return state
    return replace(state, uniforms=state.uniforms.new_empty(0), spikes=state.probability)


class Population(ABC):
    """A population of neurons without connections among them.

    Parameters
    ----------
    size : int
        Number of neurons.
    tau : float, default 0.9
        Weight of the new drive, in (0, 1]; tau = 1 has no memory.

    Raises
    ------
    SpikefaError
        If `size` is not positive or `tau` is outside (0, 1].
    """

    def __init__(self, size: int, tau: float = 0.9):
        require(size >= 1, f"a population needs at least 1 neuron, {size} given")
        require(0 < tau <= 1, f"tau must be in (0, 1], {tau} given")
        self.size = size
        self.tau = tau

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.size}, tau={self.tau})"

    @abstractmethod
    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> PopulationState:
        """Return the state of `batch` independent copies at rest."""

    @abstractmethod
    def step(self, state: PopulationState) -> None:
        """Advance `state` by one step, in place, from its drive and uniforms."""

    def variables(self, state: PopulationState) -> Mapping[str, Variable]:
        """Return what else can be probed, by name; by default nothing."""
        return {}

    @property
    def normalised(self) -> bool:
        """Whether the activity of the population is a probability distribution, as of a softmax."""
        return False

    @property
    def stochastic(self) -> bool:
        """Whether the neurons have noise of known variance, which they could learn from."""
        return False

    def perturbation(self, state: PopulationState, out: Tensor) -> None:
        """Write the noise of this step over its variance, ``(s - p) / Var(s)``; 0 without noise."""
        out.zero_()
