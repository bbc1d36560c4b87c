"""One network over several processes, its ranks; see docs/distributed.md."""

from spikefa.distributed.joining import TIMEOUT, join
from spikefa.distributed.ranks import Among, Collectives, Ranks

__all__ = ["TIMEOUT", "Among", "Collectives", "Ranks", "join"]
