"""PFA-o: product feedback alignment whose fixed matrices are semi-orthogonal."""

from collections.abc import Sequence

import torch

from spikefa.feedback.error_population import PhiDelta
from spikefa.feedback.product import PFA
from spikefa.feedback.random_matrix import RandomMatrix


class PFAo(PFA):
    """PFA-o: product feedback alignment with semi-orthogonal B (Li Ji-An & Benna, proposition 1).

    As `PFA`, but B_l `[n_{l+1}, n_mid]` has orthonormal rows, for which as many extra neurons will
    do as the layer above has. B_l B_l^T is the identity then, and the angle between the path
    B_l R_l and W_{l+1}^T goes to 0.

    Parameters
    ----------
    expansion : float, default 1
        Neurons of the extra population for each neuron of the layer that sends; at least 1.
    neurons, scale, plastic, phi_delta, gated, tau, middle_tau, middle_phi_delta, momentum
        As in `PFA`.

    Raises
    ------
    SpikefaError
        As `PFA`.
    """

    def __init__(
        self,
        expansion: float = 1.0,
        neurons: int | Sequence[int] | None = None,
        scale: float | Sequence[float] = 0.2,
        plastic: bool = True,
        phi_delta: PhiDelta = "identity",
        gated: bool = True,
        tau: float = 0.9,
        middle_tau: float = 1.0,
        middle_phi_delta: PhiDelta = "identity",
        momentum: float = 0.0,
    ):
        super().__init__(
            expansion,
            neurons,
            scale,
            plastic,
            phi_delta,
            gated,
            tau,
            middle_tau,
            middle_phi_delta,
            momentum,
        )

    def random_matrix(
        self, n_above: int, n_mid: int, device: torch.device, dtype: torch.dtype
    ) -> RandomMatrix:
        """Return room for one B of orthonormal rows."""
        return RandomMatrix(n_above, n_mid, "orthogonal", 1.0, device=device, dtype=dtype)
