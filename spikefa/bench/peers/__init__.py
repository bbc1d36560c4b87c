"""Networks of the same size in other simulators, one file for each."""

from spikefa.bench.peers.compare import PEERS, PeerTiming, explanation, time_peers
from spikefa.bench.peers.peer import Peer

__all__ = ["PEERS", "Peer", "PeerTiming", "explanation", "time_peers"]
