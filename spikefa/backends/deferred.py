"""The deferred backend: weights stand still within a presentation, and change at its end."""

from collections.abc import Callable

from torch import Tensor

from spikefa.backends.base import Backend
from spikefa.backends.scope import Scope
from spikefa.network.network import Network
from spikefa.network.state import NetworkState
from spikefa.synapses.deferred import Deferred


class DeferredPlasticity(Backend):
    """Keeps the changes of a presentation beside the weights, and makes them at its end.

    Every synapse learns at every step as with eager, and acts on what it learnt from the next step
    on; only the order of the sums differs, see `spikefa.synapses.deferred.Deferred`. The weights
    are written once in a presentation, and not at every step.

    The rule may be any; a change that is no outer product, or with a `loss`, is made at once.
    Synapses with constraints change at once, too. `spikefa.backends.support.obstacle` returns why a
    network cannot use this backend: its circuit reads the forward weights within a step, or an
    optimiser changes them.

    Parameters
    ----------
    network : Network
    state : NetworkState
    steps : int
        Steps of a presentation.

    Attributes
    ----------
    synapses : list of Deferred or Synapses
        What transmits and learns in place of the network's synapses.
    """

    name = "deferred"
    postpones = True

    def __init__(self, network: Network, state: NetworkState, steps: int):
        super().__init__(network, state)
        batch = state.error.shape[-2]
        self.synapses = [
            Deferred(each, batch, steps) if each.standard else each
            for each in network.synapses.values()
        ]

    def prepare(self, work: Callable[[], None], scope: Scope) -> None:
        """Do the work once on trial, so that there is room for what the rule returns."""
        with scope.unchanged():
            work()
            self.flush()

    def step(self, inputs: Tensor, target: Tensor) -> None:
        """Advance by one step; a decay that is due comes after the changes of this step."""
        self.advance(inputs, target)
        if self.state.learning_rates.is_due():
            self.flush()
        self.network.decay(self.state)

    def advance(self, inputs: Tensor, target: Tensor) -> None:
        """Advance by one step without weight decay; the synapses change later."""
        self.network.advance(self.state, inputs, target, through=self.synapses)

    def flush(self) -> None:
        """Make all changes that wait."""
        for each in self.synapses:
            if isinstance(each, Deferred):
                each.flush()
