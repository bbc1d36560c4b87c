"""Leaky integrate-and-fire neurons whose threshold adapts."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field

import torch
from torch import Tensor

from spikefa.neurons.base import Population, PopulationState
from spikefa.utils.ranges import PositiveScale, Scale, ShareBelowOne
from spikefa.utils.tensors import Variable, flush


@dataclass
class ALIFState(PopulationState):
    """State of adaptive neurons; `probability` and `spikes` are one tensor.

    Attributes
    ----------
    adaptation : Tensor [..., batch, n]
        a, the low-pass filtered spikes.
    """

    adaptation: Tensor


@dataclass(eq=False)
class ALIF(Population):
    """Leaky integrate-and-fire neurons with an adaptive threshold (Bellec et al. 2020).

    In one step::

        V <- memory V + (s_pre W + b) - threshold s           s: the spikes of the step before
        a <- adaptation_memory a + s
        A  = threshold + adaptation a
        s  = 1 if V > A, else 0
        Psi = dampening / threshold  max(0, 1 - |V - A| / threshold)

    A spike lowers the potential by the threshold in the next step (a soft reset), and raises the
    threshold for later ones. There is no refractory period. The neurons use no random numbers. Psi,
    the pseudo-derivative, stands in for the derivative of the spike. With ``adaptation=0`` they are
    LIF neurons.

    Parameters
    ----------
    size : int
        Number of neurons.
    memory : float, default 0.9
        Fraction of the potential that is left after one step, in [0, 1): ``exp(-dt / tau_m)``.
    threshold : float, default 1
        Threshold without adaptation, and the size of the reset.
    adaptation : float, default 0.2
        beta, how much a spike raises the threshold.
    adaptation_memory : float, default 0.97
        rho, the fraction of the adaptation that is left after one step, in [0, 1).
    dampening : float, default 0.3
        Psi at the threshold, times the threshold.

    Raises
    ------
    SpikefaError
        If an argument is out of range.
    """

    _: KW_ONLY
    tau: float = field(default=1.0, init=False, repr=False)  # they have constants of their own
    memory: ShareBelowOne = 0.9
    threshold: PositiveScale = 1.0
    adaptation: Scale = 0.2
    adaptation_memory: ShareBelowOne = 0.97
    dampening: PositiveScale = 0.3

    def __post_init__(self) -> None:
        super().__post_init__()

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> ALIFState:
        """Return the state of `batch` independent copies at rest (V = 0, no spikes)."""

        def zeros() -> Tensor:
            return torch.zeros(batch, self.size, device=device, dtype=dtype)

        spikes = zeros()
        return ALIFState(
            drive=zeros(),
            uniforms=torch.zeros(0, device=device, dtype=dtype),
            potential=zeros(),
            probability=spikes,
            spikes=spikes,
            gain=zeros(),
            adaptation=zeros(),
        )

    def step(self, state: PopulationState) -> None:
        """Advance `state` by one step, in place, from its drive."""
        assert isinstance(state, ALIFState)
        v, a, s, gain = state.potential, state.adaptation, state.spikes, state.gain
        flush(v.mul_(self.memory).add_(state.drive).sub_(s, alpha=self.threshold))
        flush(a.mul_(self.adaptation_memory).add_(s))
        torch.sub(v, a, alpha=self.adaptation, out=gain).sub_(self.threshold)  # V - A
        torch.gt(gain, 0, out=s)
        gain.abs_().mul_(-1 / self.threshold).add_(1).clamp_(min=0)
        flush(gain.mul_(self.dampening / self.threshold))

    def variables(self, state: PopulationState) -> Mapping[str, Variable]:
        """Return the adaptation."""
        assert isinstance(state, ALIFState)
        return {"adaptation": state.adaptation}
