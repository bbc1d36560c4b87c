"""Forward direct feedback alignment: feedback weights that learn the derivative of the way up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.feedback.distributions import MatrixKind
from spikefa.feedback.error_population import PhiDelta
from spikefa.feedback.plastically_wired import PlasticallyWired
from spikefa.feedback.projection import Projection
from spikefa.feedback.random_matrices import RandomMatrices
from spikefa.feedback.state import FeedbackState
from spikefa.utils.ranges import PositiveScale, PositiveShare
from spikefa.utils.tensors import add_product, flush


@dataclass
class TangentState(FeedbackState):
    """State of the circuit; each list has one tensor per hidden population.

    Attributes
    ----------
    chances : list of Tensor [..., batch, n_l]
        Numbers from U[0, 1), drawn by the code that runs the network.
    directions : list of Tensor [..., batch, n_l]
        xi_l, the direction in which the activity of the population is varied.
    tangents : list of Tensor [..., batch, n_l]
        How the activity varies, because of its own direction and of those below.
    responses : list of Tensor [..., batch, n_{l+1}]
        How the drive of the population above varies.
    """

    chances: list[Tensor]
    directions: list[Tensor]
    tangents: list[Tensor]
    responses: list[Tensor]

    def uniforms(self) -> dict[str, Tensor]:
        """Return tensors that need new numbers in every step: error uniforms and directions."""
        drawn = {f"direction{layer}": each for layer, each in enumerate(self.chances, start=1)}
        return super().uniforms() | drawn


@dataclass(eq=False, kw_only=True)
class FDFA(PlasticallyWired):  # not sweep_only: `learn` drives the forward synapses
    """Forward direct feedback alignment (Bacho & Chu 2024).

    The error populations are those of `DFA`, and their synapses learn the derivative of the output
    with respect to each hidden layer. Beside the forward populations, tangent populations carry a
    variation of the activity upwards through the same synapses (forward-mode differentiation). In
    every step, from the first hidden population (t_0 = 0) to the output::

        t_l = (t_{l-1} W_l) * Psi(V_l) + xi_l          xi_l of 1 or -1, drawn at random
        y   = t_{L-1} W_L                              y * Psi(V_L) if not `gated`
        B_l <- (1 - rate) B_l + gain rate / batch  y^T xi_l

    The variations begin in all hidden layers at once. y is the sum of what each causes, and only
    what xi_l causes correlates with it. Therefore the mean of ``y^T xi_l`` is the transposed
    Jacobian matrix of the output's drive with respect to s_l, and B follows its mean over streams
    and steps. The error ``x_L B_l`` is then that of `Backprop`, except that the gains of the layers
    between are averaged.

    In equilibrium B fluctuates around this mean, with an angle of about ``arctan sqrt(rate n / (2
    batch))``, where n is the number of neurons in all hidden populations, if all of them move the
    output alike. B follows changes of W within 1 / rate steps.

    The paper perturbs with normal numbers, and averages by a learning rate of B; 1 or -1 has the
    same mean and less variance. Tangent neurons read the gain of the forward neurons beside them.
    They respond within the step and without leak, as the error descends in `Backprop`. The update
    is averaged over the batch, so that the size of B does not depend on it.

    Parameters
    ----------
    scale : float or sequence of float, default 0.1
        Size of the initial feedback weights, as in `DFA`. They are forgotten within 1 / rate steps.
    rate : float, default 0.003
        Weight of one step, in (0, 1].
    gain : float, default 1
        Size of B relative to the derivative. Where it is small, since the neurons' gains or the
        weights are, a gain above 1 compensates for this.
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the error neurons; see `ErrorPopulation`.
    gated : bool, default True
        Whether the transmitted error is gated by the output neuron's gain Psi(V). If not, B
        contains the mean of this gain.
    tau : float, default 0.9
        Weight of the new drive in the error populations.
    matrix : str, default "uniform"
        Distribution of the initial feedback weights, as in `DFA`.

    Raises
    ------
    SpikefaError
        If an argument is out of range, or the circuit is connected twice.
    """

    direct: ClassVar[bool] = True

    scale: PositiveScale | Sequence[PositiveScale] = field(default=0.1, kw_only=False)
    rate: PositiveShare = 0.003
    gain: PositiveScale = 1.0
    phi_delta: PhiDelta = "identity"
    gated: bool = True
    tau: PositiveShare = 0.9
    matrix: MatrixKind = "uniform"
    random: RandomMatrices = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> TangentState:
        """Return the error populations at rest, and the tangent populations."""
        populations = self.wiring.at_rest(batch, device, dtype)
        potentials = [error.potential for error in populations["errors"]]
        hidden, above = potentials[:-1], potentials[1:]
        return TangentState(
            **populations,
            chances=[torch.zeros_like(each) for each in hidden],
            directions=[torch.zeros_like(each) for each in hidden],
            tangents=[torch.zeros_like(each) for each in hidden],
            responses=[torch.zeros_like(each) for each in above],
        )

    def learn(self, state: FeedbackState, projections: Sequence[Projection]) -> None:
        """Carry the variations up, and correlate the output's with each direction."""
        assert isinstance(state, TangentState)
        for layer, direction in enumerate(state.directions):
            torch.lt(state.chances[layer], 0.5, out=direction).mul_(2).sub_(1)
            self._carry_up(state, projections, layer)
        if not self.matrices:
            return
        varied = state.responses[-1]
        if not self.gated:
            flush(varied.mul_(projections[-1].post.gain))
        for matrix, direction in zip(self.matrices, state.directions, strict=True):
            matrix.mul_(1 - self.rate)
            weight = self.gain * self.rate / direction.shape[-2]
            add_product(matrix, varied.mT, direction, weight)

    def _carry_up(self, state: TangentState, projections: Sequence[Projection], layer: int) -> None:
        """Vary a hidden population, and write what this does to the drive of the one above."""
        tangent, above = state.tangents[layer], projections[layer + 1].synapses
        tangent.copy_(state.directions[layer])
        if layer:
            tangent.addcmul_(state.responses[layer - 1], projections[layer].post.gain)
        above.drive(tangent, out=state.responses[layer])
        state.responses[layer].sub_(above.bias.unsqueeze(-2))
