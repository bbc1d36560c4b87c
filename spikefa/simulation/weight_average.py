"""The mean of the weights over the last epochs, with which a network is tested."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.network import Network
from spikefa.utils.ranges import Duration
from spikefa.utils.tensors import named_tensors

LOOKS = 100
"""How often in an epoch the weights are added to their mean."""


def averaged(network: Network) -> dict[str, Tensor]:
    """Return the tensors of the forward synapses that have a mean, by their names in a network."""
    return {
        name: each
        for name, each in network.tensors().items()
        if name.startswith("synapses.") and each.is_floating_point()
    }


@dataclass(eq=False)
class WeightAverage:
    """The mean of forward weights and biases, for tests (Polyak & Juditsky 1992).

    A hundred times in an epoch, between two presentations, the weights W are added::

        mean <- mean + a (W - mean),      a = max(1/n, 1/(100 epochs))

    for the n-th time. So it is the plain mean until so many epochs have gone by, and after them a
    mean that forgets exponentially, with that time constant. Nothing of the training is touched.
    Until weights have been added, tests use them as they are.

    Parameters
    ----------
    network : Network
    epochs : float
        The time constant.
    presentations : callable
        Returns how many presentations it takes to show so many epochs.

    Raises
    ------
    SpikefaError
        If a constraint does not hold for the mean of weights for which it holds.

    Attributes
    ----------
    mean : dict of Tensor
        By the names of the weights in the network.
    times : int64 Tensor []
        How often weights were added; on the host.
    """

    network: Network
    epochs: Duration
    presentations: Callable[[float], int]
    mean: dict[str, Tensor] = field(init=False)
    times: Tensor = field(init=False)

    def __post_init__(self) -> None:
        for name, each in self.network.projections.items():
            for constraint in each.held:
                require(
                    constraint.keeps_means,
                    f"the synapses onto {name} have {constraint!r}, which the mean of their "
                    "weights would not: leave average_epochs out, or that constraint",
                )
        self.mean = {name: each.clone() for name, each in averaged(self.network).items()}
        self.times = torch.zeros((), dtype=torch.int64)
        self._every = max(1, self.presentations(1.0) // LOOKS)
        self._least = self._every / self.presentations(self.epochs)

    def tensors(self) -> dict[str, Tensor]:
        """Return what a checkpoint must hold, by name."""
        return named_tensors({"mean": self.mean, "times": self.times})

    def follow(self, presentation: int) -> None:
        """Add the weights after so many presentations, if it is time."""
        if presentation % self._every == 0:
            self.times.add_(1)
            weight = max(1 / int(self.times), self._least)
            torch._foreach_lerp_(self._means(), self._weights(), min(weight, 1.0))

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Let the network have the mean for its weights, as long as this lasts."""
        if not self.times:
            yield
            return
        kept = [each.clone() for each in self._weights()]
        torch._foreach_copy_(self._weights(), self._means())
        try:
            yield
        finally:
            torch._foreach_copy_(self._weights(), kept)

    def _means(self) -> list[Tensor]:
        return list(self.mean.values())

    def _weights(self) -> list[Tensor]:
        return list(averaged(self.network).values())


def average_of(
    network: Network, epochs: float | None, presentations: Callable[[float], int]
) -> WeightAverage | None:
    """Return the mean of the weights over so many epochs, if a number is given."""
    return None if epochs is None else WeightAverage(network, epochs, presentations)


def averages(average: WeightAverage | None) -> AbstractContextManager[None]:
    """Return a context in which the network has the mean for its weights, if there is one."""
    return nullcontext() if average is None else average.in_place()
