"""Eligibility propagation: what a synapse did to its neuron, through potential and threshold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.plasticity.base import Direct, Place, PlasticityRule, PlasticityState, Post
from spikefa.utils.ranges import ProperShare, Scale, ShareBelowOne
from spikefa.utils.tensors import flush


@dataclass(eq=False, kw_only=True)
class EProp(PlasticityRule):
    """E-prop for LIF and adaptive LIF neurons (Bellec et al. 2020).

    In one step, for every synapse of every stream::

        x_i   <- memory x_i + s_i                            derivative of V_j
        e_ij   = Psi(V_j) (x_i - adaptation a_ij)            derivative of s_j
        f_ij  <- readout_memory f_ij + e_ij
        dW_ij  = -eta phi_delta(U_j) f_ij                    summed over the streams
        a_ij  <- adaptation_memory a_ij + e_ij               derivative of the adaptation of j

    The constants are those of the postsynaptic neurons (`ALIF`), which a synapse cannot ask for.
    ``readout_memory`` is that of the neurons that read the layer out: at each time, their potential
    holds all earlier spikes. The rule follows the gradient of everything in time but what spikes do
    to later steps of other neurons, and what a reset does. Biases change as if they came from a
    neuron that always spikes.

    f and a are no products of two factors, and take ``2 batch n_pre n_post`` numbers. LIF neurons
    have no a (``adaptation=0``). If they are read out without memory (``readout_memory=0``), f is
    the product ``x_i Psi(V_j)``: use `LowPassTraces`, which then makes the same changes of the
    weights for ``batch n_pre`` numbers. With ``memory=0`` too it is `ThreeFactor`.

    With a `rate_strength` the learning signal is ``phi_delta(U_j) + rate_strength (r_j -
    target_rate)``, where ``r_j <- rate_memory r_j + (1 - rate_memory) s_j``: the regularisation of
    firing rates of Bellec et al. 2020, with the filtered eligibility and a running mean in place of
    that of a whole trial.

    Parameters
    ----------
    learning_rate : float or sequence of float, default 1e-3
        eta, one for all projections or one for each; the update is the sum over the batch.
    weight_decay : float, default 0
        gamma: weights and biases are multiplied by (1 - gamma) at every step.
    decay_times_rate : bool, default False
        Whether they are multiplied by (1 - eta gamma) instead.
    memory : float, default 0.9
        Fraction of a neuron's potential that is left after one step, in [0, 1).
    adaptation : float, default 0.2
        How much a spike raises the threshold of the neuron.
    adaptation_memory : float, default 0.97
        Fraction of the adaptation that is left after one step, in [0, 1).
    readout_memory : float, default 0.5
        Fraction of f that is left after one step, in [0, 1).
    rate_strength : float, default 0
        How strongly neurons are drawn to a mean rate; see above.
    target_rate : float, default 0.01
        The mean number of spikes in a step that they are drawn to, in (0, 1).
    rate_memory : float, default 0.99
        Fraction of the mean rate r that is left after one step, in [0, 1).

    Raises
    ------
    SpikefaError
        If an argument is out of range.
    """

    traces: ClassVar[Mapping[str, Place]] = {
        "pre_trace": "pre",
        "eligibility": "stream_synapse",
        "adaptation_eligibility": "stream_synapse",
        "bias_trace": "post",
        "bias_eligibility": "post",
        "bias_adaptation_eligibility": "post",
        "mean_rate": "post",
    }

    memory: ShareBelowOne = 0.9
    adaptation: Scale = 0.2
    adaptation_memory: ShareBelowOne = 0.97
    readout_memory: ShareBelowOne = 0.5
    rate_strength: Scale = 0.0
    target_rate: ProperShare = 0.01
    rate_memory: ShareBelowOne = 0.99

    def __post_init__(self) -> None:
        super().__post_init__()

    def update(self, pre: Tensor, post: Post, modulator: Tensor, state: PlasticityState) -> Direct:
        """Return ``-eta sum_k phi_delta(U_k) * f_k``, summed over the streams k."""
        traces, rate = state.traces, state.learning_rate
        x, always = traces["pre_trace"], traces["bias_trace"]
        flush(torch.add(pre, x, alpha=self.memory, out=x))
        always.mul_(self.memory).add_(1)
        eligible, adapting = traces["eligibility"], traces["adaptation_eligibility"]
        signal = self._signal(modulator, post.spikes, traces["mean_rate"])
        self._follow(x.unsqueeze(-1), post.gain.unsqueeze(-2), eligible, adapting)
        weight = torch.einsum("...kij,...kj->...ij", eligible, signal)
        eligible, adapting = traces["bias_eligibility"], traces["bias_adaptation_eligibility"]
        self._follow(always, post.gain, eligible, adapting)
        bias = torch.einsum("...kj,...kj->...j", eligible, signal)
        return Direct(weight.mul_(rate).neg_(), bias.mul_(rate).neg_())

    def _signal(self, modulator: Tensor, spikes: Tensor, rate: Tensor) -> Tensor:
        """Return the learning signal: the error, and how far the rate is from its target."""
        if not self.rate_strength:
            return modulator
        flush(rate.mul_(self.rate_memory).add_(spikes, alpha=1 - self.rate_memory))
        return torch.add(modulator, rate - self.target_rate, alpha=self.rate_strength)

    def _follow(self, x: Tensor, gain: Tensor, eligible: Tensor, adapting: Tensor) -> None:
        """Advance f and a by one step, in place, without room for e."""
        lowered = gain * self.adaptation
        eligible.mul_(self.readout_memory).addcmul_(x, gain).addcmul_(lowered, adapting, value=-1)
        adapting.mul_(lowered.neg_().add_(self.adaptation_memory)).addcmul_(x, gain)
        flush(eligible)
        flush(adapting)
