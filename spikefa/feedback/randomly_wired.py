"""Base class of circuits whose error passes through random matrices, fixed or plastic."""

from collections.abc import Sequence

from torch import Tensor

from spikefa.feedback.random_matrices import RandomMatrices
from spikefa.feedback.wired import Wired
from spikefa.synapses import Synapses


class RandomlyWired(Wired):
    """A circuit with one random matrix into each hidden population.

    A subclass creates `random` and connects its matrices. If they learn, the subclass also defines
    `learn` and `decay`.

    Parameters
    ----------
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the error neurons; see `ErrorPopulation`.
    tau : float, default 0.9
        Weight of the new drive in the error populations.

    Attributes
    ----------
    random : RandomMatrices
        The random matrices.
    """

    random: RandomMatrices

    @property
    def matrices(self) -> list[Tensor]:
        """The matrices, from the lowest hidden population upwards; empty if procedural."""
        return self.random.stored

    @property
    def needs_host(self) -> bool:
        """Whether the matrices are procedural, and therefore drawn on the host."""
        return self.random.procedural

    def initialise(self, seed: int) -> None:
        """Draw each matrix from its own random stream."""
        self.random.initialise(seed)

    def tensors(self) -> dict[str, Tensor]:
        """Return the matrices by name; ``B1`` leads into the first hidden population."""
        return self.random.tensors()


def transposed_shapes(forward: Sequence[Synapses]) -> list[tuple[int, int]]:
    """Return the shapes of the transposed forward weights, from the lowest hidden layer upwards."""
    shapes = [above.sharing.weight_shape for above in forward[1:]]
    return [(columns, rows) for rows, columns in shapes]


def shapes_from_the_output(forward: Sequence[Synapses]) -> list[tuple[int, int]]:
    """Return the shapes of matrices from the output into each hidden layer, lowest first."""
    return [(forward[-1].n_post, above.n_pre) for above in forward[1:]]
