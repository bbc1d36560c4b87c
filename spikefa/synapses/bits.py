"""Weights of few bits, as chips store them."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor

from spikefa.synapses.constraint import Constraint
from spikefa.utils.checking import check_one_of
from spikefa.utils.hashing import advance, hashed_uniforms
from spikefa.utils.ranges import BitCount, PositiveScale

Rounding = Literal["stochastic", "nearest"]
STORED = (torch.int8, torch.int16, torch.int32)
"""Integers in which levels are stored: the first that holds them all."""


@dataclass(eq=False)
class Bits(Constraint):
    """Weights are whole multiples of a unit, stored as integers of b bits.

    What is stored are the levels, from -top to top with ``top = 2^(b-1) - 1``, and the weight is
    ``level limit / top``: 2 bits are -1, 0 and 1 times the limit. One bit is -1 or 1 times the
    limit. With `Dale` the sign belongs to the neuron and takes no bit: ``top = 2^b - 1``.

    Every change is rounded to a level, and nothing else is remembered of it::

        level <- level + round(dW / unit)            clipped to -top ... top

    "stochastic" rounds up with a probability equal to the remainder, so that the mean over many
    changes is right, however small they are (Gupta et al. 2015). "nearest" loses every change below
    half a unit, which with small learning rates are all.

    The random numbers are a hash of two counters, which are drawn with the weights and go on at
    every change, see `spikefa.utils.hashing`. Biases are not rounded.

    Parameters
    ----------
    bits : int
        From 1 to 16.
    limit : float, default 1
        The largest weight.
    rounding : {"stochastic", "nearest"}, default "stochastic"

    Attributes
    ----------
    levels : Tensor [n_pre, n_post]
        What is stored, as int8, int16 or int32, see `Synapses.held`. Of a synapse that `Masked`
        leaves out it means nothing.
    top : int
        The highest level.
    counters : int32 Tensor [2]

    Raises
    ------
    SpikefaError
        If an argument is out of range.
    """

    limits_size: ClassVar[bool] = True
    last: ClassVar[bool] = True
    keeps_means: ClassVar[bool] = False

    bits: BitCount
    _: KW_ONLY
    limit: PositiveScale = 1.0
    rounding: Rounding = "stochastic"
    top: int = field(init=False, repr=False)
    levels: Tensor = field(init=False, repr=False)
    counters: Tensor = field(init=False, repr=False)
    _spacing: int = field(init=False, repr=False)
    _room: Tensor = field(init=False, repr=False)
    _hash_rooms: tuple[Tensor, Tensor] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_one_of("rounding", self.rounding, get_args(Rounding))

    @property
    def unit(self) -> float:
        """The weight of level 1."""
        return self.limit / self.top

    def connect(self, weight: Tensor, others: Sequence[Constraint]) -> None:
        """Count the levels and allocate them."""
        signed = not any(each.fixes_signs for each in others)
        self.top = max(2 ** (self.bits - signed) - 1, 1)
        self._spacing = 2 if signed and self.bits == 1 else 1  # one bit has no level 0
        stored = next(each for each in STORED if torch.iinfo(each).max >= self.top)
        self.levels = torch.zeros_like(weight, dtype=stored)
        self.counters = torch.zeros(2, dtype=torch.int32, device=weight.device)
        random = self.rounding == "stochastic"
        shape = weight.shape if random else (0, 0)
        self._room = torch.zeros_like(weight)
        rooms = (torch.zeros(shape, dtype=torch.int32, device=weight.device) for _ in range(2))
        self._hash_rooms = next(rooms), next(rooms)

    def initialise(self, weight: Tensor, generator: torch.Generator) -> None:
        """Begin at the lowest level, and draw where the counters start."""
        self.levels.fill_(-self.top)
        if self.rounding == "stochastic":
            ends = torch.iinfo(torch.int32)
            start = torch.empty(2, dtype=torch.int64)
            self.counters.copy_(start.random_(ends.min, ends.max, generator=generator))

    def restore(self, weight: Tensor) -> None:
        """Round by how much the weights differ from what is stored, and store the result.

        A weight that has not changed differs by exactly 0, so that it stays.
        """
        stored = self._room.copy_(self.levels)
        weight.sub_(stored.mul_(self.unit)).div_(self._spacing * self.unit)
        if self.rounding == "stochastic":
            advance(self.counters)
            weight.add_(hashed_uniforms(self.counters, self._room, self._hash_rooms)).floor_()
        else:
            weight.round_()
        weight.mul_(self._spacing).add_(self.levels).clamp_(-self.top, self.top)
        self.levels.copy_(weight)
        weight.mul_(self.unit)

    def tensors(self) -> dict[str, Tensor]:
        """Return the levels and the counters of their rounding."""
        return {"levels": self.levels, "counters": self.counters}
