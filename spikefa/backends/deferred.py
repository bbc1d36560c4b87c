"""The deferred backend: weights stand still within a presentation, and change at its end."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.backends.base import Backend
from spikefa.backends.reads import Reads, Watched
from spikefa.backends.rounded_matrix import RoundedMatrix
from spikefa.backends.scope import Scope
from spikefa.feedback.matrix import Matrix
from spikefa.network.network import Network
from spikefa.network.state import NetworkState
from spikefa.synapses import Synapses, Transmitting
from spikefa.synapses.deferred import Deferred
from spikefa.utils.products import LEAST
from spikefa.utils.rounded import RoundedCopy

READS = {
    "deferred": None,
    "deferred-reads-fp16": torch.float16,
    "deferred-reads-bf16": torch.bfloat16,
}
"""To what the products that read weights round, by the name of the backend."""


class DeferredPlasticity(Backend):
    """Keeps the changes of a presentation beside the weights, and makes them at its end.

    Every synapse learns at every step as with eager, and acts on what it learnt from the next step
    on; only the order of the sums differs, see `spikefa.synapses.deferred.Deferred`. The weights
    are written once in a presentation, and not at every step.

    The rule may be any. A change that is no outer product, or with a `loss`, is made at once, and
    so is every change of synapses with constraints, of those whose weights other code reads within
    a presentation, as a trial finds out, and on a CPU of those that fit into its cache.
    `spikefa.backends.support.obstacle` returns why a network cannot use this backend: its circuit
    reads the forward weights within a step, or an optimiser changes them.

    Parameters
    ----------
    network : Network
    state : NetworkState
    steps : int
        Steps of a presentation.
    name : str, default "deferred"
        With "deferred-reads-bf16" and "deferred-reads-fp16" the products read copies of the weights
        W and of the fixed feedback matrices B that are rounded to half precision. What they are
        multiplied with is rounded too: spikes, which are exact, and errors. Everything else is
        float32: the weights themselves, their changes, potentials and sums.

    Attributes
    ----------
    least : int
        On a CPU, least number of weights of a projection whose changes wait.
    synapses : list of Transmitting
        What transmits and learns in place of the network's synapses.
    wiring : Wiring, optional
        What carries the error in place of the circuit's wiring, if matrices are rounded.
    """

    postpones = True
    least: ClassVar[int] = LEAST

    def __init__(self, network: Network, state: NetworkState, steps: int, name: str = "deferred"):
        super().__init__(network, state)
        self.name = name
        self._dtype = READS[name]
        self._steps = steps
        self._own_work: Callable[[], AbstractContextManager[None]] = nullcontext
        self._copies: list[RoundedCopy] = []
        numbered = list(enumerate(network.projections.values()))
        self._waiting = {n: self._deferred(each) for n, each in numbered if each.standard}
        self.synapses: list[Transmitting] = [self._waiting.get(n, each) for n, each in numbered]
        self.wiring = network.feedback.wiring.through(self._rounded) if self._dtype else None

    def _deferred(self, synapses: Synapses) -> Deferred:
        copy = self._copy(synapses.weight)
        cached = copy is None and synapses.weight.is_cpu and synapses.weight.numel() < self.least
        return Deferred(synapses, self.state.error.shape[-2], 1 if cached else self._steps, copy)

    def _rounded(self, matrix: Matrix) -> Matrix:
        copy = self._copy(matrix.stored) if matrix.role == "fixed" and not matrix.recipe else None
        return RoundedMatrix(matrix.stored, copy) if copy else matrix

    def _copy(self, matrix: Tensor) -> RoundedCopy | None:
        if self._dtype is None:
            return None
        self._copies.append(RoundedCopy(matrix, self._dtype))
        return self._copies[-1]

    def prepare(self, work: Callable[[], None], scope: Scope) -> None:
        """Do the work once on trial: make room for what the rule returns, see who reads weights."""
        synapses, reads = self.synapses, Reads(list(self.network.projections.values()))
        self.synapses = [Watched(each, reads) for each in synapses]
        self._own_work = reads.allowed
        try:
            with scope.unchanged():
                with reads:
                    work()
                self.flush()
        finally:
            self.synapses, self._own_work = synapses, nullcontext
        for number in reads.found & self._waiting.keys():
            self._waiting[number].change_at_once()

    def ready(self) -> None:
        """Round again what has changed since the last piece of work, such as decayed weights."""
        for copy in self._copies:
            copy.renew_if_changed()

    def step(self, inputs: Tensor, target: Tensor) -> None:
        """Advance by one step; what is due after it comes after the changes of this step."""
        self.advance(inputs, target)
        if not self.is_due():
            self.network.finish(self.state)
            return
        with self._own_work():
            self.flush()
            self.network.finish(self.state)
            self.ready()

    def advance(self, inputs: Tensor, target: Tensor) -> None:
        """Advance by one step without weight decay; the synapses change later."""
        self.network.forward(self.state, inputs, self.synapses)
        self.network.feed_back(self.state, target, self.wiring)
        self.network.learn(self.state, inputs, self.synapses)

    def flush(self) -> None:
        """Make all changes that wait."""
        for each in self._waiting.values():
            each.flush()
