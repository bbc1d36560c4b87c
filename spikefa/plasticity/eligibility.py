"""Three factors that need not coincide: each synapse remembers its recent activity."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.plasticity.base import Direct, Place, PlasticityRule, PlasticityState, Post
from spikefa.utils.ranges import ShareBelowOne
from spikefa.utils.tensors import flush


@dataclass(eq=False, kw_only=True)
class Eligibility(PlasticityRule):
    """Three-factor plasticity with an eligibility trace (reviewed by Fremaux & Gerstner 2016).

    In one step, for every synapse of every stream::

        e_ij <- lambda e_ij + s_i Psi(V_j)
        dW_ij = -eta phi_delta(U_j) e_ij           summed over the streams

    and for the biases as if they came from a neuron that always spikes. With lambda = 0 it is
    `ThreeFactor`.

    The trace is not a product of two factors, so it takes ``batch n_pre n_post`` numbers. Use a
    small batch, or `LowPassTraces`, which takes ``batch n_pre`` numbers and is the same while the
    gains are constant in time.

    Parameters
    ----------
    learning_rate : float or sequence of float, default 1e-3
        eta, one for all projections or one for each; the update is the sum over the batch.
    weight_decay : float, default 0
        gamma: weights and biases are multiplied by (1 - gamma) at every step.
    decay_times_rate : bool, default False
        Whether they are multiplied by (1 - eta gamma) instead.
    memory : float, default 0.5
        lambda, the fraction of the trace that is left after one step, in [0, 1).

    Raises
    ------
    SpikefaError
        If an argument is out of range.
    """

    traces: ClassVar[Mapping[str, Place]] = {
        "eligibility": "stream_synapse",
        "bias_eligibility": "post",
    }

    memory: ShareBelowOne = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()

    def update(self, pre: Tensor, post: Post, modulator: Tensor, state: PlasticityState) -> Direct:
        """Return ``-eta sum_k phi_delta(U_k) * e_k``, summed over the streams k."""
        eligibility = state.traces["eligibility"]
        for_bias = state.traces["bias_eligibility"]
        eligibility.mul_(self.memory).addcmul_(pre.unsqueeze(-1), post.gain.unsqueeze(-2))
        flush(eligibility)
        flush(for_bias.mul_(self.memory).add_(post.gain))
        weight = torch.einsum("...kij,...kj->...ij", eligibility, modulator)
        bias = torch.einsum("...kj,...kj->...j", for_bias, modulator)
        return Direct(
            weight.mul_(state.learning_rate).neg_(), bias.mul_(state.learning_rate).neg_()
        )
