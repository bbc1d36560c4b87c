"""Sign-concordant feedback: weights with the signs, but not the sizes, of the forward weights."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor

from spikefa.feedback.error_population import PhiDelta
from spikefa.feedback.matrix import ForwardMatrix
from spikefa.feedback.scales import for_each_layer
from spikefa.feedback.state import FeedbackState
from spikefa.feedback.wired import Wired
from spikefa.feedback.wiring import Wiring, layer_by_layer
from spikefa.neurons import PopulationState
from spikefa.synapses import Synapses
from spikefa.utils.checking import check_one_of
from spikefa.utils.ranges import PositiveScale, PositiveShare
from spikefa.utils.seeding import generator

Variant = Literal["uSF", "brSF", "frSF"]


@dataclass
class SignState(FeedbackState):
    """State of the sign-concordant circuit.

    Attributes
    ----------
    magnitudes : list of Tensor [n_{l+1}, n_l]
        Numbers from U[0, 1) for the variant that draws magnitudes in every step; otherwise empty.
    """

    magnitudes: list[Tensor]

    def uniforms(self) -> dict[str, Tensor]:
        """Return tensors that need new numbers in every step: error uniforms and magnitudes."""
        drawn = {f"magnitude{layer}": each for layer, each in enumerate(self.magnitudes, start=1)}
        return super().uniforms() | drawn


@dataclass(eq=False, kw_only=True)
class SF(Wired):
    """Sign-concordant feedback (Liao, Leibo & Poggio 2016).

    The error populations are those of `FA`. In every step::

        B_l = scale_l sqrt(3) M_l * sign(W_{l+1})^T

    - "uSF", uniform: ``sqrt(3) M = 1``, so all magnitudes equal the scale;
    - "brSF", batchwise random: M is drawn from U[0, 1) in every step, for each update;
    - "frSF", fixed random: M is drawn from U[0, 1) once.

    The factor sqrt(3) gives all three variants the same mean square. B has synapses only where W
    does. A forward weight of 0 has no sign, so weights must not start at 0.

    Parameters
    ----------
    variant : {"uSF", "brSF", "frSF"}, default "uSF"
        Choice of the magnitudes; see above.
    scale : float or sequence of float, optional
        Root mean square of the feedback weights, one value for all layers or one for each. The
        default is ``sqrt(2 / (n_l + n_{l+1}))``, as in Glorot initialisation (Sanfiz & Akrout
        2021); for a convolution, n counts the weights that meet at a neuron, and that leave one.
        The paper uses 1 for uSF and 1 / sqrt(3) for the others, and normalises the updates.
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the error neurons; see `ErrorPopulation`.
    gated : bool, default False
        Whether the transmitted error is gated by the forward neuron's gain Psi(V).
    tau : float, default 0.9
        Weight of the new drive in the error populations.

    Attributes
    ----------
    matrices : list of Tensor [n_{l+1}, n_l]
        B_l, as last used.
    magnitudes : list of Tensor [n_{l+1}, n_l]
        M_l of "frSF"; otherwise empty.

    Raises
    ------
    SpikefaError
        If an argument is out of range, or the circuit is connected twice.
    """

    reads_weights: ClassVar[bool] = True
    serves_shared: ClassVar[bool] = True
    serves_residual: ClassVar[bool] = True

    variant: Variant = field(default="uSF", kw_only=False)
    scale: PositiveScale | Sequence[PositiveScale] | None = None
    phi_delta: PhiDelta = "identity"
    gated: bool = False
    tau: PositiveShare = 0.9
    scales: list[float] = field(init=False, repr=False, default_factory=list)
    weights: list[Tensor] = field(init=False, repr=False, default_factory=list)
    matrices: list[Tensor] = field(init=False, repr=False, default_factory=list)
    magnitudes: list[Tensor] = field(init=False, repr=False, default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_one_of("variant", self.variant, get_args(Variant))

    def wire(self, forward: Sequence[Synapses], device: torch.device, dtype: torch.dtype) -> Wiring:
        """Connect each error population to the one below through the forward weights' signs."""
        above = forward[1:]
        if self.scale is None:
            self.scales = [sqrt(2 / sum(each.sharing.fans)) for each in above]
        else:
            self.scales = for_each_layer(self.scale, len(above))
        self.weights = [each.weight for each in above]
        self.matrices = [
            torch.zeros(*reversed(each.sharing.weight_shape), device=device, dtype=dtype)
            for each in above
        ]
        if self.variant == "frSF":
            self.magnitudes = [torch.zeros_like(matrix) for matrix in self.matrices]
        pairs = zip(self.matrices, above, strict=True)
        signs = [ForwardMatrix(matrix, each.sharing) for matrix, each in pairs]
        return layer_by_layer(self.beside(forward), signs, self.gated)

    def initialise(self, seed: int) -> None:
        """Draw the fixed magnitudes, each from its own random stream."""
        for layer, magnitude in enumerate(self.magnitudes, start=1):
            draw = torch.empty(magnitude.shape, dtype=magnitude.dtype)
            magnitude.copy_(draw.uniform_(generator=generator(seed, "feedback", layer)))
        self._take_signs(self.magnitudes)

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> SignState:
        """Return the error populations at rest, and buffers for magnitudes that are redrawn."""
        drawn = self.matrices if self.variant == "brSF" else []
        return SignState(
            **self.wiring.at_rest(batch, device, dtype),
            magnitudes=[torch.zeros_like(matrix) for matrix in drawn],
        )

    def step(self, state: FeedbackState, error: Tensor, forward: Sequence[PopulationState]) -> None:
        """Copy the current signs of the forward weights, and sweep the error downwards."""
        assert isinstance(state, SignState)
        self._take_signs(state.magnitudes or self.magnitudes)
        super().step(state, error, forward)

    def _take_signs(self, magnitudes: Sequence[Tensor]) -> None:
        for layer, (weight, matrix) in enumerate(zip(self.weights, self.matrices, strict=True)):
            scale = self.scales[layer]
            matrix.copy_(weight.mT).sign_()
            if magnitudes:
                matrix.mul_(magnitudes[layer])
                scale *= sqrt(3)
            matrix.mul_(scale)

    def tensors(self) -> dict[str, Tensor]:
        """Return each B_l, as last used, and the fixed magnitudes."""
        used = {f"B{layer}": matrix for layer, matrix in enumerate(self.matrices, start=1)}
        kept = {f"M{layer}": each for layer, each in enumerate(self.magnitudes, start=1)}
        return used | kept
