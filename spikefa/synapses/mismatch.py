"""Weights as an imperfect device transmits them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.synapses.constraint import Constraint
from spikefa.utils.ranges import PositiveScale


@dataclass(eq=False)
class Mismatch(Constraint):
    """Every synapse transmits its weight times a factor of its own, which never changes.

    The factors ``max(0, 1 + spread z)``, with z from the normal distribution, are drawn once, with
    the weights. What is learnt, recorded and read by circuits is W; neurons receive W times the
    factors. This is the fixed mismatch of analogue devices.

    Parameters
    ----------
    spread : float
        Standard deviation of the factors, without those below 0.

    Attributes
    ----------
    factors : Tensor [n_pre, n_post]
        See `Synapses.held`.

    Raises
    ------
    SpikefaError
        If the spread is not positive.
    """

    spread: PositiveScale
    factors: Tensor = field(init=False, repr=False)
    _room: Tensor = field(init=False, repr=False)

    def connect(self, weight: Tensor, others: Sequence[Constraint]) -> None:
        """Allocate the factors."""
        self.factors = torch.ones_like(weight)
        self._room = torch.zeros_like(weight)

    def initialise(self, weight: Tensor, generator: torch.Generator) -> None:
        """Draw the factors."""
        drawn = torch.empty(weight.shape, dtype=weight.dtype)
        drawn.normal_(1.0, self.spread, generator=generator)
        self.factors.copy_(drawn.clamp_(min=0))

    def transmitted(self, weight: Tensor) -> Tensor:
        """Return the weights times the factors."""
        return torch.mul(weight, self.factors, out=self._room)

    def tensors(self) -> dict[str, Tensor]:
        """Return the factors."""
        return {"factors": self.factors}
