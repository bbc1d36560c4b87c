"""Films with their classes: an array of activity for each step of simulated time."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikefa.datasets.arrays import Labels, label_array
from spikefa.errors import require
from spikefa.utils.checking import check_fields
from spikefa.utils.indices import Selection, indices
from spikefa.utils.numbers import shown
from spikefa.utils.ranges import Classes

TYPES = (np.uint8, np.float32, np.float64)


@dataclass(frozen=True, eq=False)
class Frames:
    """Activity of every input neuron in every step, with the classes of the samples.

    Take `Events` for spikes that are few: they need less memory.

    Parameters
    ----------
    activity : ndarray of uint8 or float, shape [samples, steps, n_units]
        It is shown as it is; uint8 takes a quarter of the memory of float32.
    labels : ndarray of uint8, shape [samples]
        The class of each sample, from 0; uint16 if there are over 256 classes.
    n_classes : int, default 10

    Raises
    ------
    SpikefaError
        If an array is not as above, or holds NaN or infinity.
    """

    activity: NDArray[Any]
    labels: Labels
    n_classes: Classes = 10

    def __post_init__(self) -> None:
        check_fields(self)
        given = self.activity
        require(
            isinstance(given, np.ndarray) and given.ndim == 3 and given.dtype in TYPES,
            f"the frames are {shown(given)}: give an array [samples, steps, n_units] of uint8, "
            "float32 or float64",
        )
        require(given.size > 0, f"frames of shape {given.shape} are empty: give at least one")
        require(
            given.dtype == np.uint8 or bool(np.isfinite(given).all()),
            "some frames hold NaN or infinity: give numbers",
        )
        object.__setattr__(self, "activity", np.require(given, requirements=["C", "W"]))
        labels = label_array(self.labels, self.n_classes, "Frames")
        object.__setattr__(self, "labels", labels)
        require(
            len(labels) == len(given),
            f"{len(given)} samples have {len(labels)} labels: give one label per sample",
        )

    def __repr__(self) -> str:
        steps, units = self.activity.shape[1:]
        return f"Frames({len(self):,} samples of {steps:,} steps, {units:,} units)"

    def __len__(self) -> int:
        return len(self.activity)

    @property
    def n_units(self) -> int:
        """Number of units: the size of the input population."""
        return self.activity.shape[2]

    def part(self, chosen: Selection) -> "Frames":
        """Return the samples that a selection means: a slice, whole numbers or a mask."""
        which = indices(chosen, len(self), "the samples")
        return replace(self, activity=self.activity[which], labels=self.labels[which])
