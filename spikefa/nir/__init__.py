"""NIR: forward networks as files that other simulators of spiking neurons read, and theirs here.

The format is the neuromorphic intermediate representation (Pedersen et al. 2024, Nature
Communications 15, 8122); see docs/nir.md for the equations. No package is needed for it.
"""

from spikefa.nir.reading import read
from spikefa.nir.writing import write

__all__ = ["read", "write"]
