"""The mixed strategies, which combine errors from the output and from neighbouring layers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import torch

from spikefa.feedback.combination import Combination, CombinationName
from spikefa.feedback.distributions import MatrixKind
from spikefa.feedback.error_population import PhiDelta
from spikefa.feedback.mixing import MixedState, Mixing
from spikefa.feedback.random_matrix import RandomMatrix
from spikefa.feedback.state import Site, beside
from spikefa.feedback.wiring import Hop, Wiring
from spikefa.synapses import Synapses
from spikefa.utils.ranges import PositiveScale, PositiveShare, ShareBelowOne


@dataclass(eq=False, kw_only=True)
class Mixed(Mixing, sweep_only=True):
    """The mixed strategies s1, s2 and s3 ("General feedback strategies", eq. 4 and table 1).

    Every hidden population receives the output error directly, and also errors from its neighbours.
    In one step, with x = phi_delta(U) * Psi(V), or x = phi_delta(U) if not gated::

        U_L <- (1 - tau) U_L + tau (s_L - target)
        U_l <- (1 - tau) U_l + tau F_l
        s1: F_l = F(x_L D_l, x_{l+1} A_l)                   downwards; top hidden layer: x_L D_l
        s2: F_l = F(x_L D_l, x_{l-1} C_l)                   upwards; lowest layer: x_L D_l
        s3: F_l = F(x_L D_l, y_{l+1} A_l, y_{l-1} C_l)      Y_l sends y_l, where
            Y_l <- (1 - tau) Y_l + tau x_L D_l

    and the modulator of population l is phi_delta(U_l). In s1 and s2 neighbours pass on their
    combined errors. In s3 each hidden population has a second error population Y_l, which passes on
    the direct error only. With tau = 1 and two hidden layers, these are the strategies of the
    paper; with more layers, s3 combines all three errors of eq. 4. With one hidden layer, each
    strategy is direct feedback alignment. D_l `[n_L, n_l]`, A_l `[n_{l+1}, n_l]` and C_l
    `[n_{l-1}, n_l]` are drawn once, independently, and never learn.

    Parameters
    ----------
    strategy : {"s1", "s2", "s3"}, default "s1"
        Mixed strategy; see above.
    combine : {"mean", "sum", "tanh"} or callable, default "mean"
        F: the mean of the errors that arrive, as in the paper, their sum, or tanh of their sum; or
        a function ``F(terms, out)`` that combines tensors `[..., batch, n]` and writes to `out`.
    scale : float, default 0.2
        Size of all feedback weights: the half-range of a uniform distribution, 1/2 in the paper.
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the error neurons; see `ErrorPopulation`.
    gated : bool, default True
        Whether the transmitted error is gated by the forward neuron's gain Psi(V), as in the paper.
    tau : float, default 0.9
        Weight of the new drive in the error populations.
    matrix : str, default "uniform"
        Distribution of the feedback weights; see `RandomMatrix`.
    sparsity : float, default 0
        Fraction of missing feedback synapses, in [0, 1).

    Raises
    ------
    SpikefaError
        If an argument is out of range, or the circuit is connected twice.
    """

    strategies: ClassVar[Sequence[str]] = ("s1", "s2", "s3")

    strategy: str = field(default="s1", kw_only=False)
    combine: CombinationName | Combination = field(default="mean", kw_only=False)
    scale: PositiveScale = 0.2
    phi_delta: PhiDelta = "identity"
    gated: bool = True
    tau: PositiveShare = 0.9
    matrix: MatrixKind = "uniform"
    sparsity: ShareBelowOne = 0.0
    random: list[dict[str, RandomMatrix]] = field(init=False, repr=False, default_factory=list)

    def wire(self, forward: Sequence[Synapses], device: torch.device, dtype: torch.dtype) -> Wiring:
        """Connect the output's error population to all others, and those to their neighbours."""
        return self.mix(forward, device, dtype)

    def direct_hop(self, target: Site, matrix: RandomMatrix) -> Hop:
        """Return the hop from the error population beside the output."""
        return Hop(beside(len(self.random)), target, matrix, self.gated, "direct")

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> MixedState:
        """Return all error populations at rest."""
        return MixedState(
            **self.wiring.at_rest(batch, device, dtype), arrived=self.arrivals(batch, device, dtype)
        )
