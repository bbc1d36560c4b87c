"""Synapses and feedback matrices of one rank, whose sending neurons are on all ranks."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.distributed.gathering import Gathering
from spikefa.distributed.ranks import Ranks
from spikefa.errors import SpikefaError
from spikefa.feedback.matrix import Matrix
from spikefa.plasticity.base import Change, Direct, Outer
from spikefa.synapses import Synapses, Transmitting
from spikefa.utils.tensors import add_product


@dataclass(eq=False)
class SummedSynapses:
    """Synapses whose changes are added up over groups of ranks, which have other streams.

    Attributes
    ----------
    synapses : Synapses
    ranks : Ranks
    """

    synapses: Synapses
    ranks: Ranks
    _change: Tensor = field(init=False, repr=False)

    def __post_init__(self) -> None:
        rows, columns = self.synapses.weight.shape
        self._change = self.synapses.weight.new_zeros(rows + 2, columns)

    def drive(self, pre: Tensor, out: Tensor) -> None:
        """Write ``pre W + b`` into `out`."""
        self.synapses.drive(pre, out)

    def apply(self, change: Change) -> None:
        """Add the changes of all groups up: weights, biases and losses in one collective."""
        outer = divisible(change)
        weight, bias, loss = self._change[:-2], self._change[-2], self._change[-1]
        torch.matmul(outer.pre.mT, outer.post, out=weight)
        torch.sum(outer.post, -2, out=bias)
        if outer.loss is not None:
            loss.copy_(outer.loss)
        self.ranks.collectives.sum(self._change, "streams")
        if outer.loss is not None:
            weight.addcmul_(self.synapses.weight, loss, value=-1)
            bias.addcmul_(self.synapses.bias, loss, value=-1)
        self.synapses.apply(Direct(weight, bias))


@dataclass(eq=False)
class GatheredSynapses:
    """Synapses whose presynaptic neurons are on all ranks of a group.

    Attributes
    ----------
    synapses : Transmitting
        Those onto the neurons of this rank.
    activity : Gathering
        Of the presynaptic population.
    gathers : bool
        Whether this projection is the first in a step that needs this activity.
    """

    synapses: Transmitting
    activity: Gathering
    gathers: bool
    _sent: Tensor | None = None
    _factors: Gathering | None = None

    def drive(self, pre: Tensor, out: Tensor) -> None:
        """Write ``pre W + b`` into `out`, `pre` [batch, n] being what this rank's neurons send."""
        if self.gathers:
            self.activity.gather(pre)
        self._sent = pre
        self.synapses.drive(self.activity.whole, out)

    def apply(self, change: Change) -> None:
        """Take a change whose presynaptic factor is that of this rank's neurons."""
        outer = divisible(change)
        whole = self.activity.whole if outer.pre is self._sent else self._gathered(outer.pre)
        self.synapses.apply(outer._replace(pre=whole))

    def _gathered(self, factor: Tensor) -> Tensor:
        """Gather a presynaptic factor that is not the activity, such as a trace."""
        if self._factors is None or self._factors.whole.shape[0] != factor.shape[0]:
            self._factors = Gathering(self.activity.ranks, self.activity.neurons, factor)
        return self._factors.gather(factor)


@dataclass(eq=False)
class GatheredMatrix(Matrix):
    """A feedback matrix whose sending neurons are on all ranks of a group."""

    matrix: Matrix
    activity: Gathering
    gathers: bool

    def __post_init__(self) -> None:
        self.stored = self.matrix.stored
        self.sharing = self.matrix.sharing

    def carry(self, sent: Tensor, out: Tensor) -> None:
        """Write the error that arrives at this rank's neurons into `out` [batch, n]."""
        if self.gathers:
            self.activity.gather(sent)
        self.matrix.carry(self.activity.whole, out)


def divisible(change: Change) -> Outer:
    """Return a change that ranks can make together.

    Raises
    ------
    SpikefaError
        If it is given weight by weight.
    """
    if not isinstance(change, Outer):
        raise SpikefaError(
            "the rule gives its change weight by weight, and is not divided among ranks: return "
            "spikefa.Outer(pre, post)"
        )
    return change


def adder(ranks: Ranks, matrix: Tensor) -> Callable[[Tensor, Tensor], None]:
    """Return what adds ``sent^T s``, summed over all streams, to a matrix."""
    if ranks.groups == 1:
        return lambda sent, spikes: add_product(matrix, sent.mT, spikes)
    change = torch.zeros_like(matrix)

    def add(sent: Tensor, spikes: Tensor) -> None:
        torch.matmul(sent.mT, spikes, out=change)
        ranks.collectives.sum(change, "streams")
        matrix.add_(change)

    return add
