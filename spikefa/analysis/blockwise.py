"""What the measures share: the rows they look at, a block at a time."""

import numpy as np

from spikefa.errors import require
from spikefa.recording import Recording, Steps


def some_rows(recording: Recording, steps: Steps) -> slice:
    """Return the rows of `steps`.

    Raises
    ------
    SpikefaError
        If there is none: a measure of nothing is no number.
    """
    rows = recording.rows(steps)
    what = "steps" if steps is None else f"steps of {steps!r}"
    require(rows.stop > rows.start, f"{recording.path} holds no {what}: there is nothing to count")
    return rows


def settled(recording: Recording, rows: slice, settle: int) -> np.ndarray:
    """Tell which rows lie at least `settle` steps behind the last switch of the image.

    A row counts only if the `settle` steps before it were recorded too, without a gap, and
    showed the same image: what was shown in a gap is not known.

    Parameters
    ----------
    recording : Recording
    rows : slice
        With start and stop.
    settle : int
        0 makes all rows count.

    Returns
    -------
    ndarray of bool, shape [rows]
    """
    require(settle >= 0, f"settle is {settle}: give a number of steps, 0 or more")
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
