"""How matrices are cut into tiles, and how many tiles one program of a kernel handles."""

import math
from typing import NamedTuple

import triton

STAGES = 1
"""Pipeline stages of a program: 1, because several programs per multiprocessor hide latency."""


class Tiles(NamedTuple):
    """Streams, presynaptic and postsynaptic neurons that a program works on at a time.

    Powers of two, at least 16. A program handles several tiles, one below the other, so that there
    are at most `programs` programs, or one for each column of tiles; `warps` of 32 threads share a
    tile. Sums are made tile by tile, so that results with other tiles differ by rounding.
    """

    batch: int
    pre: int = 64
    post: int = 64
    programs: int = 512
    warps: int = 8

    @classmethod
    def fit(cls, batch: int, precision: str) -> "Tiles":
        """Return tiles whose programs fit into the registers of a GPU.

        `spikefa.backends.compiled` reports the registers; the choice has not been timed.
        """
        if batch == 1:
            return cls(1, warps=4)
        most = 16 if precision == "float32" else 64
        return cls(min(most, max(16, triton.next_power_of_2(batch))))

    def high_and_wide(self, n_pre: int, n_post: int) -> tuple[int, int]:
        """Return the height and width of a matrix in tiles."""
        return triton.cdiv(n_pre, self.pre), triton.cdiv(n_post, self.post)

    def grid(self, n_pre: int, n_post: int) -> tuple[int, int, int]:
        """Return the number of parts of a drive, of columns of tiles, and of tiles per part."""
        rows, columns = self.high_and_wide(n_pre, n_post)
        depth = triton.cdiv(rows, max(1, self.programs // columns))
        return triton.cdiv(rows, depth), columns, depth


def unit_of(shape: tuple[int, int]) -> int:
    """Return the unit in which kernels count neurons: 1, 2 or 4, a divisor of both numbers."""
    return math.gcd(*shape, 4)


def in_units(shape: tuple[int, int]) -> tuple[int, int]:
    """Return the height and width of a matrix in the units of `unit_of`."""
    unit = unit_of(shape)
    return shape[0] // unit, shape[1] // unit
