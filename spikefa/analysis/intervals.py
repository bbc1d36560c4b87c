"""Intervals between the spikes of a unit."""

from dataclasses import dataclass

import numpy as np

from spikefa.analysis.rates import unit_rates
from spikefa.errors import require
from spikefa.recording import Recording, Steps, Units
from spikefa.utils.memory import require_room


@dataclass(frozen=True)
class Intervals:
    """Intervals between successive spikes of the same unit, ordered by unit and time.

    Attributes
    ----------
    units : ndarray of int64, shape [n_units]
        The units that were asked for, in this order.
    place : ndarray of int32, shape [intervals]
        The place in `units` of the unit.
    interval : ndarray of int64, shape [intervals]
        In steps.
    end : ndarray of int64, shape [intervals]
        The step of the second spike.
    """

    units: np.ndarray
    place: np.ndarray
    interval: np.ndarray
    end: np.ndarray

    def __len__(self) -> int:
        return len(self.interval)

    @property
    def count(self) -> np.ndarray:
        """Number of intervals of each unit, int64 [n_units]."""
        return np.bincount(self.place, minlength=len(self.units))

    @property
    def mean(self) -> np.ndarray:
        """The mean interval of each unit in steps, float64 [n_units]; nan without intervals."""
        return self._mean(self.place, self.interval)

    @property
    def cv(self) -> np.ndarray:
        """The coefficient of variation, standard deviation over mean, float64 [n_units].

        0 for a clock, 1 for a Poisson process; spikes drawn with probability p in each step have
        ``sqrt(1 - p)``. nan without intervals.
        """
        mean = self.mean
        square = self._mean(self.place, (self.interval - mean[self.place]) ** 2)
        return np.sqrt(square) / mean

    @property
    def cv2(self) -> np.ndarray:
        """Mean of ``2 |a - b| / (a + b)`` of adjacent intervals (Holt et al. 1996), [n_units].

        Slow changes of the rate do not matter. nan without a pair of adjacent intervals.
        """
        place, a, b = self._pairs()
        return self._mean(place, 2 * np.abs(a - b) / (a + b))

    @property
    def lv(self) -> np.ndarray:
        """The local variation, mean of ``3 (a - b)^2 / (a + b)^2`` (Shinomoto et al. 2003)."""
        place, a, b = self._pairs()
        return self._mean(place, 3 * (a - b) ** 2 / (a + b) ** 2)

    def _pairs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the unit and the two intervals where one begins when the other ends."""
        adjacent = self.place[1:] == self.place[:-1]
        adjacent &= self.end[1:] - self.interval[1:] == self.end[:-1]
        return self.place[1:][adjacent], self.interval[:-1][adjacent], self.interval[1:][adjacent]

    def _mean(self, place: np.ndarray, values: np.ndarray) -> np.ndarray:
        n_units = len(self.units)
        total = np.bincount(place, weights=values, minlength=n_units)
        with np.errstate(invalid="ignore"):
            return np.asarray(total / np.bincount(place, minlength=n_units))


BYTES = 80
"""Bytes that are taken for a spike while intervals are sorted."""


def intervals(
    recording: Recording, population: str, units: Units = None, steps: Steps = None
) -> Intervals:
    """Return the intervals between the spikes of each unit, in steps.

    No interval bridges steps that were not recorded: the first spike of a window ends none. So
    intervals that are as long as a window are missed; use windows much longer than the intervals.

    Parameters
    ----------
    recording : Recording
    population : str
    units : selection, optional
        Recorded units, in the order wanted, see `Recording`; by default all.
    steps : str or slice, optional
        The label of a window or absolute steps; by default all.

    Raises
    ------
    SpikefaError
        If no spikes of the population were recorded, or not at every step, or if there are too many
        for the memory.
    """
    series = recording.series(population)
    rows = series.some_rows(steps)
    chosen = series.some_units(units)
    require(
        series.every == 1,
        f"{recording.path} holds {series.name} {series.when}, which leaves out spikes: record it "
        "at every step",
    )
    length = rows.stop - rows.start
    spikes = round(float(unit_rates(recording, population, units, steps).sum()) * length)
    require_room(
        {f"the intervals of {population!r}": BYTES * spikes}, mend="give fewer units or steps"
    )
    stretch = np.cumsum(np.diff(series.steps[rows], prepend=series.steps[rows.start]) > 1)
    last = np.full(len(chosen), -1)  # the row of the last spike of each unit; -1: none yet
    parts = [np.zeros((3, 0), np.int64)]
    for part, raster in series.blocks(units, steps):
        place, row = np.nonzero(raster.T)
        row += part.start - rows.start
        held = np.flatnonzero(last >= 0)
        place, row = np.concatenate([held, place]), np.concatenate([last[held], row])
        order = np.argsort(place, kind="stable")  # of one unit, the rows stay in order
        place, row = place[order], row[order]
        last[place] = row  # of several, the last one is kept
        joined = (place[1:] == place[:-1]) & (stretch[row[1:]] == stretch[row[:-1]])
        first, second = row[:-1][joined], row[1:][joined]
        end = series.steps[rows.start + second]
        parts.append(np.stack([place[1:][joined], second - first, end]))
    place, interval, end = np.concatenate(parts, axis=1)
    order = np.argsort(place, kind="stable")
    return Intervals(chosen, place[order].astype(np.int32), interval[order], end[order])
