"""What is shown to a network, and what is asked of it."""

from spikefa.stimulus.encodings import DeltaCode, Encoding, Graded, LatencyCode, RateCode
from spikefa.stimulus.images import Stimulus

__all__ = ["DeltaCode", "Encoding", "Graded", "LatencyCode", "RateCode", "Stimulus"]
