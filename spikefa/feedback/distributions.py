"""Distributions of the weights of a feedback matrix.

Each function draws from a generator to fill `rows`, a block of matrix rows that starts at row
`first`. The seven matrices B1 to B7 come from "General feedback strategies" (section 4.4): ones
with noise, the non-square identity, the identity with noise, sparse ones, ones + U[-0.01, 0.01],
sparse ones with noise, and noise alone. The paper's noise is N(0, 0.01), where 0.01 is taken here
as the standard deviation; only existing synapses have noise. All seven are multiplied by the scale.
"""

from typing import Literal

import torch
from torch import Generator, Tensor

MatrixKind = Literal[
    "uniform", "normal", "sign", "orthogonal", "B1", "B2", "B3", "B4", "B5", "B6", "B7"
]
NOISE = 0.01
"""Standard deviation of the noise in B1, B3, B6 and B7, and half-range of the noise in B5."""
SPARSE = {"B4": 0.5, "B6": 0.5}
"""Sparsity of the kinds that are sparse by definition; the paper does not give a value."""


def uniform(rows: Tensor, first: int, scale: float, source: Generator) -> None:
    """Draw from U[-scale, scale]; an error keeps its size if ``scale = sqrt(3 / n_from)``."""
    rows.uniform_(-scale, scale, generator=source)


def normal(rows: Tensor, first: int, scale: float, source: Generator) -> None:
    """Draw from N(0, scale^2); an error keeps its size if ``scale = 1 / sqrt(n_from)``."""
    rows.normal_(0, scale, generator=source)


def sign(rows: Tensor, first: int, scale: float, source: Generator) -> None:
    """Draw -scale or scale; an error keeps its size if ``scale = 1 / sqrt(n_from)``."""
    rows.uniform_(generator=source)
    torch.ge(rows, 0.5, out=rows).mul_(2).sub_(1).mul_(scale)


def orthogonal(rows: Tensor, first: int, scale: float, source: Generator) -> None:
    """Write scale times a uniformly drawn semi-orthogonal matrix; `rows` must be all rows.

    Its rows or its columns, whichever are fewer, are orthonormal. With scale 1, the matrix does not
    lengthen any error.
    """
    tall = max(rows.shape), min(rows.shape)
    gaussian = torch.empty(tall, dtype=torch.float64).normal_(generator=source)
    q, r = torch.linalg.qr(gaussian)
    q = q * torch.where(r.diagonal() < 0, -1.0, 1.0)  # makes the distribution uniform
    rows.copy_(q if rows.shape == q.shape else q.mT).mul_(scale)


def ones(rows: Tensor, first: int, scale: float, source: Generator) -> None:
    """Write ones (B4)."""
    rows.fill_(scale)


def noisy_ones(rows: Tensor, first: int, scale: float, source: Generator) -> None:
    """Draw from N(1, 0.01^2) (B1, B6)."""
    rows.normal_(1, NOISE, generator=source).mul_(scale)


def uniform_ones(rows: Tensor, first: int, scale: float, source: Generator) -> None:
    """Draw from U[0.99, 1.01] (B5)."""
    rows.uniform_(1 - NOISE, 1 + NOISE, generator=source).mul_(scale)


def identity(rows: Tensor, first: int, scale: float, source: Generator) -> None:
    """Write rows of the identity, which need not be square (B2)."""
    rows.zero_().diagonal(first).fill_(scale)


def noisy_identity(rows: Tensor, first: int, scale: float, source: Generator) -> None:
    """Write rows of the identity, with noise on all weights (B3)."""
    rows.normal_(0, NOISE, generator=source).diagonal(first).add_(1)
    rows.mul_(scale)


def noise(rows: Tensor, first: int, scale: float, source: Generator) -> None:
    """Draw from N(0, 0.01^2) (B7)."""
    rows.normal_(0, NOISE, generator=source).mul_(scale)


DISTRIBUTIONS = {
    "uniform": uniform,
    "normal": normal,
    "sign": sign,
    "orthogonal": orthogonal,
    "B1": noisy_ones,
    "B2": identity,
    "B3": noisy_identity,
    "B4": ones,
    "B5": uniform_ones,
    "B6": noisy_ones,
    "B7": noise,
}
