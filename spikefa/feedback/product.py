"""Product feedback alignment: the error takes a detour, and no synapse has a mirror image."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.feedback.base import FeedbackState, Layer
from spikefa.feedback.error_population import ErrorPopulation, ErrorState, PhiDelta, uniforms_of
from spikefa.feedback.layerwise import Layerwise
from spikefa.feedback.random_matrix import RandomMatrix
from spikefa.utils.products import product
from spikefa.utils.seeding import generator
from spikefa.utils.tensors import Variable, add_product

if TYPE_CHECKING:
    from spikefa.synapses import Dense


@dataclass
class ProductState(FeedbackState):
    """State of a circuit with an extra error population below each layer but the first.

    Attributes
    ----------
    middle : list of ErrorState
        The extra population on the way into each hidden population, from the lowest upwards.
    """

    middle: list[ErrorState]

    def uniforms(self) -> dict[str, Tensor]:
        """Return the tensors that need new numbers from U[0, 1) at every step, by name."""
        return super().uniforms() | uniforms_of("middle", self.middle)


class PFA(Layerwise):
    """Product feedback alignment (PFA).

    Li Ji-An & Benna, "Deep learning without weight symmetry", eqs. 4 to 8.

    On its way down from layer l + 1 the error crosses an extra population of
    ``expansion * n_{l+1}`` neurons, so that no two neurons are connected in both directions. In one
    step, downwards::

        m_l <- (1 - middle_tau) m_l + middle_tau x_{l+1} B_l      x = phi_delta(U) * Psi(V)
        U_l <- (1 - tau) U_l + tau phi_m(m_l) R_l                 phi_m: middle_phi_delta
        dR_l = -eta phi_m(m_l)^T s_l                              summed over the batch
        dW_{l+1} = -eta s_l^T x_{l+1}                             the forward synapses, eq. 8

    B_l `[n_{l+1}, n_mid]` is fixed, each weight from a normal distribution of variance 1 / n_mid,
    so that B_l B_l^T is close to the identity: its eigenvalues follow the law of Marchenko and
    Pastur with ratio lambda = 1 / expansion, between ``(1 - sqrt(lambda))^2`` and
    ``(1 + sqrt(lambda))^2``. So B_l R_l changes as W_{l+1}^T does, and what both were at first is
    forgotten if they decay: R_l learns with the learning rate of W_{l+1} and decays with it, B_l
    never does. The angle between the path B_l R_l and W_{l+1}^T then goes to
    ``arccos(1 / sqrt(1 + lambda))``, 17.5 degrees for an expansion of 10, if W is like a random
    matrix (proposition 3). How fast is up to the decay: the paper has a large one in the first
    epoch only.

    Parameters
    ----------
    expansion : float, default 10
        1 / lambda, neurons of the extra population for each neuron of the layer that sends; at
        least 1.
    neurons : int or sequence of int, optional
        Size of the extra populations instead, for all or from the lowest hidden layer upwards.
    scale : float or sequence of float, default 0.2
        Half-range of the uniform distribution that R is drawn from, for all layers or for each,
        from the lowest hidden population upwards. The path B_l R_l starts with the variance of R,
        whatever the expansion, as FA's matrices with this scale. Stochastic
        binary neurons have a gain of 1/4 at most, so that the gated error keeps its size from one
        layer to the next for ``4 sqrt(3 / n)``, n being the size of the layer that sends.
    plastic : bool, default True
        Whether R learns and decays. If not, this is feedback alignment with the matrices B_l R_l.
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the error neurons beside the layers; see `ErrorPopulation`.
    gated : bool, default True
        Whether the transmitted error is gated by the forward neuron's gain Psi(V), as in the paper.
        The change of W is; without the gate R follows another error than W does.
    tau : float, default 0.9
        Weight of the new drive in the error populations beside the layers.
    middle_tau : float, default 1
        The same in the extra populations. By default they have no memory: then they hold in every
        step the very error that W learns from in that step. With a leak R learns from a mixture of
        past errors and the present s_l, and its changes are no longer those of W.
    middle_phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the extra populations, linear in the paper.
    momentum : float, default 0
        Of R, in [0, 1): ``v <- momentum v + phi_m(m_l)^T s_l`` and ``dR = -eta v``. Where the
        forward synapses learn by an optimiser with momentum, R needs the same: W learns
        1 / (1 - momentum) times faster then, and the path would point where W does but stay far
        shorter.

    Attributes
    ----------
    plastic_matrices : list of Tensor
        R on the way into each hidden population, from the lowest upwards.
    velocities : list of Tensor
        v of each; empty without momentum.

    Raises
    ------
    SpikefaError
        If an argument is out of range, an extra population is smaller than the layer that sends to
        it, or the circuit is connected twice.
    """

    def __init__(
        self,
        expansion: float = 10.0,
        neurons: int | Sequence[int] | None = None,
        scale: float | Sequence[float] = 0.2,
        plastic: bool = True,
        phi_delta: PhiDelta = "identity",
        gated: bool = True,
        tau: float = 0.9,
        middle_tau: float = 1.0,
        middle_phi_delta: PhiDelta = "identity",
        momentum: float = 0.0,
    ):
        super().__init__(phi_delta, gated, tau)
        ErrorPopulation(1, middle_tau, middle_phi_delta)
        require(
            1 <= expansion < math.inf,
            f"the expansion must be at least 1, {expansion} given: fewer extra neurons than the "
            "layer above has cannot carry its error",
        )
        scales = [scale] if isinstance(scale, int | float) else scale
        require(
            all(0 <= each < math.inf and (plastic or each > 0) for each in scales),
            f"the half-range of R must not be negative, and positive if R is fixed, {scale} given",
        )
        require(0 <= momentum < 1, f"the momentum of R must be in [0, 1), {momentum} given")
        self.expansion = expansion
        self.neurons = neurons
        self.scale = scale
        self.plastic = plastic
        self.middle_tau = middle_tau
        self.middle_phi_delta: PhiDelta = middle_phi_delta
        self.momentum = momentum
        self.middle: list[ErrorPopulation] = []
        self.random: list[RandomMatrix] = []
        self.plastic_matrices: list[Tensor] = []
        self.velocities: list[Tensor] = []

    def __repr__(self) -> str:
        size = f"neurons={self.neurons}" if self.neurons else f"expansion={self.expansion}"
        return (
            f"{type(self).__name__}({size}, scale={self.scale}, plastic={self.plastic}, "
            f"phi_delta={self.phi_delta!r}, gated={self.gated}, tau={self.tau}, "
            f"middle_tau={self.middle_tau}, middle_phi_delta={self.middle_phi_delta!r}, "
            f"momentum={self.momentum})"
        )

    def connect(self, forward: Sequence["Dense"], device: torch.device, dtype: torch.dtype) -> None:
        """Allocate the error populations, those between them, B and R."""
        super().connect(forward, device, dtype)
        above = [synapses.n_post for synapses in forward[1:]]
        self.middle = [
            ErrorPopulation(size, self.middle_tau, self.middle_phi_delta)
            for size in self._middle_sizes(above)
        ]
        pairs = list(zip(forward[1:], self.middle, strict=True))
        self.random = [
            self.random_matrix(synapses.n_post, middle.size, device, dtype)
            for synapses, middle in pairs
        ]
        self.plastic_matrices = [
            torch.zeros(middle.size, synapses.n_pre, device=device, dtype=dtype)
            for synapses, middle in pairs
        ]
        learning = self.plastic_matrices if self.momentum and self.plastic else []
        self.velocities = [torch.zeros_like(matrix) for matrix in learning]

    def _middle_sizes(self, above: Sequence[int]) -> list[int]:
        if self.neurons is None:
            return [round(self.expansion * n) for n in above]
        sizes = [self.neurons] * len(above) if isinstance(self.neurons, int) else list(self.neurons)
        require(
            len(sizes) == len(above),
            f"neurons={self.neurons} for {len(above)} hidden populations: give one, or one each",
        )
        for layer, (size, n) in enumerate(zip(sizes, above, strict=True), start=1):
            require(
                size >= n,
                f"the extra population into hidden layer {layer} of {type(self).__name__} needs at "
                f"least the {n} neurons of the layer above, {size} given",
            )
        return sizes

    def initialise(self, seed: int) -> None:
        """Draw each B_l, then each R_l from U[-scale, scale], from streams of their own."""
        scales = self._scales()
        for layer, (fixed, plastic, scale) in enumerate(
            zip(self.random, self.plastic_matrices, scales, strict=True), start=1
        ):
            fixed.initialise(seed, "feedback", layer)
            draw = torch.empty(plastic.shape, dtype=plastic.dtype)
            source = generator(seed, "feedback", "R", layer)
            plastic.copy_(draw.uniform_(-scale, scale, generator=source))
        for velocity in self.velocities:
            velocity.zero_()

    def _scales(self) -> list[float]:
        layers, given = len(self.plastic_matrices), self.scale
        scales = [given] * layers if isinstance(given, int | float) else list(given)
        require(
            len(scales) == layers,
            f"scale={self.scale} for {layers} hidden populations: give one, or one each",
        )
        return scales

    def random_matrix(
        self, n_above: int, n_mid: int, device: torch.device, dtype: torch.dtype
    ) -> RandomMatrix:
        """Return room for one B, of independent weights of variance 1 / n_mid."""
        return RandomMatrix(n_above, n_mid, "normal", n_mid**-0.5, device=device, dtype=dtype)

    @property
    def fixed(self) -> list[Tensor]:
        """The matrices B on the way into each hidden population, from the lowest upwards."""
        return [matrix.stored for matrix in self.random]

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> ProductState:
        """Return all error populations at rest."""
        beside = super().state(batch, device, dtype)
        middle = [population.state(batch, device, dtype) for population in self.middle]
        return ProductState(beside.errors, middle)

    def deliver(self, state: FeedbackState, layer: int, sent: Tensor) -> None:
        """Carry the error across the extra population."""
        assert isinstance(state, ProductState)
        middle = state.middle[layer]
        self.random[layer].carry(sent, out=middle.drive)
        self.middle[layer].step(middle)
        self.carry(layer, middle.activity, out=state.errors[layer].drive)

    def carry(self, layer: int, sent: Tensor, out: Tensor) -> None:
        """Write ``sent R_l``, from the extra population to the error population."""
        product(sent, self.plastic_matrices[layer], out)

    def learn(self, state: FeedbackState, layers: Sequence[Layer]) -> None:
        """Change each R_l from the activity of its two sides (eq. 6)."""
        assert isinstance(state, ProductState)
        if not self.plastic:
            return
        for layer, matrix in enumerate(self.plastic_matrices):
            above = layers[layer + 1]  # its synapses come from the population that R reaches
            sent, rate = state.middle[layer].activity.mT, above.plasticity.learning_rate
            if self.momentum:
                velocity = self.velocities[layer].mul_(self.momentum)
                add_product(velocity, sent, above.pre)
                matrix.addcmul_(velocity, rate, value=-1)
                continue
            change = torch.mul(above.pre, rate, out=state.errors[layer].drive)  # it has been used
            add_product(matrix, sent, change.neg_())

    def decay(self, factor: float) -> None:
        """Let R decay as the forward weights have; B never does."""
        if self.plastic:
            for matrix in self.plastic_matrices:
                matrix.mul_(factor)

    def paths(self) -> Sequence[Callable[[], Tensor]]:
        """Return what computes B_l R_l, which takes as long as a step of the largest layer."""
        return [
            partial(torch.matmul, fixed, plastic)
            for fixed, plastic in zip(self.fixed, self.plastic_matrices, strict=True)
        ]

    def variables(self, state: FeedbackState) -> Sequence[Mapping[str, Variable]]:
        """Return the weights ``R`` and the activity ``middle`` on the way into each population."""
        assert isinstance(state, ProductState)
        return [
            {"R": matrix.view(1, -1), "middle": middle.activity}
            for matrix, middle in zip(self.plastic_matrices, state.middle, strict=True)
        ]

    def tensors(self) -> dict[str, Tensor]:
        """Return B and R, ``B1`` and ``R1`` being those into the first hidden population, and v."""
        found = {f"B{layer}": matrix for layer, matrix in enumerate(self.fixed, start=1)}
        found |= {f"R{layer}": matrix for layer, matrix in enumerate(self.plastic_matrices, 1)}
        return found | {f"v{layer}": matrix for layer, matrix in enumerate(self.velocities, 1)}
