"""Numbers in float64, with a bound on how far from them float32 arithmetic may end up.

The bounds are the textbook's (Higham 2002, section 3.1): an operation errs by at most one rounding
unit of its result, a sum of n terms in any order by at most n units of the sum of their sizes. So
a test of a kernel needs no tolerance that somebody has guessed.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

ORDINARY = 2.0**-24
"""Rounding unit of float32, rounded to nearest."""
MATRIX = 2.0**-23
"""The same for sums of matrix units, which round towards 0 (Fasi et al. 2021)."""
HALF, TINY = 2.0**-11, 2.0**-25
"""Rounding unit of float16, and what the smallest numbers lose there."""


@dataclass
class Near:
    """A number that float32 arithmetic misses by at most `error`."""

    value: Tensor
    error: Tensor

    @classmethod
    def exactly(cls, value: Tensor) -> "Near":
        """Return a number as it is stored."""
        return cls(value.double(), torch.zeros_like(value, dtype=torch.float64))

    @property
    def most(self) -> Tensor:
        """The largest size that the number can have."""
        return self.value.abs() + self.error

    def halved(self) -> "Near":
        """Return the number rounded to float16."""
        return Near(self.value, self.error + HALF * self.most + TINY)

    def rounded(self, units: float = 1.0) -> "Near":
        """Return the number after an operation that errs by some units."""
        return Near(self.value, self.error + units * ORDINARY * self.most)

    def __add__(self, other: "Near") -> "Near":
        return Near(self.value + other.value, self.error + other.error).rounded()

    def __sub__(self, other: "Near") -> "Near":
        return self + Near(-other.value, other.error)

    def __mul__(self, other: "Near | float") -> "Near":
        if not isinstance(other, Near):
            other = Near.exactly(torch.as_tensor(other, dtype=torch.float64)).rounded()
        error = self.most * other.error + self.error * other.value.abs()
        return Near(self.value * other.value, error).rounded()

    def times(self, other: "Near", unit: float, terms: int = 0) -> "Near":
        """Return the matrix product; its sums have as many terms as the factors, and `terms`."""
        terms += self.value.shape[-1]
        error = self.most @ other.error + self.error @ other.value.abs()
        return Near(self.value @ other.value, error + terms * unit * (self.most @ other.most))

    @property
    def mT(self) -> "Near":
        """The transposed matrix."""
        return Near(self.value.mT, self.error.mT)

    def through(self, function, slope: float, units: float) -> "Near":
        """Return a function of the number, whose slope is at most `slope`."""
        value = function(self.value)
        return Near(value, slope * self.error).rounded(units)

    def check(self, given: Tensor, name: str) -> None:
        """Check that what a kernel computed is as near as it has to be."""
        off = (given.double() - self.value).abs()
        worst = float((off - self.error).max())
        assert bool((off <= self.error).all()), (
            f"{name} is off by up to {float(off.max()):.3g}, {worst:.3g} more than rounding is"
        )


def sum_of(*terms: Near) -> Near:
    """Return the sum of some numbers, added up in any order."""
    error = sum(each.error for each in terms)
    most = sum(each.most for each in terms)
    return Near(sum(each.value for each in terms), error + len(terms) * ORDINARY * most)
