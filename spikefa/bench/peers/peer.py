"""What a peer is: another simulator that runs a network of the same size."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from importlib.metadata import version
from typing import ClassVar

import torch

from spikefa.network.network import Network

Run = Callable[[], float]
"""Advances by some steps and returns milliseconds per step."""


class Peer(ABC):
    """Another simulator. It is imported by `load`, not before.

    Attributes
    ----------
    name : str
        The line in the table.
    package : str
        What it is called by pip.
    install : str
        Command that installs it.
    computes, leaves_out : str
        What a step of it does, and what a step of ours does that it does not.
    by_torch : bool
        Whether it computes in this process, with torch's threads.
    """

    name: ClassVar[str]
    package: ClassVar[str]
    install: ClassVar[str]
    computes: ClassVar[str]
    leaves_out: ClassVar[str]
    by_torch: ClassVar[bool] = True

    @abstractmethod
    def load(self) -> None:
        """Import it, or raise what that raises."""

    def obstacle(self, network: Network, batch: int) -> str:
        """Return why it cannot run this network with so many streams; "" if it can."""
        return ""

    @abstractmethod
    def prepare(self, network: Network, batch: int) -> Run:
        """Build the network, compile what there is to compile, and return what advances it."""

    @property
    def version(self) -> str:
        """Version of the package."""
        return version(self.package)


def sizes_of(network: Network) -> list[int]:
    """Return the number of neurons of all populations, from the input to the output."""
    return [network.n_inputs, *(population.size for population in network.populations.values())]


def steps_for(network: Network, batch: int) -> int:
    """Return how many steps a repetition takes: 5e8 steps of one synapse, but 1 to 1000."""
    weights = sum(synapses.weight.numel() for synapses in network.synapses.values())
    return min(1000, max(1, round(5e8 / (weights * batch))))


def on_the_best_threads(run: Run) -> Run:
    """Return `run` on one thread, or on all that torch has now, whichever is faster here."""
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
