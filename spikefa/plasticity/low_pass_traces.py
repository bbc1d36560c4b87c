"""Eligibility as a product of two traces, which costs neurons instead of synapses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.plasticity.base import Outer, Place, PlasticityRule, PlasticityState, Post
from spikefa.utils.ranges import ShareBelowOne
from spikefa.utils.tensors import flush


@dataclass(eq=False, kw_only=True)
class LowPassTraces(PlasticityRule):
    """Three-factor plasticity with low-pass filtered factors (OTTT; Xiao et al. 2022).

    In one step, for every neuron of every stream::

        x_i <- lambda x_i + s_i
        y_j <- mu y_j + phi_delta(U_j) Psi(V_j)
        dW_ij = -eta x_i y_j                       summed over the streams

    With mu = 0, the default, this is online training through time (OTTT): x is the derivative of
    the potential ``V_j <- lambda V_j + (s W)_j`` with respect to the weights, so the rule follows
    the gradient of everything but what a spike, or a reset, does to later steps. With lambda = 0
    too, it is `ThreeFactor`. The neurons of this package weigh their drive with tau; there, lambda
    is 1 - tau, and the derivative is tau x.

    `Eligibility` filters the product ``s_i Psi(V_j)``, which takes a number for each synapse and
    stream. While the gain of a neuron is constant, the two are equal. Otherwise this rule pairs
    past spikes with the present gain, as the derivative does.

    Biases change by the sum of y, as from a neuron whose x is always 1.

    Parameters
    ----------
    learning_rate : float or sequence of float, default 1e-3
        eta, one for all projections or one for each; the update is the sum over the batch.
    weight_decay : float, default 0
        gamma: weights and biases are multiplied by (1 - gamma) at every step.
    decay_times_rate : bool, default False
        Whether they are multiplied by (1 - eta gamma) instead.
    memory : float, default 0.5
        lambda, the fraction of the presynaptic trace that is left after one step, in [0, 1).
    post_memory : float, default 0
        mu, the same of the postsynaptic trace, which holds past errors.

    Raises
    ------
    SpikefaError
        If an argument is out of range.
    """

    traces: ClassVar[Mapping[str, Place]] = {
        "pre_trace": "pre",
        "post_trace": "post",
        "factor": "post",
    }

    memory: ShareBelowOne = 0.5
    post_memory: ShareBelowOne = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()

    def update(self, pre: Tensor, post: Post, modulator: Tensor, state: PlasticityState) -> Outer:
        """Return ``-eta x^T y``."""
        x, y = state.traces["pre_trace"], state.traces["post_trace"]
        flush(torch.add(pre, x, alpha=self.memory, out=x))
        flush(y.mul_(self.post_memory).addcmul_(modulator, post.gain))
        factor = torch.mul(y, state.learning_rate, out=state.traces["factor"])
        return Outer(x, flush(factor.neg_()))
