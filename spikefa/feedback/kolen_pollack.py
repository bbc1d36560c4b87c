"""Kolen-Pollack: feedback weights that learn the same changes as the forward weights."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.feedback.correlation import Correlation
from spikefa.feedback.distributions import MatrixKind
from spikefa.feedback.error_population import PhiDelta
from spikefa.feedback.momentum import Momentum
from spikefa.feedback.plastic_layers import PlasticLayers
from spikefa.feedback.projection import Projection
from spikefa.feedback.random_matrices import RandomMatrices
from spikefa.feedback.state import FeedbackState
from spikefa.feedback.wiring import Wiring
from spikefa.synapses import Synapses
from spikefa.utils.ranges import PositiveScale, PositiveShare, ShareBelowOne
from spikefa.utils.tensors import add_product, flush


@dataclass
class KPState(FeedbackState):
    """State of the Kolen-Pollack circuit.

    Attributes
    ----------
    factors : list of Tensor [..., batch, n_{l+1}]
        eta phi_delta(U_{l+1}) Psi(V_{l+1}), the sending population's factor in the change of B_l.
    """

    factors: list[Tensor]


@dataclass(eq=False, kw_only=True)
class KP(PlasticLayers, sweep_only=True):
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

    Parameters
    ----------
    scale : float or sequence of float, default 0.1
        Size of the initial feedback weights, as in `FA`.
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the error neurons; see `ErrorPopulation`.
    gated : bool, default False
        Whether the transmitted error is gated by the forward neuron's gain Psi(V).
    tau : float, default 0.9
        Weight of the new drive in the error populations.
    matrix : str, default "uniform"
        Distribution of the initial feedback weights, as in `FA`.
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

    scale: PositiveScale | Sequence[PositiveScale] = field(default=0.1, kw_only=False)
    phi_delta: PhiDelta = "identity"
    gated: bool = False
    tau: PositiveShare = 0.9
    matrix: MatrixKind = "uniform"
    momentum: ShareBelowOne = 0.0
    random: RandomMatrices = field(init=False, repr=False)
    inertia: Momentum = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.inertia = Momentum(self.momentum, "B")

    @property
    def velocities(self) -> list[Tensor]:
        """The velocity v of each B_l; empty without momentum."""
        return self.inertia.velocities

    def wire(self, forward: Sequence[Synapses], device: torch.device, dtype: torch.dtype) -> Wiring:
        """Connect the layers, and allocate the velocities of the matrices."""
        wiring = super().wire(forward, device, dtype)
        self.inertia.connect(self.matrices)
        return wiring

    def initialise(self, seed: int) -> None:
        """Draw each B_l from its own random stream, and set the velocities to 0."""
        super().initialise(seed)
        self.inertia.rest()

    def tensors(self) -> dict[str, Tensor]:
        """Return the feedback matrices (B1, B2, ...) and, with momentum, velocities (v1, ...)."""
        return super().tensors() | self.inertia.tensors()

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> KPState:
        """Return the error populations at rest."""
        populations = self.wiring.at_rest(batch, device, dtype)
        factors = [torch.zeros_like(error.activity) for error in populations["errors"][1:]]
        return KPState(**populations, factors=factors)

    def learn(self, state: FeedbackState, projections: Sequence[Projection]) -> None:
        """Change the feedback synapses in the same way as the forward synapses beside them."""
        assert isinstance(state, KPState)
        changed = zip(
            self.matrices, state.factors, state.modulators[1:], projections[1:], strict=True
        )
        for number, (matrix, factor, modulator, forward) in enumerate(changed):
            rate = forward.plasticity.learning_rate
            flush(torch.mul(modulator, forward.post.gain, out=factor))
            if self.inertia:
                self.inertia.step(number, matrix, factor.mT, forward.pre, rate)
            else:
                add_product(matrix, flush(factor.mul_(rate)).mT, forward.pre, alpha=-1)

    def correlations(self) -> Sequence[Correlation]:
        """Return what `learn` does, if the changes of B have no momentum."""
        if self.inertia:
            return []
        return [
            Correlation(hop.matrix, hop.source, gated=True, layer=hop.target.layer)
            for hop in self.wiring.hops
        ]

    def decay(self, factor: float) -> None:
        """Decay the feedback weights by the same factor as the forward weights."""
        for matrix in self.matrices:
            flush(matrix.mul_(factor))
