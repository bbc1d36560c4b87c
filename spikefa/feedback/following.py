"""Base class of circuits whose feedback weights learn the changes of forward weights."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from spikefa.feedback.correlation import Correlation
from spikefa.feedback.momentum import Momentum
from spikefa.feedback.projection import Projection
from spikefa.feedback.randomly_wired import RandomlyWired
from spikefa.feedback.state import FeedbackState
from spikefa.synapses import Synapses
from spikefa.utils.ranges import ShareBelowOne
from spikefa.utils.tensors import flush


@dataclass
class KPState(FeedbackState):
    """State of the Kolen-Pollack circuits.

    Attributes
    ----------
    factors : list of Tensor [..., batch, n]
        eta phi_delta(U) Psi(V), the sending population's factor in the change of each B_l.
    """

    factors: list[Tensor]


class Following(RandomlyWired):
    """A circuit in which each B_l learns as if it were a forward projection, transposed.

    In every step, for the population m that sends through B_l::

        dB_l = -eta [phi_delta(U_m) * Psi(V_m)]^T s_l
        B_l  = (1 - gamma) B_l                         whenever W decays by the same factor

    This is the transposed change of forward synapses that lead from population l to m, if there are
    any and they learn by `ThreeFactor`. A subclass is a dataclass that has this parameter and
    defines `wire`.

    Parameters
    ----------
    momentum : float
        Momentum of B, in [0, 1).
    """

    momentum: ShareBelowOne
    inertia: Momentum

    def __post_init__(self) -> None:
        super().__post_init__()
        self.inertia = Momentum(self.momentum, "B")

    def connect(
        self, forward: Sequence[Synapses], device: torch.device, dtype: torch.dtype
    ) -> None:
        """Connect the error populations, and allocate the velocities of the matrices."""
        super().connect(forward, device, dtype)
        self.inertia.connect(self.random.learning)

    @property
    def velocities(self) -> list[Tensor]:
        """The velocity v of each B_l; empty without momentum."""
        return self.inertia.velocities

    @property
    def senders(self) -> list[int]:
        """The population that sends through each B_l, from the lowest hidden layer upwards."""
        hops = sorted(self.wiring.hops, key=lambda hop: hop.target.layer)
        return [hop.source.layer for hop in hops]

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
        errors = populations["errors"]
        factors = [torch.zeros_like(errors[sender].activity) for sender in self.senders]
        return KPState(**populations, factors=factors)

    def learn(self, state: FeedbackState, projections: Sequence[Projection]) -> None:
        """Change the feedback synapses in the same way as forward synapses beside them."""
        assert isinstance(state, KPState)
        learning = self.random.learning
        changed = zip(learning, state.factors, self.senders, projections[1:], strict=True)
        for number, (matrix, factor, sender, forward) in enumerate(changed):
            rate = forward.plasticity.learning_rate
            modulator, gain = state.modulators[sender], projections[sender].post.gain
            flush(torch.mul(modulator, gain, out=factor))
            if self.inertia:
                self.inertia.step(number, factor, forward.pre, rate)
            else:
                matrix.learn(flush(factor.mul_(rate)), forward.pre, alpha=-1)
        self.random.constrain()

    def correlations(self) -> Sequence[Correlation]:
        """Return what `learn` does, if the changes of B have no momentum, and B has no holes."""
        if self.inertia or self.random.masks:
            return []
        return [
            Correlation(hop.matrix, hop.source, gated=True, layer=hop.target.layer)
            for hop in self.wiring.hops
        ]

    def decay(self, factor: float) -> None:
        """Decay the feedback weights by the same factor as the forward weights."""
        for matrix in self.matrices:
            flush(matrix.mul_(factor))
