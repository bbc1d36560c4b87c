"""Responses: means and variances, over trials, of the spikes in bins of a trial."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from spikefa.analysis.trials import Trials, counts_of
from spikefa.errors import require
from spikefa.recording import Recording, Units
from spikefa.utils.checking import check_one_of
from spikefa.utils.indices import whole_slice
from spikefa.utils.memory import require_room
from spikefa.utils.numbers import shown

By = Literal["class", "image"] | None
"""What trials are grouped by: the class or the image shown at the event; None for one group."""

TOGETHER = -1
"""The number of the group if there is only one."""


@dataclass(frozen=True)
class Responses:
    """Sums over the trials of each group; the last unit is all units together.

    The sums are integers, so blocks of any size give the same.

    Attributes
    ----------
    group : ndarray of int64, shape [groups]
        The class or the image of each group, ascending; -1 if there is only one group.
    trials : ndarray of int64, shape [groups]
    width : ndarray of int64, shape [bins]
        Steps of each bin.
    sums, squares : ndarray of int64, shape [groups, bins, n_units + 1]
        Of the numbers of spikes, and of their squares.
    """

    group: np.ndarray
    trials: np.ndarray
    width: np.ndarray
    sums: np.ndarray
    squares: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """Mean number of spikes, float64 [groups, bins, n_units + 1]."""
        return np.asarray(self.sums / self.trials[:, None, None])

    @property
    def variance(self) -> np.ndarray:
        """The unbiased variance of the number of spikes; nan for groups of one trial."""
        trials = self.trials[:, None, None]
        deviations = np.maximum(self.squares - self.sums * (self.sums / trials), 0)
        with np.errstate(invalid="ignore"):
            return np.where(trials > 1, deviations / np.maximum(trials - 1, 1), np.nan)

    def rates(self) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and its standard error in spikes per step, float64 [groups, bins, n + 1].

        Of all units together both are per unit.
        """
        scale = np.repeat(self.width[:, None], self.sums.shape[2], axis=1)
        scale[:, -1] *= self.sums.shape[2] - 1
        error = np.sqrt(self.variance / self.trials[:, None, None])
        return self.mean / scale, error / scale


def grouped(trials: Trials, by: By) -> tuple[np.ndarray, np.ndarray]:
    """Return the groups, int64 [groups] ascending, and the place of each trial among them."""
    if by is None:
        return np.array([TOGETHER]), np.zeros(len(trials), np.int64)
    check_one_of("by", by, ("class", "image"), " or None")
    numbers = trials.label if by == "class" else trials.image
    return np.unique(numbers, return_inverse=True)


def responses(
    recording: Recording,
    population: str,
    trials: Trials,
    units: Units,
    edges: np.ndarray,
    by: By,
) -> Responses:
    """Sum the spikes of units in bins of trials, see `counts_of`, over the trials of each group.

    Raises
    ------
    SpikefaError
        If the sums would not fit into memory.
    """
    group, place = grouped(trials, by)
    n_units = len(recording.series(population).some_units(units)) + 1
    shape = (len(group), len(edges) - 1, n_units)
    # the sums and their squares, and while they are used as many numbers again
    require_room(
        {f"the responses of {population!r}": 48 * int(np.prod(shape, dtype=object))},
        mend="give fewer units, wider bins or shorter trials",
    )
    sums, squares = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for part, counts in counts_of(recording, population, trials, units, edges):
        held, where = np.unique(place[part], return_inverse=True)
        members = (where == np.arange(len(held))[:, None]).astype(np.float64)
        every = np.concatenate([counts, counts.sum(axis=2, keepdims=True)], axis=2)
        flat = every.reshape(len(every), -1).astype(np.float64)
        # products of such integers in float64 are exact
        sums[held] += (members @ flat).astype(np.int64).reshape(-1, *shape[1:])
        squares[held] += (members @ flat**2).astype(np.int64).reshape(-1, *shape[1:])
    return Responses(group, np.bincount(place), np.diff(edges), sums, squares)


def window_edges(window: slice | None, length: int) -> np.ndarray:
    """Return the edges, int64 [2], of one bin: a window of the steps of a presentation.

    Negative steps count from the end of the presentation.
    """
    given = slice(None) if window is None else window
    require(
        isinstance(given, slice),
        f"window is {shown(given)}: give steps of an image, such as slice(1, {length})",
    )
    start, stop, step = whole_slice(given, "window").indices(length)
    require(
        step == 1 and start < stop,
        f"window is {shown(given)}, which is no stretch of the {length} steps of an image: "
        f"give one, such as slice(1, {length})",
    )
    return np.array([start, stop])
