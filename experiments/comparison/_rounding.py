"""Rounds factors as the matrix units of a GPU do, on any device."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.feedback import PlasticMatrix, RandomMatrices, Wiring, layer_by_layer
from spikefa.feedback.error_population import PhiDelta
from spikefa.feedback.randomly_wired import RandomlyWired, transposed_shapes
from spikefa.network.network import Network
from spikefa.plasticity.base import Change, Outer
from spikefa.synapses import Dense, Synapses


def tf32(x: Tensor) -> Tensor:
    """Return float32 `x` to the nearest number of 11 significant bits, ties to even."""
    bits = x.view(torch.int32)
    return ((bits + 0xFFF + ((bits >> 13) & 1)) >> 13 << 13).view(torch.float32)


def bf16(x: Tensor) -> Tensor:
    """Return `x` to the nearest bfloat16, of 8 significant bits."""
    return x.bfloat16().float()


def bf16x3(x: Tensor) -> Tensor:
    """Return `x` as the sum of two bfloat16, of 16 significant bits."""
    large = bf16(x)
    return large + bf16(x - large)


Rounding = Callable[[Tensor], Tensor]
ROUNDINGS: dict[str, Rounding] = {
    "float32": lambda x: x,
    "bf16x3": bf16x3,
    "tf32": tf32,
    "bf16": bf16,
}
"""By the precision of the fused backend; "bf16x6" does not round."""


class RoundedDense(Dense):
    """Synapses whose weights, and whose changes by an `Outer`, are rounded before a product.

    The weights themselves stay float32, and the spikes are exact.
    """

    rounding: Rounding = staticmethod(ROUNDINGS["float32"])

    def drive(self, pre: Tensor, out: Tensor) -> None:
        """Write ``pre W + b`` into `out`."""
        torch.matmul(pre, self.rounding(self.weight), out=out)
        out.add_(self.bias)

    def apply(self, change: Change) -> None:
        """Add ``pre^T post`` with rounded factors to the weights, and exact sums to the biases."""
        assert isinstance(change, Outer)
        self.weight.addmm_(change.pre.mT, self.rounding(change.post))
        self.bias.add_(change.post.sum(-2))


@dataclass(eq=False)
class RoundedMatrix(PlasticMatrix):
    """A matrix that is rounded before each product, like the error it carries."""

    rounding: Rounding = ROUNDINGS["float32"]

    def carry(self, sent: Tensor, out: Tensor) -> None:
        """Write ``sent B_l``."""
        torch.matmul(self.rounding(sent), self.rounding(self.stored), out=out)


@dataclass(eq=False, kw_only=True)
class RoundedFA(RandomlyWired):
    """Feedback alignment with errors and matrices rounded before each product."""

    scale: float = field(default=0.1, kw_only=False)
    phi_delta: PhiDelta = "identity"
    gated: bool = False
    tau: float = 0.9
    random: RandomMatrices = field(init=False, repr=False)
    rounded: list[RoundedMatrix] = field(init=False, repr=False, default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.random = RandomMatrices(self.scale)

    def wire(self, forward: Sequence[Synapses], device: torch.device, dtype: torch.dtype) -> Wiring:
        """Wire each error population to the one below through a matrix B_l."""
        self.random.connect(transposed_shapes(forward), device, dtype)
        self.rounded = [RoundedMatrix(matrix) for matrix in self.matrices]
        return layer_by_layer(self.beside(forward), self.rounded, self.gated)


def set_rounding(network: Network, precision: str) -> None:
    """Make a network of `RoundedDense` and `RoundedFA` round like `precision` from now on."""
    circuit = network.feedback
    assert isinstance(circuit, RoundedFA)
    for part in (*network.synapses.values(), *circuit.rounded):
        assert isinstance(part, RoundedDense | RoundedMatrix)
        part.rounding = ROUNDINGS[precision]
