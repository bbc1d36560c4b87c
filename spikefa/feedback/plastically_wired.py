"""Base class of circuits whose error passes through matrices that learn."""

from collections.abc import Sequence
from typing import ClassVar

import torch

from spikefa.feedback.distributions import MatrixKind
from spikefa.feedback.random_matrices import RandomMatrices
from spikefa.feedback.randomly_wired import (
    RandomlyWired,
    shapes_from_the_output,
    transposed_shapes,
)
from spikefa.feedback.wiring import Wiring, from_the_output, layer_by_layer
from spikefa.synapses import Synapses


class PlasticallyWired(RandomlyWired):
    """A circuit wired as `FA` or `DFA`, in which the matrices B_l learn.

    A subclass is a dataclass that has these parameters, beside those of `RandomlyWired`, and
    defines `learn`.

    Parameters
    ----------
    scale : float or sequence of float
        Size of the initial feedback weights, as in `FA` or `DFA`.
    gated : bool
        Whether the transmitted error is gated by the gain Psi(V) of the forward neuron beside it.
    matrix : str
        Distribution of the initial feedback weights, as in `FA`.

    Attributes
    ----------
    direct : bool
        Whether the matrices start at the output, as in `DFA`, not at the layer above.
    """

    direct: ClassVar[bool] = False

    scale: float | Sequence[float]
    gated: bool
    matrix: MatrixKind

    def __post_init__(self) -> None:
        super().__post_init__()
        self.random = RandomMatrices(self.scale, kind=self.matrix)

    def wire(self, forward: Sequence[Synapses], device: torch.device, dtype: torch.dtype) -> Wiring:
        """Connect the error populations through matrices B_l that learn."""
        shapes = shapes_from_the_output if self.direct else transposed_shapes
        wired = from_the_output if self.direct else layer_by_layer
        beside = () if self.direct else forward[1:]
        self.random.connect(shapes(forward), device, dtype, beside)
        return wired(self.beside(forward), self.random.plastic(), self.gated)
