"""Direct feedback alignment: the output error goes directly to every hidden population."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import torch

from spikefa.feedback.distributions import MatrixKind
from spikefa.feedback.error_population import PhiDelta
from spikefa.feedback.random_matrices import RandomMatrices
from spikefa.feedback.randomly_wired import RandomlyWired, shapes_from_the_output
from spikefa.feedback.wiring import Wiring, from_the_output
from spikefa.synapses import Synapses
from spikefa.utils.ranges import PositiveScale, PositiveShare, ShareBelowOne


@dataclass(eq=False, kw_only=True)
class DFA(RandomlyWired, sweep_only=True):
    """Direct feedback alignment (Nokland 2016).

    Like `FA`, but every hidden population receives the output error directly, through its own
    matrix. In one step::

        U_L <- (1 - tau) U_L + tau (s_L - target)
        U_l <- (1 - tau) U_l + tau x_L B_l             x = phi_delta(U), or phi_delta(U) * Psi(V)

    and the modulator of population l is phi_delta(U_l). The matrices B_l `[n_L, n_l]` are drawn
    once, independently for each layer (no matrix is shared), and never learn. With one hidden
    layer, DFA is the same as FA.

    Parameters
    ----------
    scale : float or sequence of float, default 0.2
        Size of the feedback weights, as in `FA`. All layers receive input only from the n_L output
        neurons, so one scale suits all depths. The error keeps its size at ``sqrt(3 / n_L)``, which
        is 0.12 for 200 output neurons; spiking networks learn faster with twice that value. For a
        rate network with 10 output neurons, 0.5 is a good starting point.
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the error neurons; see `ErrorPopulation`.
    gated : bool, default False
        Whether the transmitted error is gated by the forward neuron's gain Psi(V), as in
        backpropagation. The spiking model of the paper does not gate it.
    tau : float, default 0.9
        Weight of the new drive in the error populations.
    matrix : str, default "uniform"
        Distribution of B: "uniform" in [-scale, scale], "normal" with standard deviation scale,
        "sign" (-scale or scale), "orthogonal", or "B1" to "B7"; see `RandomMatrix`.
    sparsity : float, default 0
        Fraction of missing feedback synapses, in [0, 1).
    procedural : bool, default False
        Whether B is redrawn from the seed at each use instead of being stored. The numbers are the
        same; only one block is in memory at a time, but drawing takes time; see `RandomMatrix`.
        `matrices` is then empty, and no alignment is reported. The fused backend draws different
        numbers, on the device.

    Raises
    ------
    SpikefaError
        If an argument is out of range, or the circuit is connected twice.
    """

    serves_shared: ClassVar[bool] = True
    serves_residual: ClassVar[bool] = True

    scale: PositiveScale | Sequence[PositiveScale] = field(default=0.2, kw_only=False)
    phi_delta: PhiDelta = "identity"
    gated: bool = False
    tau: PositiveShare = 0.9
    matrix: MatrixKind = "uniform"
    sparsity: ShareBelowOne = 0.0
    procedural: bool = False
    random: RandomMatrices = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.random = RandomMatrices(
            self.scale, kind=self.matrix, sparsity=self.sparsity, procedural=self.procedural
        )

    def wire(self, forward: Sequence[Synapses], device: torch.device, dtype: torch.dtype) -> Wiring:
        """Connect the output's error population to all others, each through a matrix B_l."""
        matrices = self.random.connect(shapes_from_the_output(forward), device, dtype)
        return from_the_output(self.beside(forward), matrices, self.gated)
