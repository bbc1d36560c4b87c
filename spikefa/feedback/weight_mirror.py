"""Weight mirrors: feedback weights that learn from the forward ones' answer to noise."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.feedback.distributions import MatrixKind
from spikefa.feedback.error_population import PhiDelta
from spikefa.feedback.projection import Projection
from spikefa.feedback.random_matrices import RandomMatrices
from spikefa.feedback.randomly_wired import RandomlyWired, transposed_shapes
from spikefa.feedback.state import FeedbackState
from spikefa.feedback.wiring import Wiring, layer_by_layer
from spikefa.synapses import Synapses
from spikefa.utils.tensors import add_product


@dataclass
class MirrorState(FeedbackState):
    """State of the weight mirrors, one of each for every hidden population.

    Attributes
    ----------
    chances : list of Tensor [..., batch, n_l]
        Numbers from U[0, 1), drawn by whoever drives the network.
    noise : list of Tensor [..., batch, n_l]
        xi_l, activity of the population in the mirror phase.
    responses : list of Tensor [..., batch, n_{l+1}]
        What this evokes in the population above.
    clock : Tensor
        Steps since the last mirror phase, a scalar; 0 if it is due.
    rate : Tensor
        The mirrors' rate in this step, 0 if no phase is due, a scalar.
    """

    chances: list[Tensor]
    noise: list[Tensor]
    responses: list[Tensor]
    clock: Tensor
    rate: Tensor

    def uniforms(self) -> dict[str, Tensor]:
        """Return what needs new numbers at every step: spiking error neurons, and the noise."""
        drawn = {f"mirror{layer}": each for layer, each in enumerate(self.chances, start=1)}
        return super().uniforms() | drawn


@dataclass(eq=False, kw_only=True)
class WM(RandomlyWired):
    """Weight mirrors (Akrout, Wilson, Humphreys, Lillicrap & Tweed 2019).

    Error populations as in `FA`, whose synapses learn in *mirror phases*. There each population l
    gets no input but its noise: its neurons spike every second step at random, xi_l = 2 (s - 1/2)
    is 1 or -1. The one above answers through its synapses, without their biases ("bias blocking")::

        y_{l+1} = xi_l W_{l+1}
        B_l <- (1 - rate) B_l + gain rate / batch  y_{l+1}^T xi_l

    Since ``<y^T xi> = W^T``, B converges to ``gain W^T``, in size too. It fluctuates around it: at
    rest with an angle of about ``arctan sqrt(rate n_l / (2 batch))``; it follows W within 1 / rate
    phases.

    The noise runs in neurons of the circuit's own state, one volley for each stream, so that the
    forward populations go on undisturbed; it reaches them through the forward synapses as they
    are, missing ones included. The answer is the potential that the volley evokes: in the paper it
    goes through the neurons' output function in a range where that is linear. Its weight decay and
    its learning rate are here ``rate`` and ``gain rate``, which keeps B from growing and fixes its
    size; the update is an average over the batch, so that this does not depend on it.

    Parameters
    ----------
    scale : float or sequence of float, default 0.1
        Size of the first feedback weights, as in `FA`.
    rate : float, default 0.003
        Weight of one mirror phase, in (0, 1].
    gain : float, default 1
        Size of B relative to W. Where forward weights are small, the error fades from layer to
        layer; a gain above 1 makes up for it.
    every : int, default 1
        Steps from one mirror phase to the next; in 1 step out of so many B learns. It saves no
        time: to know the step on the device, the others go through the motions at rate 0.
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

    scale: float | Sequence[float] = field(default=0.1, kw_only=False)
    rate: float = 0.003
    gain: float = 1.0
    every: int = 1
    phi_delta: PhiDelta = "identity"
    gated: bool = False
    tau: float = 0.9
    matrix: MatrixKind = "uniform"
    random: RandomMatrices = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.random = RandomMatrices(self.scale, kind=self.matrix)
        require(0 < self.rate <= 1, f"the rate of the mirrors must be in (0, 1], {self.rate} given")
        require(
            0 < self.gain < float("inf"),
            f"the gain of the mirrors must be positive, {self.gain} given",
        )
        require(
            isinstance(self.every, int) and self.every >= 1,
            f"mirror phases come every 1, 2, ... steps, {self.every} given",
        )

    def wire(self, forward: Sequence[Synapses], device: torch.device, dtype: torch.dtype) -> Wiring:
        """Wire each error population to the one below through a matrix B_l that learns."""
        self.random.connect(transposed_shapes(forward), device, dtype)
        return layer_by_layer(self.beside(forward), self.random.plastic(), self.gated)

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> MirrorState:
        """Return the error populations at rest, and the mirrors' neurons."""
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
        """Go through a mirror phase if one is due; if not, the rate is 0 for this step."""
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
