"""Shared code of the experiments on handwritten digits: the images and the learning curves."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from spikefa.datasets import Dataset, mnist
from spikefa.errors import require
from spikefa.simulation.simulation import Simulation

MEASURED = 1000
"""Hidden activity and deltas are measured on this many test images, the last ones."""


def digits(
    data_dir: str | None = None,
    train: int | None = None,
    test: int | None = None,
    validation: int = 0,
) -> Dataset:
    """Return MNIST, or a subset of its first images.

    Parameters
    ----------
    data_dir : str, optional
        Folder of the data, see `mnist`.
    train, test : int, optional
        Number of images; all by default.
    validation : int, default 0
        If not 0, test on this many of the last training images instead, to choose settings.
    """
    data = mnist(data_dir).hold_out(validation)
    if data.validation is not None:
        data = Dataset(data.name, data.train, data.validation)
    return data.subset(train, test)


def by_epochs(
    simulation: Simulation,
    epochs: int,
    measures: Mapping[str, Callable[[], Any]],
    factors: Sequence[float] | None = None,
) -> dict[str, np.ndarray]:
    """Train for `epochs` epochs and take every measure before the first and after each.

    Parameters
    ----------
    simulation : Simulation
        Uses an `ExampleStimulus` for training and for tests.
    epochs : int
    measures : mapping of str to callable
    factors : sequence of float, optional
        Factor that multiplies the learning rate in each epoch; 1 by default.

    Returns
    -------
    dict of ndarray [epochs + 1, ...]
    """
    require(epochs >= 1, f"at least 1 epoch is needed, {epochs} given")
    parts = [simulation.follow([0], measures)]
    for epoch in range(epochs):
        if factors is not None:
            simulation.set_learning_rates(factors[epoch])
        parts.append(simulation.follow([simulation.presentations(1)], measures))
    return {name: np.concatenate([part[name] for part in parts]) for name in measures}
