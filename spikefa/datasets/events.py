"""Spike trains with their classes, as events: a time and a unit each."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from spikefa.datasets.arrays import Labels, label_array
from spikefa.datasets.event_checks import check_offsets, check_times, check_units, number_array
from spikefa.datasets.labels import of_classes, whole_labels
from spikefa.datasets.splits import Splits
from spikefa.errors import require
from spikefa.utils.checking import check_fields, check_one_of
from spikefa.utils.indices import Selection, indices
from spikefa.utils.numbers import place
from spikefa.utils.ranges import Classes, Size, Time

TimeUnit = Literal["us", "ms", "s", "steps"]
"""Of what times are the number: of micro-, milli- or whole seconds, or of simulated steps."""


@dataclass(frozen=True, eq=False)
class Events:
    """Spike trains with their classes: one split of a data set.

    The events of all samples stand one after the other. Sample i has the events ``offsets[i]`` to
    ``offsets[i + 1] - 1``, in the order of their times, which count from its beginning. `Events.of`
    makes them from one pair of arrays for each sample.

    Parameters
    ----------
    times : ndarray of int or float, shape [events]
    units : ndarray of int, shape [events]
        Which input neuron spikes, from 0 to ``n_units - 1``.
    offsets : ndarray of int, shape [samples + 1]
    labels : ndarray of uint8, shape [samples]
        The class of each sample, from 0; uint16 if there are over 256 classes.
    n_units : int
    n_classes : int, default 10
    time_unit : {"us", "ms", "s", "steps"}, default "us"
        Of what the times are the number.
    duration : float, optional
        How long every sample lasts, in `time_unit`. By default a sample ends with its last event.
    may_be_empty : bool, default False
        Whether samples without events are allowed; they are silence.

    Raises
    ------
    SpikefaError
        If an array is not as above, events are out of order, or a sample has no events.
    """

    times: NDArray[Any]
    units: NDArray[Any]
    offsets: NDArray[np.int64]
    labels: Labels
    n_units: Size
    n_classes: Classes = 10
    _: KW_ONLY
    time_unit: TimeUnit = "us"
    duration: Time | None = None
    may_be_empty: bool = False

    def __post_init__(self) -> None:
        check_fields(self)
        check_one_of("time_unit", self.time_unit, get_args(TimeUnit))
        checked: dict[str, Any] = {
            "times": number_array("times", self.times, whole=False),
            "units": number_array("units", self.units, whole=True),
            "offsets": number_array("offsets", self.offsets, whole=True).astype(np.int64),
            "labels": label_array(self.labels, self.n_classes, "Events"),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        require(
            len(self.times) == len(self.units),
            f"{len(self.times)} times and {len(self.units)} units: give one of each per event",
        )
        check_offsets(self.offsets, len(self.times), self.may_be_empty)
        require(
            len(self.labels) == len(self),
            f"{len(self)} samples have {len(self.labels)} labels: give one label per sample",
        )
        check_units(self.units, self.n_units)
        check_times(self.times, self.offsets, self.duration, self.time_unit)

    @classmethod
    def of(
        cls,
        samples: Sequence[tuple[Any, Any]],
        n_units: int,
        labels: Any = None,
        n_classes: int | None = None,
        **others: Any,
    ) -> "Events":
        """Return samples that are given one by one, with the events of each in any order.

        Parameters
        ----------
        samples : sequence of (times, units)
            Two arrays or lists for each sample.
        n_units : int
        labels : sequence of int, optional
            The class of each sample. By default all are of one class, for which targets are given.
        n_classes : int, optional
            Default: one more than the highest label.
        **others
            `time_unit`, `duration` and `may_be_empty`.

        Raises
        ------
        SpikefaError
            As of the class.
        """
        pairs = [_sorted(number, *pair) for number, pair in enumerate(samples)]
        require(bool(pairs), "there are no samples: give one or more")
        given = np.zeros(len(pairs), np.int64) if labels is None else np.asarray(labels)
        whole = whole_labels(given)
        return cls(
            np.concatenate([times for times, _ in pairs]),
            np.concatenate([units for _, units in pairs]),
            np.cumsum([0, *(len(times) for times, _ in pairs)]),
            whole,
            n_units,
            of_classes([whole]) if n_classes is None else n_classes,
            **others,
        )

    def __repr__(self) -> str:
        return (
            f"Events({len(self):,} samples of {self.n_units:,} units, {len(self.times):,} events, "
            f"{self.n_classes} classes)"
        )

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of events of each sample."""
        return np.diff(self.offsets)

    def sample(self, number: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return times and units of one sample."""
        which = place(number, len(self), "the sample")
        own = slice(*self.offsets[which : which + 2])
        return self.times[own], self.units[own]

    def part(self, chosen: Selection) -> "Events":
        """Return the samples that a selection means: a slice, whole numbers or a mask.

        Samples that follow each other give a view that shares memory with these events.

        Raises
        ------
        SpikefaError
            If it is not a selection of these samples, or it is empty.
        """
        which = indices(chosen, len(self), "the samples")
        require(len(which) > 0, "no samples are selected: select one or more")
        starts, lengths = self.offsets[which], self.lengths[which]
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        own: slice | NDArray[np.int64] = slice(starts[0], starts[0] + offsets[-1])
        if (np.diff(which) != 1).any():
            own = np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1])
        return replace(
            self,
            times=self.times[own],
            units=self.units[own],
            offsets=offsets,
            labels=self.labels[which],
        )


def _sorted(number: int, times: Any, units: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the events of a sample in the order of their times."""
    times, units = np.asarray(times), np.asarray(units)
    require(
        times.ndim == 1 and times.shape == units.shape,
        f"sample {number} has times of shape {times.shape} and units of shape {units.shape}: give "
        "one time and one unit per event",
    )
    order = np.argsort(times, kind="stable")
    whole = units.astype(np.int64) if units.size == 0 else units  # an empty list is of floats
    return times[order], whole[order]


def require_events(what: str, given: Any) -> None:
    """Refuse anything but `Events`, such as an array of times."""
    require(
        isinstance(given, Events),
        f"{what} is a {type(given).__name__}: give Events, such as Events.of(samples, n_units)",
    )


def require_alike(what: str, given: Any, train: Events) -> None:
    """Refuse events that a network trained on `train` would take for something else."""
    require_events(what, given)
    for name in ("n_units", "n_classes", "time_unit"):
        own, expected = getattr(given, name), getattr(train, name)
        require(own == expected, f"{what}: {name} {own}, expected {expected} as in training")


@dataclass(frozen=True, eq=False)
class EventDataset(Splits[Events]):
    """Spike trains to train on, to test on and, if some are held out, to validate on.

    Parameters
    ----------
    name : str
        Such as ``"nmnist"``.
    train, test : Events
        The two splits, with the same units, classes and unit of time.
    validation : Events, optional
        Samples held out of the training set; see `hold_out`.

    Raises
    ------
    SpikefaError
        If the splits differ in these.
    """

    kind: ClassVar[str] = "samples"
    require_kind = staticmethod(require_events)
    require_alike = staticmethod(require_alike)

    @property
    def n_units(self) -> int:
        """Number of units: the size of the input population."""
        return self.train.n_units
