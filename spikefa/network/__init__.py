"""A network: populations, synapses, a feedback circuit and a rule, and one step of their time."""

from spikefa.network.network import Network
from spikefa.network.state import NetworkState

__all__ = ["Network", "NetworkState"]
