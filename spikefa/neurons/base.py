"""What every forward population has: a size, a state, a step."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, replace

import torch
from torch import Tensor

from spikefa.neurons.dendrite import Dendrite
from spikefa.neurons.dropout import DropoutState
from spikefa.utils.checking import check_fields
from spikefa.utils.ranges import PositiveShare, Size
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
        `[0]`, in a population that uses no randomness, or is `noiseless`.
    potential : Tensor
        V, the leaky sum of the drive (the PSP).
    probability : Tensor
        The mean of the activity, given the potential: for a stochastic neuron p, the probability of
        a spike in this step; for a neuron without randomness its activity.
    spikes : Tensor
        s, the activity that other populations see: 0 or 1, or the rate of a rate neuron.
    gain : Tensor
        Psi(V), the factor by which the neuron's own potential gates its plasticity.
    dendrite : Dendrite, optional
        What is between the chain's synapses onto the neurons and their drive, in a population whose
        input is normalised.
    dropout : DropoutState, optional
        Which neurons are silenced, in a population that silences some.
    """

    drive: Tensor
    uniforms: Tensor
    potential: Tensor
    probability: Tensor
    spikes: Tensor
    gain: Tensor
    dendrite: Dendrite | None = field(default=None, kw_only=True)
    dropout: DropoutState | None = field(default=None, kw_only=True)

    @property
    def gain_left(self) -> Tensor:
        """The gain that the modulator has not passed yet: Psi(V), or 1 where there are dendrites.

        An error that goes through dendrites has passed the gain, see `Dendrite.pull_back`.
        """
        return self.gain if self.dendrite is None else self.dendrite.unit


def noiseless(state: PopulationState) -> PopulationState:
    """Return a state without randomness, in which the activity is its mean; for tests.

    Activity and mean are then one tensor. A state that uses no randomness is returned as it is.
    """
    if not state.uniforms.numel():
        return state
    none = state.uniforms.new_empty(*state.uniforms.shape[:-2], 0)  # replicas, if any, stay first
    return replace(state, uniforms=none, spikes=state.probability)


@dataclass(eq=False)  # a subclass may have more than its fields
class Population(ABC):
    """A population of neurons without connections among them.

    A subclass defines `state` and `step`. It may be a dataclass, or have an ``__init__`` that calls
    ``super().__init__``.

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

    size: Size
    _: KW_ONLY
    tau: PositiveShare = 0.9

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def standard(self) -> bool:
        """Whether this is exactly `StochasticBinary`, whose step the fused kernels know."""
        return False

    @property
    def spiking(self) -> bool:
        """Whether the activity is 0 or 1, and not a rate; the conformance kit checks it."""
        return True

    @property
    def stochastic(self) -> bool:
        """Whether the neurons have noise of known variance, which they could learn from."""
        return False

    @property
    def silences(self) -> bool:
        """Whether its state has a `DropoutState`."""
        return False

    @property
    def normalised(self) -> bool:
        """Whether the activity of the population is a probability distribution, like a softmax."""
        return False

    @property
    def gain_is_derivative(self) -> bool:
        """Whether the gain is the derivative of the mean activity with respect to the potential.

        By default it is, unless neurons spike without noise, or the activity is normalised. The
        conformance kit checks it.
        """
        return (self.stochastic or not self.spiking) and not self.normalised

    @abstractmethod
    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> PopulationState:
        """Return the state of `batch` independent copies at rest."""

    @abstractmethod
    def step(self, state: PopulationState) -> None:
        """Advance `state` by one step, in place, from its drive and uniforms."""

    def variables(self, state: PopulationState) -> Mapping[str, Variable]:
        """Return what else can be probed, by name; by default nothing."""
        return {}

    def perturbation(self, state: PopulationState, out: Tensor) -> None:
        """Write the noise of this step over its variance, ``(s - p) / Var(s)``; 0 without noise."""
        out.zero_()
