"""The base class of peers: other simulators that run networks of the same size."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from importlib.metadata import version
from typing import ClassVar

import torch

from spikefa.network.network import Network

Run = Callable[[], float]
"""Advances by some steps and returns milliseconds per step."""
RATE = 0.13
"""Probability that an input neuron spikes in a step."""


class Peer(ABC):
    """Another simulator, which only `load` imports.

    Attributes
    ----------
    name : str
        The name of its row in the table.
    package : str
        Its name for pip.
    install : str
        The command that installs it.
    computes, leaves_out : str
        What its step computes, and what it leaves out of a step of spikefa.
    by_torch : bool
        Whether it computes in this process, with torch's threads.
    without_gradients : bool
        Whether it runs without torch's gradients.
    """

    name: str
    package: ClassVar[str]
    install: ClassVar[str]
    computes: ClassVar[str]
    leaves_out: ClassVar[str]
    by_torch: ClassVar[bool] = True
    without_gradients: ClassVar[bool] = True

    @abstractmethod
    def load(self) -> None:
        """Import the package; an error of the import is raised."""

    def obstacle(self, network: Network, batch: int) -> str:
        """Return why it cannot run this network with this batch; "" if it can."""
        return ""

    @abstractmethod
    def prepare(self, network: Network, batch: int) -> Run:
        """Build and compile the network, and return a function that advances it."""

    @property
    def version(self) -> str:
        """The version of the package."""
        return version(self.package)


def sizes_of(network: Network) -> list[int]:
    """Return the sizes of all populations, from the input to the output."""
    return [network.n_inputs, *(population.size for population in network.populations.values())]


def steps_for(network: Network, batch: int) -> int:
    """Return the steps of a repetition: 5e8 synapse-steps in total, but 1 to 1000 steps."""
    weights = sum(synapses.weight.numel() for synapses in network.synapses.values())
    return min(1000, max(1, round(5e8 / (weights * batch))))


def on_the_best_threads(run: Run) -> Run:
    """Return `run` on one thread or on all present threads of torch, whichever is faster."""
    most = torch.get_num_threads()

    def on(threads: int) -> float:
        torch.set_num_threads(threads)
        try:
            return run()
        finally:
            torch.set_num_threads(most)

    run()
    threads = min({1, most}, key=lambda threads: min(on(threads) for _ in range(2)))
    return lambda: on(threads)
