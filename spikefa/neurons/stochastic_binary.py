"""The neurons of the spiking experiment: they integrate, leak and spike at random."""

from dataclasses import dataclass

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.neurons.base import Population, PopulationState
from spikefa.neurons.dropout import Dropout
from spikefa.utils.numbers import shown
from spikefa.utils.tensors import leak


@dataclass(eq=False)
class StochasticBinary(Population):
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
        Weight of the new drive, in (0, 1]. The leak is 1 - tau, so 0.9 forgets fast, and tau = 1
        has no memory. A constant drive leads to V = drive whatever tau is.
    dropout : Dropout, optional
        Silences neurons at random: p and Psi of a silenced neuron are 0.

    Raises
    ------
    SpikefaError
        If `size` is not positive, `tau` is outside (0, 1], or `dropout` is no `Dropout`.
    """

    dropout: Dropout | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            isinstance(self.dropout, Dropout | None),
            f"dropout is {shown(self.dropout)}: give Dropout(share), or None",
        )

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> PopulationState:
        """Return the state of `batch` independent copies at rest (V = 0, no spikes)."""

        def zeros() -> Tensor:
            return torch.zeros(batch, self.size, device=device, dtype=dtype)

        silenced = None if self.dropout is None else self.dropout.state(zeros())
        six = (zeros() for _ in range(6))
        return PopulationState(*six, dropout=silenced)

    def step(self, state: PopulationState) -> None:
        """Advance `state` by one step, in place, from its drive and uniforms."""
        leak(state.potential, state.drive, self.tau)
        p = torch.sigmoid(state.potential, out=state.probability)
        torch.addcmul(p, p, p, value=-1, out=state.gain)
        if state.dropout is not None:
            p.mul_(state.dropout.kept)
            state.gain.mul_(state.dropout.kept)
        if state.uniforms.numel():  # else without randomness: s is p
            torch.lt(state.uniforms, p, out=state.spikes)

    @property
    def standard(self) -> bool:
        """Whether no subclass has changed the neurons."""
        return type(self) is StochasticBinary

    @property
    def silences(self) -> bool:
        """Whether there is a dropout."""
        return self.dropout is not None

    @property
    def stochastic(self) -> bool:
        """True: they spike at random."""
        return True

    def perturbation(self, state: PopulationState, out: Tensor) -> None:
        """Write ``(s - p) / Psi``; 0 where Psi is 0."""
        torch.sub(state.spikes, state.probability, out=out).div_(state.gain).nan_to_num_(0.0)
