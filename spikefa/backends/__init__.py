"""Ways to execute the steps in which a network learns; see `Backend`."""

from collections.abc import Sequence

from spikefa.backends.base import Backend
from spikefa.backends.choice import Choice, choose_backend
from spikefa.backends.deferred import DeferredPlasticity
from spikefa.backends.graph import Graph
from spikefa.backends.over_ranks import OverRanks
from spikefa.backends.scope import Scope
from spikefa.backends.support import (
    BACKENDS,
    DEFERRED,
    FUSED,
    FUSED_DEFERRED,
    ROUNDED,
    interpreted,
    obstacle,
)
from spikefa.backends.trace import NotCapturable
from spikefa.backends.trial import try_backends
from spikefa.network.network import Network
from spikefa.network.state import NetworkState
from spikefa.utils.devices import captures_on
from spikefa.utils.replicas import seeds_of

__all__ = [
    "BACKENDS",
    "ROUNDED",
    "Backend",
    "Choice",
    "NotCapturable",
    "Scope",
    "choose_backend",
    "interpreted",
    "make_backend",
    "obstacle",
    "try_backends",
]


def make_backend(
    name: str,
    network: Network,
    state: NetworkState,
    seed: int | Sequence[int],
    stream: str,
    steps: int = 1,
    capture: bool = True,
    philox: bool = True,
) -> Backend:
    """Return the backend `name`, one that `choose_backend` returned, for one set of streams.

    Parameters
    ----------
    name : {"eager", "graph", "deferred", "deferred-reads-bf16", "fused", "fused-deferred", ...}
    network : Network
    state : NetworkState
    seed : int or sequence of int
        Of each replica, or of the first one.
    stream : str
        Name of the `Runner`, for its random streams.
    steps : int, default 1
        Steps of a presentation, within which deferred and fused-deferred let the weights stand
        still.
    capture : bool, default True
        Whether graph, deferred and fused capture their steps on devices with CUDA graphs. If False,
        graph becomes eager, and the others launch their kernels one by one.
    philox : bool, default True
        Whether fused draws random numbers in its kernels; otherwise it uses those of the state.
    """
    if network.ranks is not None:
        return OverRanks(network, state)
    capture = capture and captures_on(network.device)
    if name in FUSED:
        from spikefa.backends.fused import Fused  # needs triton

        precision = name.removeprefix("fused").removeprefix("-")
        seeds = seeds_of(seed, network.replicas)
        fused = Fused(network, state, seeds[0], stream, precision or "float32", philox)
        return Graph(network, state, fused) if capture else fused
    if name in FUSED_DEFERRED:
        from spikefa.backends.fused_deferred.backend import FusedDeferred  # needs triton

        factors = FUSED_DEFERRED[name]
        kernels = FusedDeferred(network, state, seed, stream, steps, factors, philox)
        return Graph(network, state, kernels) if capture else kernels
    if name in DEFERRED:
        deferred = DeferredPlasticity(network, state, steps, name)
        return Graph(network, state, deferred) if capture else deferred
    return Graph(network, state) if name == "graph" and capture else Backend(network, state)
