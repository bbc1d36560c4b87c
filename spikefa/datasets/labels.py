"""Labels from files of users: how many classes they tell apart, and as which type."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikefa.utils.ranges import MOST_CLASSES


def whole_labels(labels: NDArray[Any]) -> NDArray[Any]:
    """Return labels that are whole numbers, of any type, as uint16; others as they are.

    `Images` refuses the others, and says what to do.
    """
    fitting = labels.dtype.kind in "iu" and labels.ndim == 1 and labels.size > 0
    if fitting and labels.min() >= 0 and labels.max() < MOST_CLASSES:
        return labels.astype(np.uint16)
    return labels


def of_classes(several: Iterable[NDArray[Any]]) -> int:
    """Return the number of classes of the labels of all splits: one more than the highest."""
    highest = [int(each.max()) for each in several if each.dtype == np.uint16 and each.size]
    return 1 + max(highest, default=0)
