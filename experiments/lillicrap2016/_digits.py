"""What the experiments on handwritten digits share: the images, and the curves they follow."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from spikefa.datasets import Dataset, mnist
from spikefa.errors import require
from spikefa.simulation.simulation import Simulation

MEASURED = 1000
"""Number of test images, the last ones, on which hidden activity and deltas are measured."""


def digits(
    data_dir: str | None = None,
    train: int | None = None,
    test: int | None = None,
    validation: int = 0,
) -> Dataset:
    """Return MNIST, or its first images.

    Parameters
    ----------
    data_dir : str, optional
        Where it lies, see `mnist`.
    train, test : int, optional
        How many images; all by default.
    validation : int, default 0
        If not 0, the tests are so many of the last training images: for choosing settings.
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
    """Learn for so many epochs, and take every measure before the first and after each.

    Parameters
    ----------
    simulation : Simulation
        With `ExampleStimulus` for training and tests.
    epochs : int
    measures : mapping of str to callable
    factors : sequence of float, optional
        Factor on the learning rate in each epoch; 1 by default.

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
