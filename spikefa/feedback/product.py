"""Base class of PFA and PFA-o, in which the error crosses an extra population on its way down."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.feedback.correlation import Correlation
from spikefa.feedback.error_population import ErrorPopulation, ErrorState, PhiDelta, uniforms_of
from spikefa.feedback.matrix import Matrix, PlasticMatrix
from spikefa.feedback.momentum import Momentum
from spikefa.feedback.projection import Projection
from spikefa.feedback.random_matrix import RandomMatrix
from spikefa.feedback.state import FeedbackState, Site, beside
from spikefa.feedback.wired import Wired
from spikefa.feedback.wiring import Hop, Wiring
from spikefa.synapses import Sharing, Synapses
from spikefa.utils.ranges import Expansion, PositiveShare, Scale, ShareBelowOne, Size
from spikefa.utils.seeding import generator
from spikefa.utils.tensors import Variable, flush


@dataclass
class ProductState(FeedbackState):
    """State of a circuit with an extra error population below each layer but the first.

    Attributes
    ----------
    middle : list of ErrorState
        Extra population on the path into each hidden population, from the lowest upwards.
    """

    middle: list[ErrorState]

    def uniforms(self) -> dict[str, Tensor]:
        """Return the tensors that need new numbers from U[0, 1) at every step, by name."""
        return super().uniforms() | uniforms_of("middle", self.middle)


@dataclass(eq=False, kw_only=True)
class Product(Wired):
    """Feedback through the product of a fixed matrix B and a plastic matrix R; see `PFA`.

    Subclasses define the distribution of B in `fixed_matrix`.

    Parameters
    ----------
    expansion : float
        Number of neurons in the extra population per neuron of the sending layer; at least 1. Where
        that layer is convolutional, the extra population has so many more channels: B is a
        convolution of 1 x 1, and R has the kernel of W.
    neurons : int or sequence of int, optional
        Size of the extra populations, which overrides `expansion`: one value for all, or one for
        each from the lowest hidden layer upwards.
    scale : float or sequence of float, default 0.2
        Half-range of the uniform distribution from which R is drawn: one value for all layers, or
        one for each from the lowest hidden population upwards. For any expansion, the path B_l R_l
        initially has the variance of R, like FA's matrices with this scale. Stochastic binary
        neurons have a gain of at most 1/4, so the gated error keeps its size from one layer to the
        next at ``4 sqrt(3 / n)``, where n is the size of the sending layer.
    plastic : bool, default True
        Whether R learns and decays. If not, the circuit performs feedback alignment with the
        matrices B_l R_l.
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the error neurons beside the layers; see `ErrorPopulation`.
    gated : bool, default True
        Whether the transmitted error is gated by the forward neuron's gain Psi(V), as in the paper.
        The change of W is also gated, so without the gate R and W follow different errors.
    tau : float, default 0.9
        Weight of the new drive in the error populations beside the layers.
    middle_tau : float, default 1
        Weight of the new drive in the extra populations. By default they have no memory, so in
        every step they hold exactly the error from which W learns in that step. With a leak, R
        learns from a mixture of past errors and the current s_l, and its changes differ from those
        of W.
    middle_phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the extra populations; it is linear in the paper.
    momentum : float, default 0
        Momentum of R, in [0, 1): ``v <- momentum v + phi_m(m_l)^T s_l`` and ``dR = -eta v``. If the
        forward synapses use an optimiser with momentum, R needs the same momentum. W then learns
        1 / (1 - momentum) times faster; without momentum in R, the path would point in the
        direction of W but remain much smaller.

    Attributes
    ----------
    learning : list of PlasticMatrix
        R on the path into each hidden population, from the lowest upwards.
    velocities : list of Tensor
        Velocity v of each R_l; empty without momentum.

    Raises
    ------
    SpikefaError
        If an argument is out of range, an extra population is smaller than the layer that sends to
        it, or the circuit is connected twice.
    """

    serves_shared: ClassVar[bool] = True
    serves_residual: ClassVar[bool] = True

    expansion: Expansion = field(kw_only=False)
    neurons: Size | Sequence[Size] | None = None
    scale: Scale | Sequence[Scale] = 0.2
    plastic: bool = True
    phi_delta: PhiDelta = "identity"
    gated: bool = True
    tau: PositiveShare = 0.9
    middle_tau: PositiveShare = 1.0
    middle_phi_delta: PhiDelta = "identity"
    momentum: ShareBelowOne = 0.0
    random: list[RandomMatrix] = field(init=False, repr=False, default_factory=list)
    learning: list[PlasticMatrix] = field(init=False, repr=False, default_factory=list)
    inertia: Momentum = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        ErrorPopulation(1, tau=self.middle_tau, phi_delta=self.middle_phi_delta)
        scales = [self.scale] if isinstance(self.scale, int | float) else self.scale
        require(
            self.plastic or all(scales),
            f"the half-range of R must be positive if R is fixed, {self.scale} given",
        )
        self.inertia = Momentum(self.momentum, "R")

    @abstractmethod
    def fixed_matrix(
        self, sharing: Sharing, device: torch.device, dtype: torch.dtype
    ) -> RandomMatrix:
        """Allocate one B, for the sharing of synapses in the other direction."""

    def wire(self, forward: Sequence[Synapses], device: torch.device, dtype: torch.dtype) -> Wiring:
        """Connect each error population to the one below through B, an extra population and R."""
        above = [synapses.sharing for synapses in forward[1:]]
        columns = self._columns(above)
        shaped = [each.widened(number) for each, number in zip(above, columns, strict=True)]
        middle = [
            ErrorPopulation(each.n_post, tau=self.middle_tau, phi_delta=self.middle_phi_delta)
            for each in shaped
        ]
        self.random = [
            self.fixed_matrix(each.column_by_column(number), device, dtype)
            for each, number in zip(above, columns, strict=True)
        ]
        zeros = partial(torch.zeros, device=device, dtype=dtype)
        self.learning = [
            PlasticMatrix(zeros(*reversed(each.weight_shape)), sharing=each) for each in shaped
        ]
        self.inertia.connect(self.learning if self.plastic else [])
        hops = []
        for layer in reversed(range(len(middle))):
            between = Site("middle", layer)
            hops += [
                Hop(beside(layer + 1), between, self.random[layer], self.gated),
                Hop(between, beside(layer), self.learning[layer]),
            ]
        populations = {"errors": self.beside(forward), "middle": middle}
        return Wiring(populations=populations, hops=hops, layerwise=True)

    def _columns(self, above: Sequence[Sharing]) -> list[int]:
        """Return the columns of neurons in each extra population: its neurons, or its channels."""
        if self.neurons is None:
            blocks = [(each.weight_shape[1], each.groups) for each in above]
            return [groups * round(self.expansion * n / groups) for n, groups in blocks]
        sizes = [self.neurons] * len(above) if isinstance(self.neurons, int) else list(self.neurons)
        require(
            len(sizes) == len(above),
            f"neurons={self.neurons} for {len(above)} hidden populations: give one, or one each",
        )
        columns = []
        for layer, (size, each) in enumerate(zip(sizes, above, strict=True), start=1):
            n, block = each.n_post, each.groups * each.n_post // each.weight_shape[1]
            require(
                size >= n and size % block == 0,
                f"the extra population into hidden layer {layer} of {type(self).__name__} needs at "
                f"least the {n} neurons of the layer above, {size} given"
                + (f", and a multiple of {block}, to be whole channels" if block > 1 else ""),
            )
            columns.append(size // block * each.groups)
        return columns

    def initialise(self, seed: int) -> None:
        """Draw each B_l, and each R_l from U[-scale, scale], each from its own random stream."""
        for layer, (fixed, plastic, scale) in enumerate(
            zip(self.random, self.plastic_matrices, self._scales(), strict=True), start=1
        ):
            fixed.initialise(seed, "feedback", layer)
            draw = torch.empty(plastic.shape, dtype=plastic.dtype)
            source = generator(seed, "feedback", "R", layer)
            plastic.copy_(draw.uniform_(-scale, scale, generator=source))
        self.inertia.rest()

    def _scales(self) -> list[float]:
        layers, given = len(self.plastic_matrices), self.scale
        scales = [given] * layers if isinstance(given, int | float) else list(given)
        require(
            len(scales) == layers,
            f"scale={self.scale} for {layers} hidden populations: give one, or one each",
        )
        return scales

    @property
    def plastic_matrices(self) -> list[Tensor]:
        """R on the path into each hidden population, from the lowest upwards."""
        return [matrix.stored for matrix in self.learning]

    @property
    def fixed(self) -> list[Tensor]:
        """The matrices B on the path into each hidden population, from the lowest upwards."""
        return [matrix.stored for matrix in self.random]

    @property
    def velocities(self) -> list[Tensor]:
        """The velocity v of each R_l; empty without momentum."""
        return self.inertia.velocities

    @property
    def decays(self) -> bool:
        """Whether R is plastic, and therefore decays with the forward weights."""
        return self.plastic

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> ProductState:
        """Return all error populations at rest."""
        return ProductState(**self.wiring.at_rest(batch, device, dtype))

    def learn(self, state: FeedbackState, projections: Sequence[Projection]) -> None:
        """Update each R_l from the activity on both of its sides (eq. 6)."""
        assert isinstance(state, ProductState)
        if not self.plastic:
            return
        for layer, matrix in enumerate(self.learning):
            above = projections[layer + 1]  # its synapses come from the population that R reaches
            sent, rate = state.middle[layer].activity, above.plasticity.learning_rate
            if self.inertia:
                self.inertia.step(layer, sent, above.pre, rate)
            else:
                change = torch.mul(above.pre, rate, out=state.errors[layer].drive)  # no longer used
                matrix.learn(sent, change.neg_())

    def correlations(self) -> Sequence[Correlation]:
        """Return what `learn` does, if the changes of R have no momentum."""
        if self.inertia or not self.plastic:
            return []
        return [
            Correlation(hop.matrix, hop.source, gated=False, layer=hop.target.layer)
            for hop in self.wiring.hops
            if hop.matrix.role == "plastic"
        ]

    def decay(self, factor: float) -> None:
        """Decay R by the same factor as the forward weights; B never decays."""
        if self.plastic:
            for matrix in self.plastic_matrices:
                flush(matrix.mul_(factor))

    def paths(self) -> Sequence[Callable[[], Tensor]]:
        """Return a function for each B_l R_l; it takes as long as a step of the largest layer."""
        return [partial(_through, fixed, plastic) for fixed, plastic in self.wiring.descents()]

    def variables(self, state: FeedbackState) -> Sequence[Mapping[str, Variable]]:
        """Return the weights ``R`` and the activity ``middle`` on the path into each population."""
        assert isinstance(state, ProductState)
        return [
            {"R": matrix.view(1, -1), "middle": middle.activity}
            for matrix, middle in zip(self.plastic_matrices, state.middle, strict=True)
        ]

    def tensors(self) -> dict[str, Tensor]:
        """Return B, R and v by name; ``B1`` and ``R1`` lead into the first hidden population."""
        found = {f"B{layer}": matrix for layer, matrix in enumerate(self.fixed, start=1)}
        found |= {f"R{layer}": matrix for layer, matrix in enumerate(self.plastic_matrices, 1)}
        return found | self.inertia.tensors()


def _through(fixed: Matrix, plastic: Matrix) -> Tensor:
    """Return ``B R``; of a convolution the two are multiplied group by group."""
    groups = fixed.sharing.groups
    if groups == 1:
        return torch.matmul(fixed.stored, plastic.stored)
    parts = (each.stored.unflatten(-2, (groups, -1)) for each in (fixed, plastic))
    return torch.matmul(*parts).flatten(-3, -2)
