"""Direct Kolen-Pollack: direct feedback that learns from output error and hidden activity."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from spikefa.feedback.distributions import MatrixKind
from spikefa.feedback.error_population import PhiDelta
from spikefa.feedback.following import Following
from spikefa.feedback.momentum import Momentum
from spikefa.feedback.plastically_wired import PlasticallyWired
from spikefa.feedback.random_matrices import RandomMatrices
from spikefa.utils.ranges import PositiveScale, PositiveShare, ShareBelowOne


@dataclass(eq=False, kw_only=True)
class DKP(Following, PlasticallyWired, sweep_only=True):
    """Direct Kolen-Pollack feedback (Webster, Choi & Ahn 2021).

    The error populations are those of `DFA`, and their synapses learn by the rule of `KP`. In every
    step::

        dB_l = -eta [phi_delta(U_L) * Psi(V_L)]^T s_l
        B_l  = (1 - gamma) B_l                         whenever W decays by the same factor

    summed over the batch, with the learning rate of the synapses that start at population l.
    The last hidden layer reaches the output directly, so its B is that of `KP`: ``W^T - B`` shrinks
    by a factor of (1 - gamma) per step. With one hidden layer, DKP is the same as KP. Lower layers
    have no synapses onto the output. There, B is the transpose of the weights that such synapses
    would learn by the delta rule. It correlates with the transposed product of the weights on the
    way up, since the way up learns from the same errors, but does not converge to it.

    Parameters
    ----------
    scale : float or sequence of float, default 0.2
        Size of the initial feedback weights, as in `DFA`.
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the error neurons; see `ErrorPopulation`.
    gated : bool, default False
        Whether the transmitted error is gated by the output neuron's gain Psi(V).
    tau : float, default 0.9
        Weight of the new drive in the error populations.
    matrix : str, default "uniform"
        Distribution of the initial feedback weights, as in `DFA`.
    momentum : float, default 0
        Momentum of B, in [0, 1), as in `KP`.

    Attributes
    ----------
    velocities : list of Tensor
        Velocity v of each B_l; empty without momentum.

    Raises
    ------
    SpikefaError
        If an argument is out of range, or the circuit is connected twice.
    """

    direct: ClassVar[bool] = True
    serves_shared: ClassVar[bool] = True
    serves_residual: ClassVar[bool] = True

    scale: PositiveScale | Sequence[PositiveScale] = field(default=0.2, kw_only=False)
    phi_delta: PhiDelta = "identity"
    gated: bool = False
    tau: PositiveShare = 0.9
    matrix: MatrixKind = "uniform"
    momentum: ShareBelowOne = 0.0
    random: RandomMatrices = field(init=False, repr=False)
    inertia: Momentum = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
