"""Matrices that carry an error from one population to the next."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from spikefa.feedback.distributions import MatrixKind
from spikefa.utils.products import product

Role = Literal["fixed", "plastic", "forward"]
"""Whether a matrix never changes, learns, or is derived from the forward weights."""


@dataclass(frozen=True, eq=False)
class Recipe:
    """Instructions for redrawing a matrix that is not stored.

    Attributes
    ----------
    kind : str
        Distribution; see `RandomMatrix`.
    scale, sparsity : float
        As in `RandomMatrix`.
    seeds : Tensor [2]
        Seeds of the weights and of the missing synapses.
    """

    kind: MatrixKind
    scale: float
    sparsity: float
    seeds: Tensor


class Matrix(ABC):
    """A matrix `[n_from, n_to]` between two error populations.

    Attributes
    ----------
    role : {"fixed", "plastic", "forward"}
    stored : Tensor [..., n_from, n_to]
        The same tensor during the whole run; empty if the matrix is drawn from a `recipe`.
    """

    role: ClassVar[Role]
    stored: Tensor

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of sending and receiving neurons."""
        n_from, n_to = self.stored.shape[-2:]
        return n_from, n_to

    @property
    def recipe(self) -> Recipe | None:
        """The recipe for drawing the matrix at each use; None if it is stored."""
        return None

    def fan_out(self) -> Tensor | None:
        """Return how many synapses each sending neuron has, `[..., n_from]`; None if it has all."""
        return None

    @abstractmethod
    def carry(self, sent: Tensor, out: Tensor) -> None:
        """Write `sent` `[..., batch, n_from]` times the matrix into `out` `[..., batch, n_to]`."""


@dataclass(eq=False)
class PlasticMatrix(Matrix):
    """A matrix whose synapses learn; the circuit changes `stored` in place.

    `mask` `[..., n_from, n_to]` is 1 where there is a synapse, else 0; None if all exist.
    """

    role: ClassVar[Role] = "plastic"

    stored: Tensor
    mask: Tensor | None = None

    def fan_out(self) -> Tensor | None:
        """Return how many synapses of each sending neuron are not missing; None if none is."""
        return None if self.mask is None else torch.count_nonzero(self.mask, -1)

    def carry(self, sent: Tensor, out: Tensor) -> None:
        """Write ``sent B``."""
        product(sent, self.stored, out)


@dataclass(eq=False)
class ForwardMatrix(Matrix):
    """A matrix derived from the forward weights: a view of them, or the result of a computation.

    Real synapses cannot know these weights.
    """

    role: ClassVar[Role] = "forward"

    stored: Tensor

    def carry(self, sent: Tensor, out: Tensor) -> None:
        """Write ``sent B``."""
        torch.matmul(sent, self.stored, out=out)
