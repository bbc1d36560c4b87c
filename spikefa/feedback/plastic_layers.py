"""Base class of circuits in which a matrix from each layer to the one below learns."""

from collections.abc import Sequence

import torch

from spikefa.feedback.distributions import MatrixKind
from spikefa.feedback.random_matrices import RandomMatrices
from spikefa.feedback.randomly_wired import RandomlyWired, transposed_shapes
from spikefa.feedback.wiring import Wiring, layer_by_layer
from spikefa.synapses import Synapses


class PlasticLayers(RandomlyWired):
    """A circuit wired as `FA`, in which the matrices B_l learn.

    A subclass is a dataclass that has these parameters, beside those of `RandomlyWired`, and
    defines `learn`.

    Parameters
    ----------
    scale : float or sequence of float
        Size of the initial feedback weights, as in `FA`.
    gated : bool
        Whether the transmitted error is gated by the forward neuron's gain Psi(V).
    matrix : str
        Distribution of the initial feedback weights, as in `FA`.
    """

    scale: float | Sequence[float]
    gated: bool
    matrix: MatrixKind

    def __post_init__(self) -> None:
        super().__post_init__()
        self.random = RandomMatrices(self.scale, kind=self.matrix)

    def wire(self, forward: Sequence[Synapses], device: torch.device, dtype: torch.dtype) -> Wiring:
        """Connect each error population to the one below through a matrix B_l that learns."""
        self.random.connect(transposed_shapes(forward), device, dtype)
        return layer_by_layer(self.beside(forward), self.random.plastic(), self.gated)
