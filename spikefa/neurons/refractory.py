"""Neurons that spike at random, and cannot spike again for a while after a spike."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass

import torch
from torch import Tensor

from spikefa.neurons.base import Population, PopulationState
from spikefa.utils.ranges import Steps
from spikefa.utils.tensors import Variable, leak


@dataclass
class RefractoryState(PopulationState):
    """What refractory neurons carry from step to step.

    Attributes
    ----------
    resting : Tensor [..., batch, n]
        Steps for which each neuron cannot spike yet.
    """

    resting: Tensor


@dataclass(eq=False)
class Refractory(Population):
    """Stochastic binary neurons with an absolute refractory period of r steps.

    In one step, with a = 1 for neurons that may spike and 0 for those that rest::

        V <- (1 - tau) V + tau (s_pre W + b)
        p  = a / (1 + exp(-V))
        s  ~ Bernoulli(p)                     then it rests for r steps
        Psi = dp/dV = p (1 - p)               0 at rest, so that resting neurons do not learn

    The potential goes on while a neuron rests. Without randomness (see `noiseless`) the activity is
    the mean rate at a constant potential, ``sigma / (1 + r sigma)`` with sigma = 1 / (1 + exp(-V)),
    of intervals of r steps and then of ``1 / sigma`` on average.

    Parameters
    ----------
    size : int
        Number of neurons.
    steps : int, default 2
        r, the steps after a spike without another one.
    tau : float, default 0.9
        Weight of the new drive, in (0, 1].

    Raises
    ------
    SpikefaError
        If an argument is out of range.
    """

    steps: Steps = 2
    _: KW_ONLY

    @property
    def stochastic(self) -> bool:
        """True: they spike at random."""
        return True

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> RefractoryState:
        """Return the state of `batch` independent copies at rest (V = 0, all may spike)."""

        def zeros() -> Tensor:
            return torch.zeros(batch, self.size, device=device, dtype=dtype)

        return RefractoryState(zeros(), zeros(), zeros(), zeros(), zeros(), zeros(), zeros())

    def step(self, state: PopulationState) -> None:
        """Advance `state` by one step, in place, from its drive and uniforms."""
        assert isinstance(state, RefractoryState)
        leak(state.potential, state.drive, self.tau)
        p = torch.sigmoid(state.potential, out=state.probability)
        if not state.uniforms.numel():
            self._mean(p, state.gain)
            return
        may_spike = torch.eq(state.resting, 0, out=state.spikes)
        p.mul_(may_spike)
        torch.addcmul(p, p, p, value=-1, out=state.gain)
        torch.lt(state.uniforms, p, out=state.spikes)
        state.resting.sub_(1).clamp_(min=0).add_(state.spikes, alpha=self.steps)

    def _mean(self, p: Tensor, gain: Tensor) -> None:
        """Replace p by the mean rate, and write its derivative."""
        torch.addcmul(p, p, p, value=-1, out=gain)
        longer = 1 + self.steps * p
        p.div_(longer)
        gain.div_(longer.square_())

    def perturbation(self, state: PopulationState, out: Tensor) -> None:
        """Write ``(s - p) / (p (1 - p))``; 0 at rest, and where p is 0 or 1 to the last digit."""
        torch.sub(state.spikes, state.probability, out=out).div_(state.gain).nan_to_num_(0.0)

    def variables(self, state: PopulationState) -> Mapping[str, Variable]:
        """Return the steps for which each neuron cannot spike yet."""
        assert isinstance(state, RefractoryState)
        return {"resting": state.resting}
