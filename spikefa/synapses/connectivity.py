"""The seam for the synapses of a whole network: what a command line chooses by one name."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from spikefa.synapses.base import Synapses
from spikefa.synapses.dense import Dense
from spikefa.utils.checking import check_fields
from spikefa.utils.ranges import Scale


@dataclass(eq=False)  # a subclass may have more than its fields
class Connectivity(ABC):
    """Says of what kind the synapses of each projection of a network are.

    A subclass defines `onto`. It holds nothing of a network, so it serves any number of them.
    """

    def __post_init__(self) -> None:
        check_fields(self)

    @abstractmethod
    def onto(self, populations: Sequence[str]) -> Mapping[str, Callable[..., Synapses]]:
        """Return what makes the synapses onto each population, as `Network` takes it.

        Parameters
        ----------
        populations : sequence of str
            From the first hidden population, which the input drives, to the output.
        """


@dataclass(eq=False, kw_only=True)
class AllToAll(Connectivity):
    """All-to-all synapses without constraints, see `Dense`.

    Parameters
    ----------
    scale : float, default 0.05
        Half-range of the uniform distribution from which the weights are drawn.
    """

    scale: Scale = 0.05

    def onto(self, populations: Sequence[str]) -> Mapping[str, Callable[..., Synapses]]:
        """Return `Dense` for every population."""
        return dict.fromkeys(populations, partial(Dense, scale=self.scale))
