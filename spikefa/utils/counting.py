"""Count how often combinations of numbers occur."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def counted(places: Sequence[NDArray[np.integer]], shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Return how often each place of an array of this shape is named, int64 [*shape].

    Parameters
    ----------
    places : sequence of ndarray [n]
        For each dimension the index; each is below the size of the dimension.
    shape : tuple of int
    """
    flat = np.ravel_multi_index([np.asarray(each, np.int64) for each in places], shape)
    return np.bincount(flat, minlength=int(np.prod(shape))).reshape(shape)
