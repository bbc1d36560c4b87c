"""Feedback alignment: the error descends layer by layer through fixed random matrices."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import torch

from spikefa.feedback.distributions import MatrixKind
from spikefa.feedback.error_population import PhiDelta
from spikefa.feedback.random_matrices import RandomMatrices
from spikefa.feedback.randomly_wired import RandomlyWired, transposed_shapes
from spikefa.feedback.wiring import Wiring, layer_by_layer
from spikefa.synapses import Synapses
from spikefa.utils.ranges import PositiveScale, PositiveShare, Share, ShareBelowOne


@dataclass(eq=False, kw_only=True)
class FA(RandomlyWired, sweep_only=True):
    """Feedback alignment (Lillicrap et al. 2016, Methods, eqs. 6 and 7).

    Each forward population l has an error population of the same size. In one step, from the output
    downwards::

        U_L <- (1 - tau) U_L + tau (s_L - target)
        U_l <- (1 - tau) U_l + tau x_{l+1} B_l         x = phi_delta(U), or phi_delta(U) * Psi(V)

    and the modulator of population l is phi_delta(U_l). The matrices B_l `[n_{l+1}, n_l]` are
    drawn once, independently, and never learn.

    Parameters
    ----------
    scale : float or sequence of float, default 0.1
        Size of the feedback weights: one value for all layers, or one for each from the lowest
        hidden population upwards. For the uniform distribution it is the half-range; see `matrix`
        for the others. The error keeps its size from one layer to the next at ``sqrt(3 / n)`` for
        "uniform", ``sqrt(1 / n)`` for "normal" and "sign", and 1 for "orthogonal", where n is the
        number of neurons that send the feedback.
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
        Fraction of missing feedback synapses, in [0, 1). With `reciprocity`, only between neurons
        without a forward synapse.
    reciprocity : float, optional
        Probability of a feedback synapse beside a forward synapse, that is, of neurons with a
        forward synapse to be connected in both directions. By default B does not depend on which
        forward synapses exist.
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

    scale: PositiveScale | Sequence[PositiveScale] = field(default=0.1, kw_only=False)
    phi_delta: PhiDelta = "identity"
    gated: bool = False
    tau: PositiveShare = 0.9
    matrix: MatrixKind = "uniform"
    sparsity: ShareBelowOne = 0.0
    reciprocity: Share | None = None
    procedural: bool = False
    random: RandomMatrices = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.random = RandomMatrices(
            self.scale,
            kind=self.matrix,
            sparsity=self.sparsity,
            reciprocity=self.reciprocity,
            procedural=self.procedural,
        )

    def wire(self, forward: Sequence[Synapses], device: torch.device, dtype: torch.dtype) -> Wiring:
        """Connect each error population to the one below through a matrix B_l."""
        matrices = self.random.connect(transposed_shapes(forward), device, dtype, forward[1:])
        return layer_by_layer(self.beside(forward), matrices, self.gated)
