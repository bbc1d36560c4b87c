"""Projections between two populations: weights, biases, drive and change."""

from spikefa.synapses.base import Synapses, Transmitting
from spikefa.synapses.dense import Dense
from spikefa.synapses.locally_connected import LocallyConnected
from spikefa.synapses.masked import Masked
from spikefa.synapses.sparse import Sparse

__all__ = ["Dense", "LocallyConnected", "Masked", "Sparse", "Synapses", "Transmitting"]
