"""Three factors with a rough weighting of the postsynaptic potential: plastic or not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.plasticity.base import Outer, Place, PlasticityRule, PlasticityState, Post
from spikefa.utils.ranges import PositiveScale, ShareBelowOne, Signed
from spikefa.utils.tensors import flush


@dataclass(eq=False, kw_only=True)
class RoughThreeFactor(PlasticityRule):
    """Eq. 8 of Lillicrap et al. 2016 with a step in place of the derivative.

    "In practice, we have found that rough approximations of this weighting function work nearly as
    well as the exact version" (Methods). Here a neuron of any kind is plastic while its potential
    is in a band::

        dW_ij = -eta s_i phi_delta(U_j) Psi(V_j)       Psi(V) = 1 / (2 band)  if |V - centre| < band
                                                                0             otherwise

    Peak and area of the default are those of the logistic's derivative.

    Parameters
    ----------
    learning_rate : float or sequence of float, default 1e-3
        eta, one for all projections or one for each; the update is the sum over the batch.
    weight_decay : float, default 1e-8
        gamma: weights and biases are multiplied by (1 - gamma) at every step.
    decay_times_rate : bool, default False
        Whether they are multiplied by (1 - eta gamma) instead.
    band : float, default 2
        Half-width of the band of potentials.
    centre : float, default 0
        Its middle: 0 for stochastic binary neurons, the threshold for neurons that have one.

    Raises
    ------
    SpikefaError
        If an argument is out of range.
    """

    traces: ClassVar[Mapping[str, Place]] = {"factor": "post"}
    outer_factor: ClassVar[str | None] = "factor"

    weight_decay: ShareBelowOne = 1e-8
    band: PositiveScale = 2.0
    centre: Signed = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()

    def update(self, pre: Tensor, post: Post, modulator: Tensor, state: PlasticityState) -> Outer:
        """Return ``-eta s_pre^T [phi_delta(U) * Psi(V)]``."""
        factor = torch.sub(post.potential, self.centre, out=state.traces["factor"]).abs_()
        torch.lt(factor, self.band, out=factor)
        factor.mul_(modulator).mul_(state.learning_rate)
        return Outer(pre, flush(factor.mul_(-1 / (2 * self.band))))
