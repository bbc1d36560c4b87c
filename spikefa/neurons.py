"""Forward populations: how a neuron turns its synaptic drive into potential, spikes and gain."""

from dataclasses import dataclass

import torch
from torch import Tensor

from spikefa.errors import require


@dataclass
class PopulationState:
    """What a population of n neurons carries from step to step, each `[..., batch, n]`.

    Attributes
    ----------
    drive : Tensor
        Synaptic input of this step, written by the incoming synapses.
    uniforms : Tensor
        One number from U[0, 1) per neuron and step; a neuron spikes where it is below p.
    potential : Tensor
        V, the leaky sum of the drive (the PSP).
    probability : Tensor
        p, the probability of a spike in this step.
    spikes : Tensor
        s, 0 or 1.
    gain : Tensor
        Psi(V), the factor by which the neuron's own potential gates its plasticity.
    """

    drive: Tensor
    uniforms: Tensor
    potential: Tensor
    probability: Tensor
    spikes: Tensor
    gain: Tensor


class StochasticBinary:
    """Neurons that integrate, leak and spike at random (Lillicrap et al. 2016, Methods, eq. 5).

    In one step::

        V <- (1 - tau) V + tau (s_pre W + b)
        p  = 1 / (1 + exp(-V))
        s  ~ Bernoulli(p)                     drawn once, used by everything that reads s
        Psi = dp/dV = p (1 - p)               at the potential, never at the spike

    Parameters
    ----------
    size : int
        Number of neurons.
    tau : float, default 0.9
        Weight of the new drive, in (0, 1]; the leak is 1 - tau, so 0.9 forgets fast. The gain of
        a constant drive is 1 whatever tau is. tau = 1 has no memory.

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
        return f"StochasticBinary({self.size}, tau={self.tau})"

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> PopulationState:
        """Return the state of `batch` independent copies at rest (V = 0, no spikes)."""

        def zeros() -> Tensor:
            return torch.zeros(batch, self.size, device=device, dtype=dtype)

        return PopulationState(zeros(), zeros(), zeros(), zeros(), zeros(), zeros())

    def step(self, state: PopulationState) -> None:
        """Advance `state` by one step, in place, from its drive and uniforms."""
        state.potential.lerp_(state.drive, self.tau)
        p = torch.sigmoid(state.potential, out=state.probability)
        torch.lt(state.uniforms, p, out=state.spikes)
        torch.addcmul(p, p, p, value=-1, out=state.gain)
