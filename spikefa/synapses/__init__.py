"""Projections between two populations: weights, biases, drive and change; constraints on them."""

from spikefa.synapses.absent import Absent
from spikefa.synapses.base import Synapses, Transmitting
from spikefa.synapses.batch_norm import BatchNorm
from spikefa.synapses.bits import Bits
from spikefa.synapses.bounded import Bounded
from spikefa.synapses.channelwise import Channelwise
from spikefa.synapses.connectivity import AllToAll, Connectivity
from spikefa.synapses.constrained import Constrained
from spikefa.synapses.constraint import Constraint
from spikefa.synapses.conv import Conv
from spikefa.synapses.convolution import Convolution
from spikefa.synapses.dale import Dale
from spikefa.synapses.dense import Dense
from spikefa.synapses.failure import Failure
from spikefa.synapses.locally_connected import LocallyConnected
from spikefa.synapses.masked import Masked
from spikefa.synapses.mismatch import Mismatch
from spikefa.synapses.sharing import Sharing, Unshared
from spikefa.synapses.skip import Skip
from spikefa.synapses.skipping import Skipping
from spikefa.synapses.sparse import Sparse

__all__ = [
    "Absent",
    "AllToAll",
    "BatchNorm",
    "Bits",
    "Bounded",
    "Channelwise",
    "Connectivity",
    "Constrained",
    "Constraint",
    "Conv",
    "Convolution",
    "Dale",
    "Dense",
    "Failure",
    "LocallyConnected",
    "Masked",
    "Mismatch",
    "Sharing",
    "Skip",
    "Skipping",
    "Sparse",
    "Synapses",
    "Transmitting",
    "Unshared",
]
