"""Phaseless alignment learning: feedback weights that learn from the neurons' own noise."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.feedback.distributions import MatrixKind
from spikefa.feedback.error_population import PhiDelta
from spikefa.feedback.plastically_wired import PlasticallyWired
from spikefa.feedback.projection import Projection
from spikefa.feedback.random_matrices import RandomMatrices
from spikefa.feedback.state import FeedbackState
from spikefa.neurons import Population
from spikefa.utils.ranges import PositiveScale, PositiveShare, ShareBelowOne
from spikefa.utils.tensors import add_product


@dataclass
class PhaselessState(FeedbackState):
    """State of the circuit; each list has one tensor per projection between neurons.

    Attributes
    ----------
    noise : list of Tensor [..., batch, n_l]
        xi_l, the activity of the population below minus its mean in this step.
    slow : list of Tensor [..., batch, n_{l+1}]
        Running mean of the rate of the population above.
    rapid : list of Tensor [..., batch, n_{l+1}]
        Rate of the population above minus this running mean.
    """

    noise: list[Tensor]
    slow: list[Tensor]
    rapid: list[Tensor]


@dataclass(eq=False, kw_only=True)
class PAL(PlasticallyWired, sweep_only=True):
    """Phaseless alignment learning (Max et al. 2024).

    The error populations are those of `FA`. Their synapses learn continuously, without separate
    phases, from the intrinsic noise of the neurons. In every step, where p is the neurons' rate and
    s their activity, which fluctuates around p::

        xi_l      = s_l - p_l                                     the noise of the neuron below
        r_{l+1}   = p_{l+1} - slow_{l+1}                          high-pass of the rate above
        slow_{l+1} <- slow_{l+1} + smoothing r_{l+1}
        B_l       <- (1 - rate) B_l + gain rate / batch  r_{l+1}^T xi_l

    The noise below reaches the neurons above in the same step, and no other part of their rate
    correlates with it. Therefore B converges to::

        gain tau < Psi(V_{l+1})^T (W_{l+1}^T) Var(xi_l) >

    where Psi and Var apply neuron by neuron. This is the transpose of W, with each row and column
    weighted by how well its neuron transmits. The learning rate and decay of B in the paper
    correspond to ``gain rate`` and ``rate`` here. The update is averaged over the batch, so the
    fixed point does not depend on the batch size.

    Parameters
    ----------
    scale : float or sequence of float, default 0.1
        Size of the initial feedback weights, as in `FA`.
    rate : float, default 0.001
        Weight of one step, in (0, 1]; B follows W within 1 / rate steps.
    gain : float, default 16
        Size of B; see above. The variance and the gain of a spiking neuron are at most 1/4, so 16
        makes B about as large as W. For rate neurons, use 1 / noise^2.
    smoothing : float, default 0.3
        Weight of a step in the running mean that the high-pass filter subtracts, in [0, 1).
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the error neurons; see `ErrorPopulation`.
    gated : bool, default False
        Whether the transmitted error is gated by the forward neuron's gain Psi(V). B already
        contains the mean of this gain.
    tau : float, default 0.9
        Weight of the new drive in the error populations.
    matrix : str, default "uniform"
        Distribution of the initial feedback weights, as in `FA`.

    Raises
    ------
    SpikefaError
        If an argument is out of range, the circuit is connected twice, or a hidden population has
        no noise.
    """

    scale: PositiveScale | Sequence[PositiveScale] = field(default=0.1, kw_only=False)
    rate: PositiveShare = 0.001
    gain: PositiveScale = 16.0
    smoothing: ShareBelowOne = 0.3
    phi_delta: PhiDelta = "identity"
    gated: bool = False
    tau: PositiveShare = 0.9
    matrix: MatrixKind = "uniform"
    random: RandomMatrices = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> PhaselessState:
        """Return the error populations at rest, and the running means at 0."""
        populations = self.wiring.at_rest(batch, device, dtype)
        potentials = [error.potential for error in populations["errors"]]
        return PhaselessState(
            **populations,
            noise=[torch.zeros_like(each) for each in potentials[:-1]],
            slow=[torch.zeros_like(each) for each in potentials[1:]],
            rapid=[torch.zeros_like(each) for each in potentials[1:]],
        )

    def check(self, populations: Sequence[Population]) -> None:
        """Reject hidden neurons that have no noise."""
        states = (each.state(1, torch.device("cpu"), torch.float32) for each in populations[:-1])
        require(
            all(state.uniforms.numel() for state in states),
            "PAL learns from the noise of the hidden neurons, but these have none: "
            "use StochasticBinary, or Rate with noise above 0",
        )

    def learn(self, state: FeedbackState, projections: Sequence[Projection]) -> None:
        """Update B by correlating the noise below with the rapid part of the rate above."""
        assert isinstance(state, PhaselessState)
        own = zip(state.noise, state.slow, state.rapid, strict=True)
        between = zip(self.matrices, pairwise(projections), own, strict=True)
        for matrix, (below, above), (noise, slow, rapid) in between:
            torch.sub(below.post.spikes, below.post.probability, out=noise)
            torch.sub(above.post.probability, slow, out=rapid)
            slow.add_(rapid, alpha=self.smoothing)
            matrix.mul_(1 - self.rate)
            add_product(matrix, rapid.mT, noise, self.gain * self.rate / noise.shape[-2])
