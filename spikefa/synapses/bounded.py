"""Weights between two bounds."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from spikefa.errors import require
from spikefa.synapses.constraint import Constraint
from spikefa.utils.ranges import Signed


@dataclass(eq=False)
class Bounded(Constraint):
    """Weights stay between two bounds: after every change those outside are set to the nearest.

    Parameters
    ----------
    low, high : float
        The least and the greatest weight.

    Raises
    ------
    SpikefaError
        If `low` is not below `high`.
    """

    limits_size: ClassVar[bool] = True

    low: Signed
    high: Signed

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            self.low < self.high,
            f"weights bounded by {self.low:g} and {self.high:g}: give the lower bound first, and a "
            "higher one",
        )

    def restore(self, weight: Tensor) -> None:
        """Clip the weights."""
        weight.clamp_(self.low, self.high)
