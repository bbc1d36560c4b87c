"""Matrices that carry an error from one population to the next."""

from abc import ABC
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from spikefa.feedback.distributions import MatrixKind
from spikefa.synapses import Sharing, Unshared

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
    sharing : Sharing
        Which weight stands at each pair of neurons, seen from forward synapses in the other
        direction. If the synapses share weights, `stored` is as small as the transpose of those.
    """

    role: ClassVar[Role]
    stored: Tensor
    sharing: Sharing

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of sending and receiving neurons."""
        return self.sharing.n_post, self.sharing.n_pre

    @property
    def recipe(self) -> Recipe | None:
        """The recipe for drawing the matrix at each use; None if it is stored."""
        return None

    def fan_out(self) -> Tensor | None:
        """Return how many synapses each sending neuron has, `[..., n_from]`; None if it has all."""
        return None

    def carry(self, sent: Tensor, out: Tensor) -> None:
        """Write `sent` `[..., batch, n_from]` times the matrix into `out` `[..., batch, n_to]`."""
        self.sharing.carry(sent, self.stored, out)


def unshared(stored: Tensor) -> Sharing:
    """Return the sharing of a matrix in which each pair of neurons has a weight of its own."""
    n_from, n_to = stored.shape[-2:]
    return Unshared(n_to, n_from)


@dataclass(eq=False)
class PlasticMatrix(Matrix):
    """A matrix whose synapses learn; the circuit changes `stored` in place.

    `mask` `[..., n_from, n_to]` is 1 where there is a synapse, else 0; None if all exist. Without a
    `sharing` no synapses share weights.
    """

    role: ClassVar[Role] = "plastic"

    stored: Tensor
    mask: Tensor | None = None
    sharing: Sharing = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        self.sharing = self.sharing or unshared(self.stored)

    def fan_out(self) -> Tensor | None:
        """Return how many synapses of each sending neuron are not missing; None if none is."""
        return None if self.mask is None else torch.count_nonzero(self.mask, -1)

    def learn(self, sent: Tensor, received: Tensor, alpha: float = 1.0) -> None:
        """Add ``alpha sent^T received``, summed over the batch and over what shares a weight."""
        self.sharing.add_outer_back(self.stored, sent, received, alpha)


@dataclass(eq=False)
class ForwardMatrix(Matrix):
    """A matrix derived from the forward weights: a view of them, or the result of a computation.

    Real synapses cannot know these weights. Without a `sharing` no synapses share them.
    """

    role: ClassVar[Role] = "forward"

    stored: Tensor
    sharing: Sharing = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        self.sharing = self.sharing or unshared(self.stored)
