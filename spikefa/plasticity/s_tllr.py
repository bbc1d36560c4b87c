"""Eligibility in both orders of pre and post, as products of traces."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.plasticity.base import Outer, Place, PlasticityRule, PlasticityState, Post
from spikefa.utils.ranges import ShareBelowOne, Signed
from spikefa.utils.tensors import flush


@dataclass(eq=False, kw_only=True)
class STLLR(PlasticityRule):
    """S-TLLR, an STDP-inspired temporal local learning rule (Apolinario & Roy 2025).

    With a trace x of the presynaptic spikes and z of the postsynaptic gain, in one step::

        x_i  <- lambda_pre x_i + s_i
        dW_ij = -eta phi_delta(U_j) [Psi(V_j) x_i + acausal s_i z_j]
        z_j  <- lambda_post z_j + Psi(V_j)

    The first term pairs the postsynaptic neuron with earlier spikes, as `LowPassTraces` does. The
    second pairs a spike with earlier states of the postsynaptic neuron, near its threshold, which
    it did not cause: as in `STDP`, but with the gain in place of the postsynaptic spikes. The paper
    weighs both terms; here the learning rate weighs the first. Biases change by the first term
    alone, as from a neuron whose x is always 1.

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
    post_memory : float, default 0.2
        lambda_post, the same of the trace of the gain.
    acausal : float, default -1
        Weight of post before pre; with 0 this is `LowPassTraces`.

    Raises
    ------
    SpikefaError
        If an argument is out of range.
    """

    traces: ClassVar[Mapping[str, Place]] = {"pre_trace": "pre", "gain_trace": "post"}

    pre_memory: ShareBelowOne = 0.5
    post_memory: ShareBelowOne = 0.2
    acausal: Signed = -1.0

    def __post_init__(self) -> None:
        super().__post_init__()

    def update(self, pre: Tensor, post: Post, modulator: Tensor, state: PlasticityState) -> Outer:
        """Return both terms as one product, concatenated along the streams.

        With c and d for the factors of x and s, this is ``x^T (c - d) + (x + s)^T d``: the same as
        ``x^T c + s^T d``, but the biases, which learn from the sum of the right factors, get c.
        """
        x, z = state.traces["pre_trace"], state.traces["gain_trace"]
        flush(torch.add(pre, x, alpha=self.pre_memory, out=x))
        signal = (modulator * state.learning_rate).neg_()
        causal = signal * post.gain
        acausal = flush(signal.mul_(z).mul_(self.acausal))
        flush(torch.add(post.gain, z, alpha=self.post_memory, out=z))
        left, right = [x, x + pre], [flush(causal.sub_(acausal)), acausal]
        return Outer(torch.cat(left, -2), torch.cat(right, -2))
