"""What a step has to do at least: operations and bytes, counted from the equations."""

from dataclasses import dataclass

from spikefa.bench.limits import Limits
from spikefa.network.network import Network


@dataclass(frozen=True)
class Work:
    """Of one step of a network, for a batch of streams.

    Attributes
    ----------
    plastic : int
        Synapses that learn, biases included.
    fixed : int
        Feedback synapses.
    flops : int
        Operations of the matrix products: drive and plasticity, twice for each weight and stream
        (multiply and add), and feedback.
    bytes : int
        If every pass goes to memory: weights read for the drive, read and written for plasticity,
        feedback read. What each stream has of its own is left out.
    """

    plastic: int
    fixed: int
    flops: int
    bytes: int

    def milliseconds(self, limits: Limits) -> float:
        """Return the least time: the longer of computing and of moving bytes."""
        return 1e3 * max(self.flops / limits.flops, self.bytes / limits.bandwidth)


def work_of(network: Network, batch: int) -> Work:
    """Count the work of one step."""
    weights = sum(synapses.weight.numel() for synapses in network.synapses.values())
    biases = sum(synapses.bias.numel() for synapses in network.synapses.values())
    fixed = sum(matrix.numel() for matrix in network.feedback.tensors().values())
    size = next(iter(network.synapses.values())).weight.element_size()
    return Work(
        weights + biases,
        fixed,
        flops=2 * batch * (2 * weights + fixed),
        bytes=size * (3 * weights + fixed),
    )
