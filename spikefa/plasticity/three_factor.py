"""The rule of the spiking experiment: presynaptic spike x gain x modulator."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.plasticity.base import Outer, Place, PlasticityRule, PlasticityState, Post
from spikefa.utils.ranges import ShareBelowOne
from spikefa.utils.tensors import flush


@dataclass(eq=False, kw_only=True)
class ThreeFactor(PlasticityRule):
    """Three-factor plasticity (Lillicrap et al. 2016, Methods, eq. 8).

    At every step, for every synapse::

        dW_ij = -eta  s_i  phi_delta(U_j) Psi(V_j)
        db_j  = -eta       phi_delta(U_j) Psi(V_j)

    The sign is minus because the error populations carry output minus target (eq. 7).

    Parameters
    ----------
    learning_rate : float or sequence of float, default 1e-3
        eta, one for all projections or one for each, from the input upwards. The update is the
        sum over the batch.
    weight_decay : float, default 1e-8
        gamma: weights and biases are multiplied by (1 - gamma) at every step.
    decay_times_rate : bool, default False
        Whether they are multiplied by (1 - eta gamma) instead.
    """

    traces: ClassVar[Mapping[str, Place]] = {"factor": "post"}
    outer_factor: ClassVar[str | None] = "factor"

    weight_decay: ShareBelowOne = 1e-8

    @property
    def standard(self) -> bool:
        """Whether no subclass has changed the rule."""
        return type(self) is ThreeFactor

    def update(self, pre: Tensor, post: Post, modulator: Tensor, state: PlasticityState) -> Outer:
        """Return ``-eta s_pre^T [phi_delta(U) * Psi(V)]``."""
        factor = torch.mul(modulator, post.gain, out=state.traces["factor"])
        return Outer(pre, flush(factor.mul_(state.learning_rate).neg_()))
