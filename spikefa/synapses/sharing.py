"""The seam for weights that several synapses share: the products of a projection with its weights.

`Synapses` and the matrices of feedback circuits leave to a `Sharing` what depends on which pair of
neurons has which weight. Everything else, such as drawing, decay and angles, sees a matrix of
weights and need not know what they connect.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from spikefa.utils.products import product, rows_to_read, sum_of_rows
from spikefa.utils.tensors import add_product


class Sharing(ABC):
    """Says which weight stands at each pair of neurons of a projection.

    The weights W are a matrix `[..., rows, columns]`, where a row is what a neuron receives from,
    and a column the neurons that receive with the same weights. A matrix that carries an error the
    other way is B `[..., columns, rows]`, so that B and W^T have the same shape, and B = W^T is
    backpropagation.

    Attributes
    ----------
    n_pre, n_post : int
        Sizes of the two populations.
    groups : int, default 1
        Blocks of columns that have no presynaptic neuron in common.
    """

    n_pre: int
    n_post: int
    groups: int = 1

    @property
    @abstractmethod
    def weight_shape(self) -> tuple[int, int]:
        """The numbers of rows and columns of the weights."""

    @property
    @abstractmethod
    def shares(self) -> bool:
        """Whether several synapses have one weight; if not, the weights are [n_pre, n_post]."""

    @property
    @abstractmethod
    def fans(self) -> tuple[int, int]:
        """The numbers of weights that meet at a neuron, and of those that leave one."""

    @property
    def glorot(self) -> float:
        """Half-range of a uniform distribution of first weights, ``sqrt(6 / (fan_in + fan_out))``.

        See Glorot & Bengio (2010).
        """
        return float((6 / sum(self.fans)) ** 0.5)

    @abstractmethod
    def drive(self, pre: Tensor, weight: Tensor, out: Tensor) -> None:
        """Write what `pre` `[..., batch, n_pre]` sends through W into `out` `[..., batch, n_post]`.

        `out` is contiguous.
        """

    @abstractmethod
    def carry(self, sent: Tensor, back: Tensor, out: Tensor) -> None:
        """Write what `sent` `[..., batch, n_post]` sends back through B into `out`, `[..., n_pre]`.

        With B = W^T this is the transpose of `drive`.
        """

    @abstractmethod
    def add_outer(self, to: Tensor, pre: Tensor, post: Tensor) -> None:
        """Add ``pre^T post`` to `to` `[..., rows, columns]`.

        A weight receives the sum over all synapses that share it, and over the batch.
        """

    @abstractmethod
    def add_outer_back(self, to: Tensor, sent: Tensor, pre: Tensor, alpha: float = 1.0) -> None:
        """Add ``alpha sent^T pre`` to `to` `[..., columns, rows]`, the transpose of `add_outer`."""

    @abstractmethod
    def add_bias(self, bias: Tensor, out: Tensor) -> None:
        """Add a bias `[..., columns]` to `out` `[..., batch, n_post]`."""

    @abstractmethod
    def gathered(self, post: Tensor) -> Tensor:
        """Return the sums of `post` `[..., n_post]` over neurons with the same weights."""

    @abstractmethod
    def each_alone(self, change: Tensor) -> Tensor:
        """Return what the weights change if each synapse is given its own, `[..., n_pre, n_post]`.

        Raises
        ------
        SpikefaError
            If there is no room for so many.
        """

    @abstractmethod
    def widened(self, columns: int) -> "Sharing":
        """Return the same onto another number of columns of neurons."""

    @abstractmethod
    def column_by_column(self, columns: int) -> "Sharing":
        """Return a projection onto the same neurons from others that lie as they do.

        It begins at `columns` columns of neurons, `widened` to as many, and connects only those in
        the same place.
        """


@dataclass
class Unshared(Sharing):
    """Every pair of neurons has a weight of its own, ``W[i, j]``.

    Parameters
    ----------
    n_pre, n_post : int
        Sizes of the two populations.
    """

    n_pre: int
    n_post: int

    @property
    def weight_shape(self) -> tuple[int, int]:
        """The sizes of the two populations."""
        return self.n_pre, self.n_post

    @property
    def shares(self) -> bool:
        """No weight serves two synapses."""
        return False

    @property
    def fans(self) -> tuple[int, int]:
        """The sizes of the two populations."""
        return self.n_pre, self.n_post

    def drive(self, pre: Tensor, weight: Tensor, out: Tensor) -> None:
        """Write ``pre W``."""
        rows = rows_to_read(pre, weight)
        if rows is None:
            torch.matmul(pre, weight, out=out)
        else:
            sum_of_rows(rows, weight, out)

    def carry(self, sent: Tensor, back: Tensor, out: Tensor) -> None:
        """Write ``sent B``."""
        product(sent, back, out)

    def add_outer(self, to: Tensor, pre: Tensor, post: Tensor) -> None:
        """Add ``pre^T post``."""
        add_product(to, pre.mT, post)

    def add_outer_back(self, to: Tensor, sent: Tensor, pre: Tensor, alpha: float = 1.0) -> None:
        """Add ``alpha sent^T pre``."""
        add_product(to, sent.mT, pre, alpha)

    def add_bias(self, bias: Tensor, out: Tensor) -> None:
        """Add each neuron's own bias."""
        out.add_(bias.unsqueeze(-2))

    def gathered(self, post: Tensor) -> Tensor:
        """Return `post`."""
        return post

    def each_alone(self, change: Tensor) -> Tensor:
        """Return the changes as they are."""
        return change

    def widened(self, columns: int) -> Sharing:
        """Return the same onto `columns` neurons."""
        return Unshared(self.n_pre, columns)

    def column_by_column(self, columns: int) -> Sharing:
        """Return a projection from `columns` neurons, each of which reaches all."""
        return Unshared(columns, self.n_post)
