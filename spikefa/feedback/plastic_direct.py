"""Base class of circuits in which a matrix from the output to each hidden layer learns."""

from collections.abc import Sequence

import torch

from spikefa.feedback.distributions import MatrixKind
from spikefa.feedback.random_matrices import RandomMatrices
from spikefa.feedback.randomly_wired import RandomlyWired, shapes_from_the_output
from spikefa.feedback.wiring import Wiring, from_the_output
from spikefa.synapses import Synapses


class PlasticDirect(RandomlyWired):
    """A circuit wired as `DFA`, in which the matrices B_l learn.

    A subclass is a dataclass that has these parameters, beside those of `RandomlyWired`, and
    defines `learn`.

    Parameters
    ----------
    scale : float or sequence of float
        Size of the initial feedback weights, as in `DFA`.
    gated : bool
        Whether the transmitted error is gated by the output neuron's gain Psi(V).
    matrix : str
        Distribution of the initial feedback weights, as in `DFA`.
    """

    scale: float | Sequence[float]
    gated: bool
    matrix: MatrixKind

    def __post_init__(self) -> None:
        super().__post_init__()
        self.random = RandomMatrices(self.scale, kind=self.matrix)

    def wire(self, forward: Sequence[Synapses], device: torch.device, dtype: torch.dtype) -> Wiring:
        """Connect the output's error population to all others, through matrices that learn."""
        self.random.connect(shapes_from_the_output(forward), device, dtype)
        return from_the_output(self.beside(forward), self.random.plastic(), self.gated)
