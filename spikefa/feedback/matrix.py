"""The matrices that carry an error from one population to the next."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from spikefa.feedback.distributions import MatrixKind
from spikefa.utils.products import product

Role = Literal["fixed", "plastic", "forward"]
"""Whether a matrix never changes, learns, or is made from forward weights."""


@dataclass(frozen=True, eq=False)
class Recipe:
    """How a matrix that is not stored is drawn, again and again.

    Attributes
    ----------
    kind : str
        Distribution, see `RandomMatrix`.
    scale, sparsity : float
    seeds : Tensor [2]
        Of the numbers, and of what is missing.
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
        """The numbers of neurons that send and that receive."""
        n_from, n_to = self.stored.shape[-2:]
        return n_from, n_to

    @property
    def recipe(self) -> Recipe | None:
        """How the matrix is drawn at each use; None if it is stored."""
        return None

    @abstractmethod
    def carry(self, sent: Tensor, out: Tensor) -> None:
        """Write `sent` `[..., batch, n_from]` times the matrix into `out` `[..., batch, n_to]`."""


@dataclass(eq=False)
class PlasticMatrix(Matrix):
    """A matrix whose synapses learn; the circuit changes `stored` in place."""

    role: ClassVar[Role] = "plastic"

    stored: Tensor

    def carry(self, sent: Tensor, out: Tensor) -> None:
        """Write ``sent B``."""
        product(sent, self.stored, out)


@dataclass(eq=False)
class ForwardMatrix(Matrix):
    """A matrix made from the forward weights: a view of them, or what a circuit computes of them.

    No real synapse could know these weights.
    """

    role: ClassVar[Role] = "forward"

    stored: Tensor

    def carry(self, sent: Tensor, out: Tensor) -> None:
        """Write ``sent B``."""
        torch.matmul(sent, self.stored, out=out)
