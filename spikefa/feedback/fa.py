"""Feedback alignment: fixed random matrices, layer by layer."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from spikefa.feedback.distributions import MatrixKind
from spikefa.feedback.error_population import PhiDelta
from spikefa.feedback.layerwise import Layerwise
from spikefa.feedback.random_matrices import RandomMatrices

if TYPE_CHECKING:
    from spikefa.synapses import Dense


class FA(Layerwise):
    """Feedback alignment (Lillicrap et al. 2016, Methods, eqs. 6 and 7).

    Each forward population l has an error population of its size. In one step, downwards::

        U_L <- (1 - tau) U_L + tau (s_L - target)
        U_l <- (1 - tau) U_l + tau x_{l+1} B_l         x = phi_delta(U), or phi_delta(U) * Psi(V)

    and the modulator of population l is phi_delta(U_l). The matrices B_l `[n_{l+1}, n_l]` are
    drawn once, independently, and never learn.

    Parameters
    ----------
    scale : float or sequence of float, default 0.1
        Size of the feedback weights, for all layers or for each, from the lowest hidden population
        upwards: the half-range of the uniform distribution, for others see `matrix`. The error
        keeps its size from one layer to the next for ``sqrt(3 / n)``, n being the number of
        neurons that feed back; for "normal" and "sign" for ``sqrt(1 / n)``, for "orthogonal" for 1.
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the error neurons; see `ErrorPopulation`.
    gated : bool, default False
        Whether the transmitted error is gated by the forward neuron's gain Psi(V), as in
        backpropagation. The spiking model of the paper does not.
    tau : float, default 0.9
        Weight of the new drive in the error populations.
    matrix : str, default "uniform"
        Distribution of B: "uniform" in [-scale, scale], "normal" of standard deviation scale,
        "sign" (-scale or scale), "orthogonal", or "B1" to "B7"; see `RandomMatrix`.
    sparsity : float, default 0
        Fraction of the feedback synapses that are missing, in [0, 1).
    procedural : bool, default False
        Whether B is drawn again from the seed at each use instead of stored: the same numbers, for
        the memory of one block and the time of drawing; see `RandomMatrix`. `matrices` is then
        empty, and no alignment is reported. The fused backend draws other numbers, on the device.

    Raises
    ------
    SpikefaError
        If an argument is out of range, or the circuit is connected twice.
    """

    def __init__(
        self,
        scale: float | Sequence[float] = 0.1,
        phi_delta: PhiDelta = "identity",
        gated: bool = False,
        tau: float = 0.9,
        *,
        matrix: MatrixKind = "uniform",
        sparsity: float = 0.0,
        procedural: bool = False,
    ):
        super().__init__(phi_delta, gated, tau)
        self.random = RandomMatrices(scale, matrix, sparsity, procedural)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.random}, phi_delta={self.phi_delta!r}, "
            f"gated={self.gated}, tau={self.tau})"
        )

    @property
    def matrices(self) -> list[Tensor]:
        """The matrices B_l; none if they are procedural."""
        return self.random.stored

    @property
    def needs_host(self) -> bool:
        """Whether the matrices are procedural: they are drawn on the host."""
        return self.random.procedural

    def connect(self, forward: Sequence["Dense"], device: torch.device, dtype: torch.dtype) -> None:
        """Make one error population per forward population and a matrix between neighbours."""
        super().connect(forward, device, dtype)
        self.random.connect(self.shapes(forward), device, dtype)

    def shapes(self, forward: Sequence["Dense"]) -> list[tuple[int, int]]:
        """Return the shape of each B_l, that of the forward weights beside it transposed."""
        return [(above.n_post, above.n_pre) for above in forward[1:]]

    def initialise(self, seed: int) -> None:
        """Draw each B_l from a stream of its own."""
        self.random.initialise(seed)

    def carry(self, layer: int, sent: Tensor, out: Tensor) -> None:
        """Write ``sent B_l``."""
        self.random.each[layer].carry(sent, out)

    def layer_matrices(self) -> list[Tensor]:
        """Return the matrices B_l, from the lowest hidden population upwards."""
        return self.matrices

    def tensors(self) -> dict[str, Tensor]:
        """Return the feedback matrices, ``B1`` being the one into the first hidden population."""
        return self.random.tensors()
