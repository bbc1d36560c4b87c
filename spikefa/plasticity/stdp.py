"""Spike-timing-dependent plasticity, modulated by a third factor."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.plasticity.base import Outer, Place, PlasticityRule, PlasticityState, Post
from spikefa.utils.ranges import ShareBelowOne, Signed
from spikefa.utils.tensors import flush


@dataclass(eq=False, kw_only=True)
class STDP(PlasticityRule):
    """Pair-based STDP with sign and size set by the modulator (Fremaux & Gerstner 2016).

    With a trace x of the presynaptic and y of the postsynaptic spikes, in one step::

        x_i  <- lambda_pre x_i + s_i
        dW_ij = -eta phi_delta(U_j) [potentiation s_j x_i - depression s_i y_j]
        y_j  <- lambda_post y_j + s_j

    Spikes travel within the step, so a presynaptic spike comes before a postsynaptic one of the
    same step. The sign is minus because the error populations carry output minus target. Biases
    change as if they came from a neuron with x = s = 1.

    Parameters
    ----------
    learning_rate : float or sequence of float, default 1e-3
        eta, one for all projections or one for each; the update is the sum over the batch.
    weight_decay : float, default 0
        gamma: weights and biases are multiplied by (1 - gamma) at every step.
    decay_times_rate : bool, default False
        Whether they are multiplied by (1 - eta gamma) instead.
    pre_memory : float, default 0.5
        lambda_pre, the fraction of the presynaptic trace that is left after one step, in [0, 1).
    post_memory : float, default 0.5
        lambda_post, the same of the postsynaptic trace.
    potentiation : float, default 1
        Weight of pre before post.
    depression : float, default 1
        Weight of post before pre.

    Raises
    ------
    SpikefaError
        If an argument is out of range.
    """

    traces: ClassVar[Mapping[str, Place]] = {"pre_trace": "pre", "post_trace": "post"}

    pre_memory: ShareBelowOne = 0.5
    post_memory: ShareBelowOne = 0.5
    potentiation: Signed = 1.0
    depression: Signed = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()

    def update(self, pre: Tensor, post: Post, modulator: Tensor, state: PlasticityState) -> Outer:
        """Return both pairings as one product, concatenated along the streams."""
        before, after = state.traces["pre_trace"], state.traces["post_trace"]
        flush(before.mul_(self.pre_memory).add_(pre))
        signal = modulator * state.learning_rate
        potentiated = signal * post.spikes * -self.potentiation
        depressed = signal.mul_(after).mul_(self.depression)
        flush(after.mul_(self.post_memory).add_(post.spikes))
        return Outer(torch.cat([before, pre], -2), torch.cat([potentiated, depressed], -2))
