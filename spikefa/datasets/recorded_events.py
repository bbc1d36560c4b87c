"""Data sets of event cameras and ears that other packages read, such as tonic."""

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from spikefa.datasets.events import Events
from spikefa.errors import require


class Recorded(Protocol):
    """A data set as tonic has them (https://tonic.readthedocs.io): pairs of events and class."""

    sensor_size: Any

    def __len__(self) -> int:
        """Return the number of samples."""
        ...

    def __getitem__(self, index: int) -> Any:
        """Return the events of a sample, an array with fields t, x, y and p, and its class."""
        ...


def events_of(
    recorded: Recorded, samples: Iterable[int] | None = None, n_classes: int | None = None
) -> Events:
    """Return the events of a data set of tonic, such as ``tonic.datasets.DVSGesture(folder)``.

    The unit of an event at (x, y) of polarity p is ``(p height + y) width + x``; ears have no y.
    Events are sorted by time if they are not.

    Parameters
    ----------
    recorded : tonic.Dataset
        Without transforms that change what an event is. Anything with its ``sensor_size`` (width,
        height, polarities), its length and its items will do; tonic itself is not needed.
    samples : iterable of int, optional
        Which of them; default: all.
    n_classes : int, optional
        Default: one more than the highest class.

    Returns
    -------
    Events
        With times in microseconds.

    Raises
    ------
    SpikefaError
        If the items are no such pairs, or `Events` refuses them.
    """
    width, height, polarities = recorded.sensor_size
    pairs, labels = [], []
    for number in range(len(recorded)) if samples is None else samples:
        events, label = recorded[number]
        names = getattr(getattr(events, "dtype", None), "names", None) or ()
        require(
            {"t", "x"} <= set(names),
            f"the events of sample {number} are no array with the fields t and x: give a data set "
            "without transforms, such as tonic.datasets.DVSGesture(folder)",
        )
        pairs.append((events["t"].astype(np.int64), _units(events, width, height, polarities)))
        labels.append(int(label))
    return Events.of(pairs, width * height * polarities, labels, n_classes)


def _units(events: Any, width: int, height: int, polarities: int) -> NDArray[np.int64]:
    units = np.zeros(len(events), np.int64)
    if "p" in events.dtype.names and polarities > 1:
        units += events["p"]
    units *= height
    if "y" in events.dtype.names:
        units += events["y"]
    return units * width + events["x"]
