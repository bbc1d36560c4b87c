"""What the experiments on handwritten digits share: the examples, and the curves they follow."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from spikefa.datasets import Dataset, mnist
from spikefa.errors import require
from spikefa.lesson import Lesson


def digits(train: int, test: int, held_out: int = 0) -> Dataset:
    """Return MNIST, or its first `train` and `test` images, 0 being all.

    Parameters
    ----------
    train, test : int
    held_out : int, default 0
        If not 0, the tests are so many of the last training images: for choosing settings.
    """
    data = mnist()
    if held_out:
        data = data.hold_out(held_out)
        assert data.validation is not None
        data = Dataset(data.name, data.train, data.validation)
    return data.subset(train or None, test or None)


def by_epochs(
    lesson: Lesson, epochs: int, measures: Mapping[str, Callable[[], Any]], paces: Any = None
) -> dict[str, np.ndarray]:
    """Learn so many epochs, and take every measure before the first and after each.

    Parameters
    ----------
    lesson : Lesson
    epochs : int
    measures : mapping of str to callable
    paces : sequence of float, optional
        Factor on the learning rate in each epoch; 1 by default.

    Returns
    -------
    dict of ndarray [epochs + 1, ...]
    """
    require(epochs >= 1, f"at least 1 epoch is needed, {epochs} given")
    parts = [lesson.follow([0], measures)]
    for epoch in range(epochs):
        if paces is not None:
            lesson.set_pace(paces[epoch])
        parts.append(lesson.follow([lesson.updates_per_epoch], measures))
    return {name: np.concatenate([part[name] for part in parts]) for name in measures}
