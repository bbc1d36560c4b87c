"""Networks: populations, synapses, a feedback circuit and a rule, advanced step by step."""

from spikefa.network.network import Network
from spikefa.network.state import NetworkState

__all__ = ["Network", "NetworkState"]
