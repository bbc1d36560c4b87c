"""Direct random target projection: hidden layers learn from the target, not from an error."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.feedback.distributions import MatrixKind
from spikefa.feedback.error_population import ErrorPopulation, ErrorState, PhiDelta
from spikefa.feedback.random_matrices import RandomMatrices
from spikefa.feedback.randomly_wired import RandomlyWired, shapes_from_the_output
from spikefa.feedback.state import FeedbackState, Site, beside
from spikefa.feedback.wiring import Hop, Wiring
from spikefa.synapses import Synapses
from spikefa.utils.ranges import PositiveScale, PositiveShare, ShareBelowOne


@dataclass
class TargetState(FeedbackState):
    """State of a circuit with a population that holds the target.

    Attributes
    ----------
    target : list of ErrorState
        One population of n_L neurons, whose activity is minus the target: the error that a silent
        output would make.
    """

    target: list[ErrorState]


@dataclass(eq=False, kw_only=True)
class DRTP(RandomlyWired):  # not sweep_only: `observe_target` writes where its sweep begins
    """Direct random target projection (Frenkel, Lefebvre & Bol 2021).

    Like `DFA`, but in place of the error, the target reaches the hidden layers. In one step::

        U_L <- (1 - tau) U_L + tau (s_L - target)
        U_l <- (1 - tau) U_l - tau target B_l

    and the modulator of population l is phi_delta(U_l). If the target is 1 for the right class and
    0 for all others, the signs of the error are known before the output has answered: what is
    wrong with the right class is at most 0, with others at least 0. The minus stands for these
    signs. So no hidden layer waits for the output, and none receives an error that gets smaller as
    the network learns: the modulators keep their size.

    The matrices B_l `[n_L, n_l]` are drawn once, independently, and are those of `DFA` with the
    same seed.

    Parameters
    ----------
    scale : float or sequence of float, default 0.2
        Size of the feedback weights, as in `FA`. With a target of k ones, the modulators have a
        standard deviation of ``scale sqrt(k / 3)``.
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the error neurons beside the layers; see `ErrorPopulation`.
    tau : float, default 0.9
        Weight of the new drive in the populations beside the layers.
    matrix : str, default "uniform"
        Distribution of B, as in `DFA`.
    sparsity : float, default 0
        Fraction of missing feedback synapses, in [0, 1).
    procedural : bool, default False
        Whether B is redrawn from the seed at each use instead of being stored, as in `DFA`.

    Raises
    ------
    SpikefaError
        If an argument is out of range, or the circuit is connected twice.
    """

    serves_shared: ClassVar[bool] = True
    serves_residual: ClassVar[bool] = True

    scale: PositiveScale | Sequence[PositiveScale] = field(default=0.2, kw_only=False)
    phi_delta: PhiDelta = "identity"
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
        """Connect the population of the target to all hidden ones, each through a matrix B_l."""
        matrices = self.random.connect(shapes_from_the_output(forward), device, dtype)
        populations = {
            "errors": self.beside(forward),
            "target": [ErrorPopulation(forward[-1].n_post, tau=1.0)],
        }
        hops = [
            Hop(Site("target", 0), beside(layer), matrix) for layer, matrix in enumerate(matrices)
        ]
        return Wiring(populations=populations, hops=hops)

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> TargetState:
        """Return all populations at rest."""
        return TargetState(**self.wiring.at_rest(batch, device, dtype))

    def observe_target(self, state: FeedbackState, target: Tensor) -> None:
        """Write minus the target into the drive of the population that holds it."""
        assert isinstance(state, TargetState)
        torch.neg(target, out=state.target[0].drive)
