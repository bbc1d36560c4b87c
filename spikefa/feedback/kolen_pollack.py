"""Kolen-Pollack: feedback weights that learn the same changes as the forward weights."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from spikefa.feedback.distributions import MatrixKind
from spikefa.feedback.error_population import PhiDelta
from spikefa.feedback.following import Following
from spikefa.feedback.momentum import Momentum
from spikefa.feedback.plastically_wired import PlasticallyWired
from spikefa.feedback.random_matrices import RandomMatrices
from spikefa.utils.ranges import PositiveScale, PositiveShare, Share, ShareBelowOne


@dataclass(eq=False, kw_only=True)
class KP(Following, PlasticallyWired, sweep_only=True):
    """Kolen-Pollack feedback (Kolen & Pollack 1994; Akrout et al. 2019).

    The error populations are those of `FA`, and their synapses learn the same changes as the
    forward synapses. In every step::

        dB_l = -eta [phi_delta(U_{l+1}) * Psi(V_{l+1})]^T s_l
        B_l  = (1 - gamma) B_l                         whenever W decays by the same factor

    summed over the batch, with the current learning rate of the forward synapses. With
    `ThreeFactor`, dB_l is the transpose of the change of W_{l+1}, so ``W^T - B`` shrinks by a
    factor of (1 - gamma) per step, whatever the network learns. With weight decay, the feedback
    therefore converges to backpropagation. The default decay of 1e-8 is too weak for this; a
    spiking network with 300 neurons per layer learned best with 1e-3 per step. With other
    plasticity rules, B still learns by these equations and does not necessarily align with W.

    By default the error passes the gain of the forward neurons, as in Kolen & Pollack and Akrout et
    al. Without this, neurons that always or never spike still send their error, through weights
    that grow with W, and saturate the neurons below them; docs/circuits.md has the numbers.

    Parameters
    ----------
    scale : float or sequence of float, default 0.4
        Size of the initial feedback weights, as in `FA`. The default is four times that of `FA`,
        since the gain of a stochastic binary neuron is at most 1/4.
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the error neurons; see `ErrorPopulation`.
    gated : bool, default True
        Whether the transmitted error is gated by the forward neuron's gain Psi(V), as the chain
        rule requires.
    tau : float, default 0.9
        Weight of the new drive in the error populations.
    matrix : str, default "uniform"
        Distribution of the initial feedback weights, as in `FA`.
    sparsity : float, default 0
        Fraction of missing feedback synapses, in [0, 1), which stay missing while the others learn.
        With `reciprocity`, only between neurons without a forward synapse.
    reciprocity : float, optional
        Probability of a feedback synapse beside a forward synapse, as in `FA`.
    momentum : float, default 0
        Momentum of B, in [0, 1): ``v <- momentum v + [phi_delta(U) * Psi(V)]^T s`` and
        ``dB = -eta v``. If the forward synapses use an optimiser with momentum, B needs the same
        momentum to learn the same changes as W.

    Attributes
    ----------
    velocities : list of Tensor
        Velocity v of each B_l; empty without momentum.

    Raises
    ------
    SpikefaError
        If an argument is out of range, or the circuit is connected twice.
    """

    serves_shared: ClassVar[bool] = True
    serves_residual: ClassVar[bool] = True

    scale: PositiveScale | Sequence[PositiveScale] = field(default=0.4, kw_only=False)
    phi_delta: PhiDelta = "identity"
    gated: bool = True
    tau: PositiveShare = 0.9
    matrix: MatrixKind = "uniform"
    sparsity: ShareBelowOne = 0.0
    reciprocity: Share | None = None
    momentum: ShareBelowOne = 0.0
    random: RandomMatrices = field(init=False, repr=False)
    inertia: Momentum = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.random = RandomMatrices(
            self.scale, kind=self.matrix, sparsity=self.sparsity, reciprocity=self.reciprocity
        )
