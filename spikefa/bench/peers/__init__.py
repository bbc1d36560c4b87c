"""The network of the benchmark in other simulators, each in a file of its own."""

from spikefa.bench.peers.compare import PEERS, Row, explanation, time_peers
from spikefa.bench.peers.peer import Peer

__all__ = ["PEERS", "Peer", "Row", "explanation", "time_peers"]
