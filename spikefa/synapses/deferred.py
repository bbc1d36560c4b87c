"""Synapses whose latest changes wait beside the weights, as pairs of factors."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.plasticity.base import Change, Outer
from spikefa.synapses.base import Synapses
from spikefa.utils.products import better_one_by_one
from spikefa.utils.rounded import RoundedCopy
from spikefa.utils.tensors import add_product


@dataclass(eq=False)
class Deferred:
    """Drives with synapses as if their latest changes had been made, and makes them later.

    A change is an outer product, so that after k changes ``W_k = W_0 + sum_i pre_i^T post_i``, and
    the drive is::

        s W_k = s W_0 + sum_i (s pre_i^T) post_i

    This is the same drive, summed in another order. The weights are only read; the overlap of the
    present spikes with those of an earlier step, ``s pre_i^T`` `[batch, batch]`, weighs what that
    step would have added. The bias counts as a neuron that always spikes, so that it adds 1 to each
    overlap.

    Parameters
    ----------
    synapses : Synapses
        All-to-all and without constraints, see `Synapses.standard`.
    batch : int
        Streams that the synapses serve.
    steps : int
        Changes to keep at most; with 1, each is made at once. Fewer are kept where their factors
        would outgrow the weights.
    copy : RoundedCopy, optional
        What the drive reads in place of the weights. It is renewed whenever changes are made.

    Attributes
    ----------
    pre, post : Tensor [..., rows, n_pre] and [..., rows, n_post]
        Factors of the changes that wait, a row for each stream (or what the rule's `Outer` has
        instead) and step. They are allocated at the first change.
    overlap : Tensor [..., batch, rows]
    waiting : int
        Rows in use.
    """

    synapses: Synapses
    batch: int
    steps: int
    copy: RoundedCopy | None = None
    waiting: int = field(default=0, init=False)
    pre: Tensor = field(init=False, repr=False)
    post: Tensor = field(init=False, repr=False)
    overlap: Tensor = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._allocate(0)

    def drive(self, pre: Tensor, out: Tensor) -> None:
        """Write ``pre W + b`` into `out`, as if the changes that wait had been made."""
        if self.copy is None:
            self.synapses.drive(pre, out)
        else:
            self.copy.product(pre, out)
            out.add_(self.synapses.bias.unsqueeze(-2))
        if self.waiting:
            earlier, factors = self._in_use()
            overlap = self.overlap[..., : self.waiting]
            torch.matmul(pre, earlier.mT, out=overlap)
            add_product(out, overlap.add_(1.0), factors)

    def apply(self, change: Change) -> None:
        """Keep a change; one that reads the weights or is no product is made at once."""
        rows = self._rows_to_keep(change)
        if rows == 0:
            self.flush()
            self._make([change])
            return
        assert isinstance(change, Outer)
        if self.waiting + rows > self.pre.shape[-2]:
            self.flush()
            self._make_room(rows)
        place = slice(self.waiting, self.waiting + rows)
        self.pre[..., place, :].copy_(change.pre)
        self.post[..., place, :].copy_(change.post)
        self.waiting += rows

    def flush(self) -> None:
        """Make the changes that wait."""
        if self.waiting:
            pre, post = self._in_use()
            rows = 1 if better_one_by_one(pre, self.synapses.weight) else self.waiting
            factors = zip(pre.split(rows, -2), post.split(rows, -2), strict=True)
            self._make([Outer(*each) for each in factors])
            self.waiting = 0

    def change_at_once(self) -> None:
        """Keep no change from now on: somebody else reads the weights within a presentation."""
        self.flush()
        self.steps = 1

    def _make(self, changes: list[Change]) -> None:
        for change in changes:
            self.synapses.apply(change)
        if self.copy is not None:
            self.copy.renew()

    def _in_use(self) -> tuple[Tensor, Tensor]:
        return self.pre[..., : self.waiting, :], self.post[..., : self.waiting, :]

    def _rows_to_keep(self, change: Change) -> int:
        """Return the rows of a change that can wait; 0 if it cannot, or waiting does not pay."""
        if not isinstance(change, Outer) or change.loss is not None:
            return 0
        rows = change.pre.shape[-2]
        return rows if self._most_changes(rows) > 1 else 0

    def _most_changes(self, rows: int) -> int:
        """Return how many changes of `rows` rows to keep before they outgrow the weights."""
        n_pre, n_post = self.synapses.n_pre, self.synapses.n_post
        return min(self.steps, n_pre * n_post // (rows * (n_pre + n_post)))

    def _make_room(self, rows: int) -> None:
        """Allocate room for changes of `rows` rows, unless there is as much already."""
        room = rows * self._most_changes(rows)
        if room > self.pre.shape[-2]:
            self._allocate(room)

    def _allocate(self, rows: int) -> None:
        weight = self.synapses.weight
        leading = weight.shape[:-2]
        self.pre = weight.new_empty(*leading, rows, self.synapses.n_pre)
        self.post = weight.new_empty(*leading, rows, self.synapses.n_post)
        self.overlap = weight.new_empty(*leading, self.batch, rows)
