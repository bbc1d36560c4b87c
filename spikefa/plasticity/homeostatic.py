"""Three-factor plasticity of neurons that also aim at a mean rate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.plasticity.base import Outer, Place, PlasticityRule, PlasticityState, Post
from spikefa.utils.ranges import PositiveScale, ProperShare
from spikefa.utils.tensors import flush


@dataclass(eq=False, kw_only=True)
class Homeostatic(PlasticityRule):
    """Three-factor plasticity, with biases that hold the mean rate of each neuron at a target.

    At every step::

        dW_ij = -eta  s_i  phi_delta(U_j) Psi(V_j)
        db_j  = -eta [     phi_delta(U_j) Psi(V_j) + strength (s_j - target) ]

    The second term raises the threshold of a neuron that spikes more often than the target, and
    lowers that of one that spikes less: intrinsic plasticity, which sees only the neuron's own
    spikes (Triesch 2007). It follows learning rates and their schedules, and rests in tests and in
    frozen projections, as all plasticity does. It holds output neurons at the target too; with ten
    classes their mean rate is 0.1 anyway. Use another rule for neurons whose spikes are not 0 or 1.

    Parameters
    ----------
    learning_rate : float or sequence of float, default 1e-3
        eta, one for all projections or one for each; the update is the sum over the batch.
    weight_decay : float, default 0
        gamma: weights and biases are multiplied by (1 - gamma) at every step.
    decay_times_rate : bool, default False
        Whether they are multiplied by (1 - eta gamma) instead.
    target : float, default 0.1
        The mean number of spikes in a step, in (0, 1).
    strength : float, default 0.1
        How strongly neurons are drawn to the target, beside what the modulator does.

    Raises
    ------
    SpikefaError
        If an argument is out of range.
    """

    traces: ClassVar[Mapping[str, Place]] = {"factor": "post"}

    target: ProperShare = 0.1
    strength: PositiveScale = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()

    def update(self, pre: Tensor, post: Post, modulator: Tensor, state: PlasticityState) -> Outer:
        """Return both terms, concatenated along the streams; the second has no presynaptic side."""
        factor = torch.mul(modulator, post.gain, out=state.traces["factor"])
        flush(factor.mul_(state.learning_rate).neg_())
        excess = (post.spikes - self.target).mul_(state.learning_rate).mul_(-self.strength)
        return Outer(torch.cat([pre, torch.zeros_like(pre)], -2), torch.cat([factor, excess], -2))
