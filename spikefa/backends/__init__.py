"""Ways to execute the steps in which a network learns; see `Backend`."""

from spikefa.backends.base import Backend
from spikefa.backends.scope import Scope
from spikefa.backends.support import BACKENDS, FUSED, choose_backend, interpreted, obstacle
from spikefa.backends.trace import NotCapturable
from spikefa.network import Network
from spikefa.network_state import NetworkState

__all__ = [
    "BACKENDS",
    "Backend",
    "NotCapturable",
    "Scope",
    "choose_backend",
    "interpreted",
    "make_backend",
    "obstacle",
]


def make_backend(
    name: str, network: Network, state: NetworkState, seed: int, stream: str
) -> Backend:
    """Return the backend `name`, one that `choose_backend` returned, for one set of streams.

    Parameters
    ----------
    name : {"eager", "graph", "fused", "fused-bf16x6", ...}
    network : Network
    state : NetworkState
    seed : int
    stream : str
        Name of the `Stream`, for its random streams.
    """
    if name in FUSED:
        from spikefa.backends.fused import Fused  # needs triton

        precision = name.removeprefix("fused").removeprefix("-")
        return Fused(network, state, seed, stream, precision or "float32")
    if name == "graph":
        from spikefa.backends.graph import Graph

        return Graph(network, state)
    return Backend(network, state)
