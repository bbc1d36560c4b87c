"""Kolen-Pollack: feedback weights that learn the same changes as the forward ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from spikefa.feedback.base import FeedbackState, Layer
from spikefa.feedback.distributions import MatrixKind
from spikefa.feedback.error_population import PhiDelta
from spikefa.feedback.fa import FA
from spikefa.tensors import add_product


@dataclass
class KPState(FeedbackState):
    """State of the Kolen-Pollack circuit.

    Attributes
    ----------
    factors : list of Tensor [..., batch, n_{l+1}]
        eta phi_delta(U_{l+1}) Psi(V_{l+1}), what the feedback synapses of each layer learn from.
    """

    factors: list[Tensor]


class KP(FA):
    """Kolen-Pollack feedback (Kolen & Pollack 1994; Akrout et al. 2019).

    Error populations as in `FA`, whose synapses learn what the forward ones learn. At every step::

        dB_l = -eta [phi_delta(U_{l+1}) * Psi(V_{l+1})]^T s_l
        B_l  = (1 - gamma) B_l                         whenever W decays by the same factor

    summed over the batch, with the learning rate that the forward synapses have at that moment.
    With `ThreeFactor` this is the transpose of the change of W_{l+1}, so that ``W^T - B`` shrinks
    by (1 - gamma) per step, whatever is learned: with a decay the feedback becomes backpropagation.
    The default decay of 1e-8 is too weak for that; a spiking network of 300 neurons a layer learned
    best with 1e-3 per step. Beside another rule B learns as said here, and need not align.

    Parameters
    ----------
    scale : float or sequence of float, default 0.1
        Size of the first feedback weights, as in `FA`.
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the error neurons; see `ErrorPopulation`.
    gated : bool, default False
        Whether the transmitted error is gated by the forward neuron's gain Psi(V).
    tau : float, default 0.9
        Weight of the new drive in the error populations.
    matrix : str, default "uniform"
        Distribution of the first feedback weights, as in `FA`.

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
    ):
        super().__init__(scale, phi_delta, gated, tau, matrix=matrix)

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> KPState:
        """Return the error populations at rest."""
        errors = super().state(batch, device, dtype).errors
        return KPState(errors, [torch.zeros_like(error.activity) for error in errors[1:]])

    def learn(self, state: FeedbackState, layers: Sequence[Layer]) -> None:
        """Change the feedback synapses as the forward ones beside them."""
        assert isinstance(state, KPState)
        changed = zip(self.matrices, state.factors, state.modulators[1:], layers[1:], strict=True)
        for matrix, factor, modulator, layer in changed:
            torch.mul(modulator, layer.post.gain, out=factor).mul_(layer.plasticity.learning_rate)
            add_product(matrix, factor.mT, layer.pre, alpha=-1)

    def decay(self, factor: float) -> None:
        """Let the feedback weights decay as the forward ones do."""
        for matrix in self.matrices:
            matrix.mul_(factor)
