"""Rows of spikes that a measure counts."""

import numpy as np

from spikefa.recording import Recording
from spikefa.utils.numbers import whole_number


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
        Rows of the series, with start and stop.
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
