"""What all circuits share whose error goes through random matrices, fixed or not."""

from collections.abc import Sequence

from torch import Tensor

from spikefa.feedback.random_matrices import RandomMatrices
from spikefa.feedback.wired import Wired
from spikefa.synapses import Synapses


class RandomlyWired(Wired):
    """A circuit with one random matrix into each hidden population.

    A subclass makes `random` and wires the matrices; if they learn it adds `learn` and `decay`.

    Parameters
    ----------
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the error neurons; see `ErrorPopulation`.
    tau : float, default 0.9
        Weight of the new drive in the error populations.

    Attributes
    ----------
    random : RandomMatrices
    """

    random: RandomMatrices

    @property
    def matrices(self) -> list[Tensor]:
        """The matrices, from the lowest hidden population upwards; none if they are procedural."""
        return self.random.stored

    @property
    def needs_host(self) -> bool:
        """Whether the matrices are procedural: they are drawn on the host."""
        return self.random.procedural

    def initialise(self, seed: int) -> None:
        """Draw each matrix from a stream of its own."""
        self.random.initialise(seed)

    def tensors(self) -> dict[str, Tensor]:
        """Return the matrices, ``B1`` being the one into the first hidden population."""
        return self.random.tensors()


def transposed_shapes(forward: Sequence[Synapses]) -> list[tuple[int, int]]:
    """Return the shapes of matrices beside the forward weights, from the lowest hidden layer up."""
    return [(above.n_post, above.n_pre) for above in forward[1:]]
