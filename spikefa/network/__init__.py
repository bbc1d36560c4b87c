"""Networks: populations, synapses, a feedback circuit and a rule, advanced step by step."""

from spikefa.network.connections import Connection
from spikefa.network.network import Network
from spikefa.network.normalisation import Normalisation
from spikefa.network.state import NetworkState
from spikefa.network.weights import load_weights, save_weights

__all__ = ["Connection", "Network", "NetworkState", "Normalisation", "load_weights", "save_weights"]
