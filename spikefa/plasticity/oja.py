"""Growth that forgetting in proportion to activity keeps bounded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.plasticity.base import Outer, Place, PlasticityRule, PlasticityState, Post
from spikefa.utils.ranges import Scale
from spikefa.utils.tensors import flush


@dataclass(eq=False, kw_only=True)
class Oja(PlasticityRule):
    """A rule of three factors, or Hebb's, stabilised as in Oja 1982.

    In one step, y being the activity of the postsynaptic neuron::

        dW_ij = eta [ m_j s_i - alpha y_j^2 W_ij ]      m_j = -phi_delta(U_j) Psi(V_j), or y_j

    The second term weakens the synapses of active neurons. With m = y this is Oja's own rule, and
    the weights of a linear neuron converge to the first principal component of its input, with
    length ``1 / sqrt(alpha)``. Biases change as if they came from a neuron that always spikes.

    Parameters
    ----------
    learning_rate : float or sequence of float, default 1e-3
        eta, one for all projections or one for each; the update is the sum over the batch.
    weight_decay : float, default 0
        gamma: weights and biases are multiplied by (1 - gamma) at every step.
    decay_times_rate : bool, default False
        Whether they are multiplied by (1 - eta gamma) instead.
    alpha : float, default 1
        Strength of the forgetting.
    modulated : bool, default True
        Whether the third factor drives the change; otherwise the postsynaptic activity does.

    Raises
    ------
    SpikefaError
        If an argument is out of range.
    """

    traces: ClassVar[Mapping[str, Place]] = {"factor": "post"}

    alpha: Scale = 1.0
    modulated: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()

    def update(self, pre: Tensor, post: Post, modulator: Tensor, state: PlasticityState) -> Outer:
        """Return ``eta s_pre^T m``, and the fraction that each neuron's synapses lose."""
        factor = state.traces["factor"]
        if self.modulated:
            torch.mul(modulator, post.gain, out=factor).neg_()
        else:
            factor.copy_(post.spikes)
        factor.mul_(state.learning_rate)
        loss = post.spikes.square().sum(-2).mul_(state.learning_rate).mul_(self.alpha)
        return Outer(pre, flush(factor), loss)
