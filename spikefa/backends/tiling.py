"""How matrices are cut into tiles, and how many of them a program of a kernel takes."""

import math
from typing import NamedTuple

import triton

STAGES = 1
"""Tiles that a program has on their way: several programs to a multiprocessor hide the wait."""


class Tiles(NamedTuple):
    """Streams, presynaptic and postsynaptic neurons that a program works on at a time.

    Powers of two, 16 at least. A program takes tiles one below the other until there are no more
    than `programs` programs, or one for each column of tiles; `warps` of 32 threads share a tile.
    Sums are made tile by tile, so that others round otherwise.
    """

    batch: int
    pre: int = 64
    post: int = 64
    programs: int = 512
    warps: int = 8

    @classmethod
    def fit(cls, batch: int, precision: str) -> "Tiles":
        """Return tiles whose programs find room in the registers of a GPU.

        `spikefa.backends.compiled` says what they take; none has been timed.
        """
        if batch == 1:
            return cls(1, warps=4)
        most = 16 if precision == "float32" else 64
        return cls(min(most, max(16, triton.next_power_of_2(batch))))

    def high_and_wide(self, n_pre: int, n_post: int) -> tuple[int, int]:
        """Return how many tiles a matrix is high and wide."""
        return triton.cdiv(n_pre, self.pre), triton.cdiv(n_post, self.post)

    def grid(self, n_pre: int, n_post: int) -> tuple[int, int, int]:
        """Return the parts a drive is split into, the columns of tiles, and tiles of a part."""
        rows, columns = self.high_and_wide(n_pre, n_post)
        depth = triton.cdiv(rows, max(1, self.programs // columns))
        return triton.cdiv(rows, depth), columns, depth


def unit_of(shape: tuple[int, int]) -> int:
    """Return in what the kernels count neurons: a power of two that divides both numbers."""
    return math.gcd(*shape, 4)


def in_units(shape: tuple[int, int]) -> tuple[int, int]:
    """Return the height and width of a matrix in such units."""
    unit = unit_of(shape)
    return shape[0] // unit, shape[1] // unit
