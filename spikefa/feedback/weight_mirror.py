"""Weight mirrors: feedback weights that learn from the forward weights' response to noise."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.feedback.distributions import MatrixKind
from spikefa.feedback.error_population import PhiDelta
from spikefa.feedback.plastically_wired import PlasticallyWired
from spikefa.feedback.projection import Projection
from spikefa.feedback.random_matrices import RandomMatrices
from spikefa.feedback.state import FeedbackState
from spikefa.utils.ranges import Count, PositiveScale, PositiveShare
from spikefa.utils.tensors import add_product


@dataclass
class MirrorState(FeedbackState):
    """State of the weight mirrors; each list has one tensor per hidden population.

    Attributes
    ----------
    chances : list of Tensor [..., batch, n_l]
        Numbers from U[0, 1), drawn by the code that runs the network.
    noise : list of Tensor [..., batch, n_l]
        xi_l, the activity of the population in the mirror phase.
    responses : list of Tensor [..., batch, n_{l+1}]
        Response that the noise evokes in the population above.
    clock : Tensor
        Steps since the last mirror phase, a scalar; 0 if a phase is due.
    rate : Tensor
        Rate of the mirrors in this step, a scalar; 0 if no phase is due.
    """

    chances: list[Tensor]
    noise: list[Tensor]
    responses: list[Tensor]
    clock: Tensor
    rate: Tensor

    def uniforms(self) -> dict[str, Tensor]:
        """Return tensors that need new numbers in every step: error uniforms and mirror noise."""
        drawn = {f"mirror{layer}": each for layer, each in enumerate(self.chances, start=1)}
        return super().uniforms() | drawn


@dataclass(eq=False, kw_only=True)
class WM(PlasticallyWired):
    """Weight mirrors (Akrout, Wilson, Humphreys, Lillicrap & Tweed 2019).

    The error populations are those of `FA`, and their synapses learn in *mirror phases*. In a
    mirror phase, each population l receives only noise: its neurons spike at random, on average in
    every second step, so xi_l = 2 (s - 1/2) is 1 or -1. The population above responds through its
    synapses, without their biases ("bias blocking")::

        y_{l+1} = xi_l W_{l+1}
        B_l <- (1 - rate) B_l + gain rate / batch  y_{l+1}^T xi_l

    Since ``<y^T xi> = W^T``, B converges to ``gain W^T``, in direction and in size. In equilibrium
    it fluctuates around this value, with an angle of about ``arctan sqrt(rate n_l / (2 batch))``.
    B follows changes of W within 1 / rate phases.

    The noise belongs to separate neurons in the circuit's own state, with one volley for each
    stream, so that it does not disturb the forward populations. It passes through the actual
    forward synapses, so missing synapses transmit nothing. The response is the potential that the
    volley evokes; in the paper it also passes through the neurons' output function, in a range
    where that is linear. The paper's weight decay and learning rate correspond to ``rate`` and
    ``gain rate`` here, which keeps B from growing and fixes its size. The update is averaged over
    the batch, so this size does not depend on the batch size.

    Parameters
    ----------
    scale : float or sequence of float, default 0.4
        Size of the initial feedback weights, as in `FA`; the default is that of `KP`.
    rate : float, default 0.003
        Weight of one mirror phase, in (0, 1].
    gain : float, default 4
        Size of B relative to W. The default makes up for the gain of stochastic binary neurons,
        which is at most 1/4; otherwise the error fades from layer to layer. With neurons whose gain
        is up to 1, such as tanh, 1 is the gradient's.
    every : int, default 1
        Number of steps from one mirror phase to the next; B learns only in these phases. Larger
        values save no time: the phases are scheduled on the device, so the other steps do the same
        computation with a rate of 0.
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the error neurons; see `ErrorPopulation`.
    gated : bool, default True
        Whether the transmitted error is gated by the forward neuron's gain Psi(V), as the chain
        rule requires; what happens without it: see `KP`.
    tau : float, default 0.9
        Weight of the new drive in the error populations.
    matrix : str, default "uniform"
        Distribution of the initial feedback weights, as in `FA`.

    Raises
    ------
    SpikefaError
        If an argument is out of range, or the circuit is connected twice.
    """

    scale: PositiveScale | Sequence[PositiveScale] = field(default=0.4, kw_only=False)
    rate: PositiveShare = 0.003
    gain: PositiveScale = 4.0
    every: Count = 1
    phi_delta: PhiDelta = "identity"
    gated: bool = True
    tau: PositiveShare = 0.9
    matrix: MatrixKind = "uniform"
    random: RandomMatrices = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> MirrorState:
        """Return the error populations at rest, and the neurons of the mirrors."""
        populations = self.wiring.at_rest(batch, device, dtype)
        potentials = [error.potential for error in populations["errors"]]
        return MirrorState(
            **populations,
            chances=[torch.zeros_like(each) for each in potentials[:-1]],
            noise=[torch.zeros_like(each) for each in potentials[:-1]],
            responses=[torch.zeros_like(each) for each in potentials[1:]],
            clock=torch.zeros((), device=device, dtype=dtype),
            rate=torch.zeros((), device=device, dtype=dtype),
        )

    def learn(self, state: FeedbackState, projections: Sequence[Projection]) -> None:
        """Run a mirror phase if one is due; otherwise the rate is 0 in this step."""
        assert isinstance(state, MirrorState)
        torch.eq(state.clock, 0, out=state.rate).mul_(self.rate)
        state.clock.add_(1).remainder_(self.every)
        mirrors = zip(
            self.matrices,
            projections[1:],
            state.chances,
            state.noise,
            state.responses,
            strict=True,
        )
        for matrix, forward, chances, noise, response in mirrors:
            torch.lt(chances, 0.5, out=noise).mul_(2).sub_(1)
            forward.synapses.drive(noise, out=response)
            response.sub_(forward.synapses.bias.unsqueeze(-2))
            matrix.mul_(1 - state.rate)
            response.mul_(state.rate)
            add_product(matrix, response.mT, noise, self.gain / noise.shape[-2])
