"""The backends that must agree with eager, each set up for a small network of a kit."""

from collections.abc import Callable

import torch
from torch import Tensor

from spikefa.backends import BACKENDS, Backend, Scope, make_backend, obstacle
from spikefa.backends.capture import Capture
from spikefa.backends.deferred import DeferredPlasticity
from spikefa.backends.graph import Graph
from spikefa.network import Network, NetworkState
from spikefa.testing.tape import Tape
from spikefa.utils.devices import captures_on
from spikefa.utils.tensors import named_tensors

STEPS = 4
"""Steps of a presentation, at whose end deferred makes its changes."""


class TapedGraph(Graph):
    """The graph backend on any device: a tape takes the place of a CUDA graph."""

    def new_capture(self, room: object = None) -> Capture:
        """Return a tape."""
        return Tape(self.network.device, self._scope.generators.values(), room)


class Driven:
    """Lets a backend take the steps of a network, as the runner of a simulation does.

    Parameters
    ----------
    backend : Backend

    Raises
    ------
    NotCapturable
        If the backend captures steps, and cannot capture those of this network.
    """

    def __init__(self, backend: Backend):
        self.backend = backend
        network, state = backend.network, backend.state
        self._inputs = state.error.new_zeros(*state.error.shape[:-1], network.n_inputs)
        self._target = torch.zeros_like(state.error)
        backend.prepare(
            self._work,
            Scope(
                lambda: named_tensors({"network": network.tensors(), "state": state}),
                objects=[network, state],
            ),
        )

    def __call__(
        self, network: Network, state: NetworkState, inputs: Tensor, target: Tensor
    ) -> None:
        """Take a step of `network`, which is that of the backend."""
        self._inputs.copy_(inputs)
        self._target.copy_(target)
        self.backend.run(self._work)

    def _work(self) -> None:
        self.backend.step(self._inputs, self._target)


def _graph(network: Network, state: NetworkState) -> Backend:
    kind = Graph if captures_on(network.device) else TapedGraph
    return kind(network, state)


def _fused(network: Network, state: NetworkState) -> Backend:
    return make_backend("fused", network, state, 0, "conformance", capture=False, philox=False)


class Deferring(DeferredPlasticity):
    """The deferred backend, whose changes wait also where that does not pay."""

    least = 0


def _deferred(network: Network, state: NetworkState) -> Backend:
    return Deferring(network, state, STEPS)


OTHERS: dict[str, Callable[[Network, NetworkState], Backend]] = {
    "graph": _graph,
    "deferred": _deferred,
    "fused": _fused,
}
"""Backends that are compared with eager, given the uniforms of the state."""


def can_compare(name: str, network: Network) -> bool:
    """Return whether the backend `name` serves this network here, with the numbers of eager.

    A circuit that draws on the host cannot be captured, and fused draws other numbers for it.
    """
    if network.feedback.needs_host:
        return False
    return name not in BACKENDS or name == "graph" or obstacle(name, network) is None
