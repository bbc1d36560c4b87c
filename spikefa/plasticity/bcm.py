"""A sliding threshold between potentiation and depression."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.plasticity.base import Outer, Place, PlasticityRule, PlasticityState, Post
from spikefa.utils.ranges import ShareBelowOne
from spikefa.utils.tensors import flush


@dataclass(eq=False, kw_only=True)
class BCM(PlasticityRule):
    """Bienenstock, Cooper & Munro 1982, with the threshold of Intrator & Cooper 1992.

    In one step, y being the activity of the postsynaptic neuron::

        dW_ij = eta m_j s_i y_j (y_j - theta_j)        m_j = -phi_delta(U_j), or 1
        theta_j <- lambda theta_j + (1 - lambda) y_j^2

    Activity above the neuron's threshold strengthens its synapses, activity below weakens them, and
    the threshold follows the mean square of the activity. Each stream has thresholds of its own.

    Parameters
    ----------
    learning_rate : float or sequence of float, default 1e-3
        eta, one for all projections or one for each; the update is the sum over the batch.
    weight_decay : float, default 0
        gamma: weights and biases are multiplied by (1 - gamma) at every step.
    decay_times_rate : bool, default False
        Whether they are multiplied by (1 - eta gamma) instead.
    memory : float, default 0.99
        lambda, the fraction of the threshold that is left after one step, in [0, 1).
    modulated : bool, default True
        Whether the third factor scales the change; otherwise the rule is unsupervised.

    Raises
    ------
    SpikefaError
        If an argument is out of range.
    """

    traces: ClassVar[Mapping[str, Place]] = {"threshold": "post", "factor": "post"}
    outer_factor: ClassVar[str | None] = "factor"

    memory: ShareBelowOne = 0.99
    modulated: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()

    def update(self, pre: Tensor, post: Post, modulator: Tensor, state: PlasticityState) -> Outer:
        """Return ``eta s_pre^T [m * y * (y - theta)]``, and update theta."""
        threshold, factor = state.traces["threshold"], state.traces["factor"]
        torch.sub(post.spikes, threshold, out=factor)
        factor.mul_(post.spikes).mul_(state.learning_rate)
        if self.modulated:
            factor.mul_(modulator).neg_()
        threshold.mul_(self.memory).addcmul_(post.spikes, post.spikes, value=1 - self.memory)
        flush(threshold)
        return Outer(pre, flush(factor))
