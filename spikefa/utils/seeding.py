"""Named random generators, all derived from one integer seed.

Every consumer of randomness (weights, feedback weights, presentation order, stimulus spikes, each
population's spikes, the choice of recorded units) has a generator of its own, so that adding a
probe or a layer does not change the random numbers of the others.
"""

import hashlib

import numpy as np
import torch

from spikefa.utils.numbers import whole_number
from spikefa.utils.scalars import plain


def derive(seed: int, *names: str | int) -> int:
    """Return the seed, a 63-bit integer, of the random stream called `names`.

    Parameters
    ----------
    seed : int
        The seed of the experiment.
    *names : str or int
        The path of the stream, such as ``"spikes", "hidden1"``.
    """
    path = "/".join(str(part) for part in (whole_number(seed, "a seed"), *map(plain, names)))
    return int.from_bytes(hashlib.sha256(path.encode()).digest()[:8], "little") >> 1


def generator(seed: int, *names: str | int, device: torch.device | str = "cpu") -> torch.Generator:
    """Return the torch generator of the random stream called `names` on `device`."""
    return torch.Generator(device=device).manual_seed(derive(seed, *names))


def numpy_generator(seed: int, *names: str | int) -> np.random.Generator:
    """Return the NumPy generator of the random stream called `names`."""
    return np.random.default_rng(derive(seed, *names))
