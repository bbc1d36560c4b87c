"""Rows of a recording that a measure counts."""

import numpy as np

from spikefa.errors import require
from spikefa.recording import Recording, Steps, Units
from spikefa.utils.numbers import shown, whole_number


def some_units(recording: Recording, population: str, units: Units) -> np.ndarray:
    """Return the numbers of the selected units, int64, in their order, at least one.

    Raises
    ------
    SpikefaError
        If one was not recorded, or there are none.
    """
    chosen = recording.units(population, chosen=units)
    require(
        len(chosen) > 0,
        f"the units of {population!r} are {shown(units)}, which is none: give one or more",
    )
    return chosen


def some_rows(recording: Recording, steps: Steps) -> slice:
    """Return the rows of `steps`, at least one.

    Raises
    ------
    SpikefaError
        If there are none.
    """
    rows = recording.rows(steps)
    wanted = "steps" if steps is None else f"steps of {shown(steps)}"
    require(rows.stop > rows.start, f"{recording.path} holds no {wanted}: nothing can be counted")
    return rows


def settled(recording: Recording, rows: slice, settle: int) -> np.ndarray:
    """Return which rows lie at least `settle` steps after the last change of the image.

    A row counts only if the `settle` steps before it were recorded without a gap and showed the
    same image, since it is not known what was shown in a gap.

    Parameters
    ----------
    recording : Recording
    rows : slice
        With start and stop.
    settle : int
        With 0 all rows count.

    Returns
    -------
    ndarray of bool, shape [rows]
    """
    settle = whole_number(settle, "settle", 0)
    if settle == 0:
        return np.ones(rows.stop - rows.start, dtype=bool)
    first = max(0, rows.start - settle)
    image = recording.stimulus_of(slice(first, rows.stop))["image"].astype(np.int64)
    continues = np.diff(image) == 0
    continues &= np.diff(recording.steps[first : rows.stop]) == 1
    place = np.arange(len(image))
    began = np.where(np.append(False, continues), 0, place)
    age = place - np.maximum.accumulate(began)
    return age[rows.start - first :] >= settle
