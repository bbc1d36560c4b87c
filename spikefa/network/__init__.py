"""Networks: populations, synapses, a feedback circuit and a rule, advanced step by step."""

from spikefa.network.connections import Connection
from spikefa.network.network import Network
from spikefa.network.state import NetworkState
from spikefa.network.weights import load_weights, save_weights

__all__ = ["Connection", "Network", "NetworkState", "load_weights", "save_weights"]
