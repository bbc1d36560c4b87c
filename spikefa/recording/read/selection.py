"""How a caller chooses rows, streams and units of a recording."""

from pathlib import Path
from typing import Literal

import numpy as np

from spikefa.errors import SpikefaError, require
from spikefa.recording.plan.channels import Channel
from spikefa.utils.indices import Selection, indices, whole_slice
from spikefa.utils.numbers import is_whole, place, shown

Steps = slice | str | None
"""Steps to read: the label of a window, a slice of absolute steps, or None for all."""

Units = Selection | None
"""Neurons to read, which must have been recorded, in the order wanted; None for all of these."""

Stream = int | slice | Literal["all"] | None
"""Streams of the batch to read, if all were recorded; None means the first."""


def absolute(steps: slice, end: int) -> slice:
    """Return a slice of steps whose start and stop are steps; negative ones count from `end`.

    Raises
    ------
    SpikefaError
        If it is no slice, has parts that are no whole numbers, or leaves out steps.
    """
    require(
        isinstance(steps, slice),
        f"steps are {shown(steps)}: give the label of a window, absolute steps such as "
        "slice(1000, 2000), or None for all",
    )
    start, stop, _ = whole_slice(steps, "steps", steps=False).indices(end)
    return slice(start, stop)


def rows_of(held: np.ndarray, steps: slice | None) -> slice:
    """Return the rows, as a slice, whose steps `held`, int64 ascending, are in `steps`."""
    if steps is None:
        return slice(0, len(held))
    start, stop = (int(row) for row in np.searchsorted(held, (steps.start, steps.stop)))
    return slice(start, max(start, stop))


def stream_index(path: Path, channel: Channel, stream: Stream) -> int | slice | None:
    """Return the index of `stream` in a row of `channel`; None if rows have no stream axis."""
    if not channel.batch:
        require(
            stream is None or (is_whole(stream) and stream == channel.stream),
            f"{channel.variable!r} of {channel.population!r} was recorded of stream "
            f"{channel.stream}, not of {shown(stream)}",
        )
        return None
    if stream is None:
        return 0
    if isinstance(stream, slice):
        streams = slice(*whole_slice(stream, "the streams").indices(channel.batch))
        require(
            streams.step > 0, f"the streams are {shown(stream)}: give a slice that goes forward"
        )
        return streams
    if isinstance(stream, str):
        require(
            stream == "all",
            f"{path} has streams 0 to {channel.batch - 1}, or 'all', not {stream!r}",
        )
        return slice(None)
    return place(stream, channel.batch, "the stream")


def units_of(channel: Channel, size: int, units: Units, *, distinct: bool = False) -> np.ndarray:
    """Return the numbers of the neurons of `channel` that `units` means, int64, in its order.

    Parameters
    ----------
    channel : Channel
    size : int
        Neurons of the population, or elements of the variable, recorded or not: -1 is the last of
        them, and a mask has a bool for each.
    units : sequence, slice, array or None
    distinct : bool, default False
        Whether none may be chosen twice.

    Raises
    ------
    SpikefaError
        If it is not a selection, or one of the neurons was not recorded.
    """
    if units is None:
        return channel.units
    wanted = indices(units, size, f"the units of {channel.population!r}", distinct=distinct)
    missing = wanted[~np.isin(wanted, channel.units)]
    if len(missing):
        raise SpikefaError(
            f"{channel.variable!r} of {channel.population!r} was not recorded of unit "
            f"{missing[0]}: the units are {', '.join(map(str, channel.units[:60]))}"
            f"{', ...' if len(channel.units) > 60 else ''}"
        )
    return wanted
