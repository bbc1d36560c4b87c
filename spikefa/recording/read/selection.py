"""How a caller chooses rows, streams and units of a recording."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from spikefa.errors import SpikefaError, require
from spikefa.recording.plan.channels import Channel

Steps = slice | str | None
"""Steps to read: the label of a window, a slice of absolute steps, or None for all."""

Units = Sequence[int] | None
"""Recorded neurons to read, in the order wanted; None for all."""

Stream = int | slice | Literal["all"] | None
"""Streams of the batch to read, if all were recorded; None means the first."""


def rows_of(held: np.ndarray, steps: slice | None) -> slice:
    """Return the rows, as a slice, whose steps `held`, int64 ascending, are in `steps`."""
    if steps is None:
        return slice(0, len(held))
    require(steps.step in (None, 1), f"steps are {steps}: give a slice of every step")
    start = 0 if steps.start is None else int(np.searchsorted(held, steps.start))
    stop = len(held) if steps.stop is None else int(np.searchsorted(held, steps.stop))
    return slice(start, max(start, stop))


def stream_index(path: Path, channel: Channel, stream: Stream) -> int | slice | None:
    """Return the index of `stream` in a row of `channel`; None if rows have no stream axis."""
    if not channel.batch:
        require(
            stream in (None, channel.stream),
            f"{channel.variable!r} of {channel.population!r} was recorded of stream "
            f"{channel.stream}, not of {stream!r}",
        )
        return None
    if stream == "all":
        return slice(None)
    if isinstance(stream, slice):
        return stream
    chosen = 0 if stream is None else stream
    require(
        isinstance(chosen, int) and 0 <= chosen < channel.batch,
        f"{path} has streams 0 to {channel.batch - 1}, or 'all', not {stream!r}",
    )
    return int(chosen)


def columns_of(channel: Channel, units: Sequence[int]) -> np.ndarray:
    """Return the columns of `units`, which must be among the recorded ones."""
    wanted = np.asarray(units, dtype=np.int64)
    missing = wanted[~np.isin(wanted, channel.units)]
    if len(missing):
        raise SpikefaError(
            f"{channel.variable!r} of {channel.population!r} was not recorded of unit "
            f"{missing[0]}: the units are {', '.join(map(str, channel.units[:60]))}"
            f"{', ...' if len(channel.units) > 60 else ''}"
        )
    return np.searchsorted(channel.units, wanted)
