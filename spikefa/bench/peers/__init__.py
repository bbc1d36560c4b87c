"""Networks of the same size in other simulators, one file for each."""

from spikefa.bench.peers.apart import ON_A_GPU, time_apart
from spikefa.bench.peers.compare import PEERS, PeerTiming, explanation, time_peers
from spikefa.bench.peers.peer import Peer

__all__ = [
    "ON_A_GPU",
    "PEERS",
    "Peer",
    "PeerTiming",
    "explanation",
    "time_apart",
    "time_peers",
]
