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


def settled(recording: Recording, population: str, rows: slice, settle: int) -> np.ndarray:
    """Return which rows lie at least `settle` steps after the last change of the image.

    The image changes where a presentation begins, unless the presentation just before it showed the
    same image and was recorded.

    Parameters
    ----------
    recording : Recording
    population : str
        That whose spikes the rows hold.
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
    held, first = recording.steps_of(population), max(0, rows.start - settle)
    span = slice(int(held[first]), int(held[rows.stop - 1]) + 1)
    shown = recording.presentations(population, steps=span)
    follows = shown.start[1:] == held[shown.edges[1:-1] - 1] + 1
    same = np.append(False, follows & (np.diff(shown.image) == 0))
    number = np.where(same, 0, np.arange(len(shown)))
    changed = shown.start[np.maximum.accumulate(number)].repeat(np.diff(shown.edges))
    return np.asarray(held[rows] - changed[rows.start - first :] >= settle)
