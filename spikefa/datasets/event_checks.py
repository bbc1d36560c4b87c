"""Checks of events at the door: each refuses arrays in a sentence that says what is allowed."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikefa.errors import require
from spikefa.utils.numbers import shown


def number_array(what: str, given: Any, *, whole: bool) -> NDArray[Any]:
    """Return a one-dimensional array of numbers as it is, contiguous.

    Raises
    ------
    SpikefaError
        If it is no such array; with `whole`, if its numbers have a fraction.
    """
    require(
        isinstance(given, np.ndarray) and not isinstance(given, np.ma.MaskedArray),
        f"{what} are a {type(given).__name__}: give a NumPy array, np.asarray({what})",
    )
    kinds = "iu" if whole else "iuf"
    require(
        given.ndim == 1 and given.dtype.kind in kinds,
        f"{what} are {shown(given)}: give an array of one dimension, of "
        f"{'whole numbers, such as int64' if whole else 'numbers'}",
    )
    return np.ascontiguousarray(given)


def check_offsets(offsets: NDArray[Any], events: int, may_be_empty: bool) -> None:
    """Refuse offsets that do not divide the events into samples."""
    require(
        len(offsets) >= 2,
        "there are no samples: give offsets of one or more, [0, number of events] for one",
    )
    require(
        offsets[0] == 0 and offsets[-1] == events and bool((offsets[1:] >= offsets[:-1]).all()),
        f"the offsets must ascend from 0 to the number of events, {events}: sample i has the "
        "events offsets[i] to offsets[i + 1] - 1",
    )
    silent = np.flatnonzero(offsets[1:] == offsets[:-1])
    require(
        may_be_empty or len(silent) == 0,
        f"{len(silent)} of {len(offsets) - 1} samples have no events, the first is sample "
        f"{silent[0] if len(silent) else 0}: leave them out, or give may_be_empty=True to show "
        "them as silence",
    )


def check_times(
    times: NDArray[Any], offsets: NDArray[Any], duration: float | None, time_unit: str
) -> None:
    """Refuse times that are not finite, not from 0 to the duration, or out of order."""
    if len(times) == 0:
        return
    if times.dtype.kind == "f":
        require(bool(np.isfinite(times).all()), "some times are NaN or infinite: give numbers")
    first, last = times.min(), times.max()
    require(
        first >= 0,
        f"the earliest time is {first}: give times from 0, the beginning of a sample",
    )
    require(
        duration is None or last < duration,
        f"the latest time is {last} {time_unit}, the duration {duration}: give a longer duration, "
        "or leave it out",
    )
    wrong = np.flatnonzero(times[1:] < times[:-1]) + 1
    wrong = wrong[~np.isin(wrong, offsets)]  # the first event of a sample may precede the last one
    if len(wrong):
        sample = int(np.searchsorted(offsets, wrong[0], side="right")) - 1
        require(
            False,
            f"the events of sample {sample} are out of order at event {wrong[0] - offsets[sample]}:"
            " sort the times of each sample, and its units with them, as Events.of does",
        )


def check_units(units: NDArray[Any], n_units: int) -> None:
    """Refuse units that are not from 0 to ``n_units - 1``."""
    if len(units) == 0:
        return
    lowest, highest = int(units.min()), int(units.max())
    require(
        lowest >= 0 and highest < n_units,
        f"units are {lowest} to {highest}, expected 0 to {n_units - 1}: number them from 0, or "
        f"give n_units={highest + 1} or more",
    )
