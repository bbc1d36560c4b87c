"""The selectivity of units for classes."""

from dataclasses import dataclass

import numpy as np

from spikefa.analysis.rates import class_rates
from spikefa.errors import require
from spikefa.recording import Recording, Steps, Units


@dataclass(frozen=True)
class Selectivity:
    """The preferred class of units, and how selective they are.

    Attributes
    ----------
    rates : ndarray of float64, shape [n_classes, n_units]
        Spikes per step while each class was shown; nan for a class that was not shown.
    preferred : ndarray of int64, shape [n_units]
        The class for which the unit spikes most, the lower one if two are equal; -1 for a silent
        unit.
    index : ndarray of float64, shape [n_units]
        The class selectivity index, 0 to 1; nan for a silent unit.
    sparseness : ndarray of float64, shape [n_units]
        The lifetime sparseness over classes, 0 to 1; nan for a silent unit.
    """

    rates: np.ndarray
    preferred: np.ndarray
    index: np.ndarray
    sparseness: np.ndarray


def selectivity(
    recording: Recording,
    population: str,
    units: Units = None,
    steps: Steps = None,
    settle: int = 0,
) -> Selectivity:
    """Return how selective units are for classes.

    Let r_c be the mean rate of a unit while class c is shown, C the number of classes, and p the
    preferred class:

    - class selectivity index, ``(r_p - m) / (r_p + m)`` with ``m = mean of r_c, c != p`` (Morcos
      et al. 2018, "On the importance of single directions for generalization", eq. 1): 0 if the
      rate is the same for all classes, 1 if the unit spikes for one class only;
    - lifetime sparseness, ``(1 - (mean r_c)^2 / mean(r_c^2)) / (1 - 1/C)`` (Rolls and Tovee 1995,
      as normalised by Vinje and Gallant 2000): the same limits, but all classes count.

    Rates over few steps differ by chance, so no unit has an index of 0. Compare with a recording
    made before learning, or with the same number of steps of another window.

    Parameters
    ----------
    recording : Recording
    population : str
    units, steps
        As in `spikefa.analysis.unit_rates`.
    settle : int
        Steps to leave out at the beginning of each image, see `class_rates`.

    Raises
    ------
    SpikefaError
        If fewer than two classes were shown.
    """
    rates = class_rates(recording, population, units, steps, settle).rates
    shown = np.flatnonzero(~np.isnan(rates[:, 0]))
    require(
        len(shown) >= 2,
        f"{recording.path} shows {len(shown)} classes there: selectivity needs at least two",
    )
    held = rates[shown]
    most, total = held.max(axis=0), held.sum(axis=0)
    others = (total - most) / (len(shown) - 1)
    with np.errstate(invalid="ignore"):
        index = (most - others) / (most + others)
        mean_square = np.mean(held**2, axis=0)
        sparseness = (1 - held.mean(axis=0) ** 2 / mean_square) / (1 - 1 / len(shown))
    preferred = np.where(most > 0, shown[held.argmax(axis=0)], -1)
    return Selectivity(rates, preferred, index, sparseness)
