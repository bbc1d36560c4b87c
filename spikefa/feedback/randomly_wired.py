"""Base class of circuits whose error passes through random matrices, fixed or plastic."""

from collections.abc import Sequence

from torch import Tensor

from spikefa.feedback.random_matrices import RandomMatrices
from spikefa.feedback.wired import Wired
from spikefa.synapses import Sharing, Synapses, Unshared


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


def between_layers(forward: Sequence[Synapses]) -> list[Sharing]:
    """Return the sharing of the synapses onto each layer but the first, the lowest first."""
    return [above.sharing for above in forward[1:]]


def to_the_output(forward: Sequence[Synapses]) -> list[Sharing]:
    """Return the sharing of synapses from each hidden layer onto the output, the lowest first.

    There are none in the chain but the last; each pair of neurons would have a weight of its own.
    """
    return [Unshared(above.n_pre, forward[-1].n_post) for above in forward[1:]]
