"""The least work of a step: operations and bytes, counted from the equations."""

from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor

from spikefa.bench.limits import Limits
from spikefa.errors import require
from spikefa.network.network import Network


@dataclass(frozen=True)
class Work:
    """The work of one step of a network, for a batch of streams.

    Attributes
    ----------
    plastic : int
        Synapses that learn, biases included.
    fixed : int
        Feedback synapses.
    flops : int
        Operations of the matrix products. Drive and plasticity take two for each weight and stream,
        multiplying and adding, and so does feedback.
    bytes : int
        Bytes moved if every pass goes to memory: weights are read for the drive, read and written
        for plasticity, and feedback weights are read. The state of the streams is not counted.
    """

    plastic: int
    fixed: int
    flops: int
    bytes: int

    def milliseconds(self, limits: Limits) -> float:
        """Return the least time, the longer of computing and of moving the bytes."""
        return 1e3 * max(self.flops / limits.flops, self.bytes / limits.bandwidth)


def work_of(network: Network, batch: int) -> Work:
    """Count the work of one step of `network`."""
    weights = sum(synapses.weight.numel() for synapses in network.synapses.values())
    biases = sum(synapses.bias.numel() for synapses in network.synapses.values())
    fixed = sum(matrix.numel() for matrix in network.feedback.tensors().values())
    size = next(iter(network.synapses.values())).weight.element_size()
    return _work(weights, biases, fixed, batch, size)


def work_of_sizes(sizes: list[int], batch: int) -> Work:
    """Count the work of a network with `FA` and populations of these sizes, input first."""
    weights = sum(n_pre * n_post for n_pre, n_post in pairwise(sizes))
    return _work(weights, sum(sizes[1:]), weights - sizes[0] * sizes[1], batch, size=4)


def _work(weights: int, biases: int, fixed: int, batch: int, size: int) -> Work:
    return Work(
        weights + biases,
        fixed,
        flops=2 * batch * (2 * weights + fixed),
        bytes=size * (3 * weights + fixed),
    )


def feedback_matrices(network: Network) -> list[Tensor]:
    """Return the feedback matrices between neighbouring layers, from the lowest upwards.

    Raises
    ------
    SpikefaError
        If the circuit does not carry the error from layer to layer through matrices, as `FA` does.
    """
    matrices = network.feedback.layer_matrices()
    require(
        len(matrices) == len(network.synapses) - 1,
        f"the benchmark needs a circuit with one feedback matrix between neighbouring layers, such "
        f"as FA(), {network.feedback} given",
    )
    return matrices
