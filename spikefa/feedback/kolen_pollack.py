"""Kolen-Pollack: feedback weights that learn the same changes as the forward ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.feedback.base import FeedbackState, Layer
from spikefa.feedback.distributions import MatrixKind
from spikefa.feedback.error_population import PhiDelta
from spikefa.feedback.fa import FA
from spikefa.utils.tensors import add_product

if TYPE_CHECKING:
    from spikefa.synapses import Dense


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
    momentum : float, default 0
        Of B, in [0, 1): ``v <- momentum v + [phi_delta(U) * Psi(V)]^T s`` and ``dB = -eta v``.
        Beside an optimiser with momentum B needs the same, to learn what W learns.

    Attributes
    ----------
    velocities : list of Tensor
        v of each; empty without momentum.

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
        momentum: float = 0.0,
    ):
        super().__init__(scale, phi_delta, gated, tau, matrix=matrix)
        require(0 <= momentum < 1, f"the momentum of B must be in [0, 1), {momentum} given")
        self.momentum = momentum
        self.velocities: list[Tensor] = []

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]}, momentum={self.momentum})"

    def connect(self, forward: Sequence["Dense"], device: torch.device, dtype: torch.dtype) -> None:
        """Make what FA makes, and a velocity for each matrix if there is momentum."""
        super().connect(forward, device, dtype)
        self.velocities = [torch.zeros_like(each) for each in self.matrices if self.momentum]

    def initialise(self, seed: int) -> None:
        """Draw each B_l from a stream of its own; nothing moves yet."""
        super().initialise(seed)
        for velocity in self.velocities:
            velocity.zero_()

    def tensors(self) -> dict[str, Tensor]:
        """Return the feedback matrices, B1, B2 and so on, and with momentum v1, v2 and so on."""
        moving = {f"v{layer}": each for layer, each in enumerate(self.velocities, start=1)}
        return super().tensors() | moving

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> KPState:
        """Return the error populations at rest."""
        errors = super().state(batch, device, dtype).errors
        return KPState(errors, [torch.zeros_like(error.activity) for error in errors[1:]])

    def learn(self, state: FeedbackState, layers: Sequence[Layer]) -> None:
        """Change the feedback synapses as the forward ones beside them."""
        assert isinstance(state, KPState)
        changed = zip(self.matrices, state.factors, state.modulators[1:], layers[1:], strict=True)
        for number, (matrix, factor, modulator, layer) in enumerate(changed):
            rate = layer.plasticity.learning_rate
            torch.mul(modulator, layer.post.gain, out=factor)
            if self.momentum:
                velocity = self.velocities[number].mul_(self.momentum)
                add_product(velocity, factor.mT, layer.pre)
                matrix.addcmul_(velocity, rate, value=-1)
            else:
                add_product(matrix, factor.mul_(rate).mT, layer.pre, alpha=-1)

    def decay(self, factor: float) -> None:
        """Let the feedback weights decay as the forward ones do."""
        for matrix in self.matrices:
            matrix.mul_(factor)
