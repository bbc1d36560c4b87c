"""What the kernels multiply: matrices, and rows of what populations have sent."""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from spikefa.feedback.matrix import Recipe

LINE = 128
"""Rows and columns of the kernels' own tensors are padded to a multiple of this."""
EXACT = 2048
"""Up to this every whole number is a float16."""


def padded(n: int) -> int:
    """Return the least multiple of `LINE` that is not below `n`."""
    return -(-n // LINE) * LINE


class Read(NamedTuple):
    """How kernels read a matrix; they count `columns` and `ld` in units of `unit`.

    The compiler then knows that rows begin at a multiple of it, and reads several numbers at once.
    """

    matrix: Tensor
    scale: float
    kind: str
    columns: int
    ld: int
    unit: int


@dataclass(eq=False)
class Operand:
    """A matrix that drives neurons: weights, or a recipe to draw them.

    Attributes
    ----------
    n_pre, n_post : int
    stored : Tensor [..., n_pre, n_post], optional
        The weights, float32; None if the matrix is drawn from `recipe`.
    copy : Tensor [replicas, n_pre, padded n_post], optional
        The weights, rounded to float16.
    """

    n_pre: int
    n_post: int
    stored: Tensor | None
    recipe: Recipe | None = None
    half: bool = False
    copy: Tensor | None = field(init=False, default=None)
    _version: int = field(init=False, default=-1)

    def __post_init__(self) -> None:
        if self.half and self.stored is not None:
            leading = self.stored.numel() // (self.n_pre * self.n_post)
            self.copy = self.stored.new_zeros(
                leading, self.n_pre, padded(self.n_post), dtype=torch.float16
            )

    @property
    def unit(self) -> int:
        """The unit in which kernels count columns of the weights: 1, 2 or 4."""
        return math.gcd(self.n_post, 4)

    def refresh(self) -> None:
        """Round the weights again, if anything but these kernels has changed them.

        Torch counts the changes of a tensor; the kernels, which it does not see, change the copy
        too.
        """
        if self.stored is not None and self._version != self.stored._version:
            self.round()

    def round(self) -> None:
        """Round the weights."""
        if self.copy is not None:
            assert self.stored is not None
            self.copy[..., : self.n_post].copy_(self.stored.view(-1, self.n_pre, self.n_post))
            self._version = self.stored._version

    def read(self) -> Read:
        """Return how kernels read the matrix."""
        if self.recipe is not None:
            seeds, scale = self.recipe.seeds, float(self.recipe.scale)
            return Read(seeds, scale, self.recipe.kind, self.n_post, self.n_post, 1)
        if self.copy is not None:
            ld = padded(self.n_post)
            return Read(self.copy, 0.0, "stored", ld // 16, ld // 16, 16)
        assert self.stored is not None
        columns = self.n_post // self.unit
        return Read(self.stored, 0.0, "stored", columns, columns, self.unit)


@dataclass(eq=False)
class Rows:
    """What a population sent in each step since the weights were written, a row for each stream.

    Attributes
    ----------
    values : Tensor [replicas, capacity, padded n]
        0 from column n on.
    """

    n: int
    values: Tensor

    @classmethod
    def of(cls, n: int, replicas: int, capacity: int, half: bool, device: torch.device) -> "Rows":
        """Allocate `capacity` rows."""
        dtype = torch.float16 if half else torch.float32
        return cls(n, torch.zeros(replicas, capacity, padded(n), dtype=dtype, device=device))

    @property
    def ld(self) -> int:
        """Distance of two rows."""
        return self.values.shape[-1]

    @property
    def capacity(self) -> int:
        """Number of rows of a replica."""
        return self.values.shape[-2]

    def put(self, row: int, values: Tensor) -> None:
        """Store `[..., rows, n]` from row `row` on."""
        given = values.view(len(self.values), -1, self.n)
        self.values[:, row : row + given.shape[1], : self.n].copy_(given)

    def put_steps(self, values: Tensor) -> None:
        """Store `[steps, ..., batch, n]`, from the first row on."""
        steps, batch = len(values), values.shape[-2]
        given = values.view(steps, len(self.values), batch, self.n).transpose(0, 1)
        own = self.values[:, : steps * batch, : self.n]
        own.unflatten(1, (steps, batch)).copy_(given)


@dataclass(eq=False)
class Link:
    """Synapses from one population to another, as the kernels see them.

    Attributes
    ----------
    matrix : Operand
    left : Rows
        What is sent.
    earlier, factor : Rows, optional
        Factors of the changes that wait, ``dW = -eta earlier^T factor``; None if nothing learns.
        `earlier` may differ from `left`: KP sends an error that is not gated and learns from one
        that is.
    rate : Tensor, optional
        eta.
    bias : Tensor, optional
    layer : int
        Number of the projection whose learning rate counts.
    overlap : Tensor [replicas, rows, capacity], optional
        ``left earlier^T`` of the present step.
    """

    matrix: Operand
    left: Rows
    earlier: Rows | None = None
    factor: Rows | None = None
    rate: Tensor | None = None
    bias: Tensor | None = None
    layer: int = 0
    overlap: Tensor | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        assert (self.earlier is None) == (self.factor is None) == (self.rate is None)

    @property
    def learns(self) -> bool:
        """Whether the matrix learns, if it is not frozen."""
        return self.factor is not None

    def make_room(self, rows: int) -> None:
        """Allocate overlaps for `rows` rows of `left` at a time."""
        if self.learns:
            exact = self.bias is not None and self.matrix.n_pre < EXACT  # spikes, and the bias
            values = self.left.values
            dtype = values.dtype if exact else torch.float32
            shape = len(values), rows, self.left.capacity
            self.overlap = torch.zeros(shape, dtype=dtype, device=values.device)
