"""The paths of a population's activity, averaged over trials, in its principal components."""

from dataclasses import dataclass

import numpy as np

from spikefa.analysis.psth import psth
from spikefa.analysis.responses import By
from spikefa.analysis.trials import IMAGE
from spikefa.errors import require
from spikefa.recording import Recording, Steps, Units
from spikefa.utils.memory import require_room
from spikefa.utils.numbers import whole_number


@dataclass(frozen=True)
class PopulationPaths:
    """Paths of trial-averaged activity in common principal components.

    Attributes
    ----------
    step : ndarray of int64, shape [bins]
        The first step of each bin; 0 is the event.
    width : int
        Steps of a bin.
    group : ndarray of int64, shape [groups]
        The class, or the image, of each path, ascending.
    trials : ndarray of int64, shape [groups]
        Trials over which each path was averaged.
    path : ndarray of float64, shape [groups, bins, components]
        In spikes per step.
    share : ndarray of float64, shape [components]
        Share of the variance, over groups and steps, along each component.
    axis : ndarray of float64, shape [components, n_units]
        Weights of the units, of length 1; the largest one is positive.
    """

    step: np.ndarray
    width: int
    group: np.ndarray
    trials: np.ndarray
    path: np.ndarray
    share: np.ndarray
    axis: np.ndarray


def population_paths(
    recording: Recording,
    population: str,
    components: int = 3,
    units: Units = None,
    steps: Steps = None,
    align: str = IMAGE,
    by: By = "class",
    before: int | None = None,
    after: int | None = None,
    width: int = 1,
) -> PopulationPaths:
    """Return the paths of a population in the principal components of its mean responses.

    The spikes are averaged over the trials of each class, step by step, as `psth` does. The points
    of all classes and steps, vectors with an element for each unit, are centred, and their
    principal components found. Averages of few trials are noisy, and noise has components too:
    compare `trials`.

    Parameters
    ----------
    recording : Recording
    population : str
    components : int, default 3
    units, steps, align, by, before, after, width
        As in `psth`.

    Raises
    ------
    SpikefaError
        If there are fewer points or units than components, or nothing varies.
    """
    components = whole_number(components, "the number of components", 1)
    found = psth(recording, population, units, steps, align, by, before, after, width)
    shape = found.mean.shape
    points = found.mean.reshape(-1, shape[2])
    most = min(len(points) - 1, shape[2])
    require(
        components <= most,
        f"{components} components of {shape[0]} groups in {shape[1]} bins, and of {shape[2]} "
        f"units: there are at most {most}",
    )
    side = min(points.shape)
    require_room({"the components": 8 * side * sum(points.shape)}, mend="give fewer units")
    centred = points - points.mean(axis=0)
    left, sizes, right = np.linalg.svd(centred, full_matrices=False)
    variance = sizes**2
    require(
        bool(variance[0] > 0), f"the activity of {population!r} is the same in all groups and steps"
    )
    place = np.abs(right).argmax(axis=1)
    sign = np.where(right[np.arange(len(right)), place] < 0, -1.0, 1.0)
    path = (left * sizes * sign)[:, :components].reshape(*shape[:2], components)
    return PopulationPaths(
        found.step,
        found.width,
        found.group,
        found.trials,
        path,
        (variance / variance.sum())[:components],
        (right * sign[:, None])[:components],
    )
