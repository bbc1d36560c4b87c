"""Events and frames, sorted into the steps of a presentation."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from spikefa.datasets.events import Events
from spikefa.datasets.frames import Frames
from spikefa.errors import require
from spikefa.utils.memory import require_room

Longer = Literal["refuse", "cut"]
Several = Literal["spike", "count"]
SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}
AT_ONCE = 1 << 22
"""Events that are sorted at once, so that the sorting needs little memory."""
MOST_COUNTED = 255
"""A count is kept in a byte."""
MOST_STEPS = 1_000_000
MEND = "give a longer dt, fewer steps, or fewer samples"
SNAP = 1e-6
"""Times nearer to the beginning of a step than this share of one belong to it."""


@dataclass(frozen=True, eq=False)
class Binned:
    """The units that spike in each step, row by row; row ``sample * steps + step``.

    Attributes
    ----------
    units : ndarray of int16 or int32, shape [spikes]
        Of row r, those from ``starts[r]`` to ``starts[r + 1] - 1``, each once, ascending.
    starts : ndarray of int64, shape [samples * steps + 1]
    counts : ndarray of uint8, shape [spikes], or None
        How many events of the unit fell into the step.
    """

    units: NDArray[np.int16] | NDArray[np.int32]
    starts: NDArray[np.int64]
    counts: NDArray[np.uint8] | None

    @property
    def most(self) -> int:
        """Number of units that spike in the fullest row."""
        return int(np.diff(self.starts).max())


def binned(
    events: Events, dt: float | None, steps: int | None, longer: Longer, several: Several
) -> Binned:
    """Return events sorted into steps.

    Parameters
    ----------
    events : Events
    dt : float, optional
        Seconds of a step, for times in seconds.
    steps : int, optional
        Of each sample. Default: the duration, or else the steps of the longest sample.
    longer : {"refuse", "cut"}
        Whether later events may be left out.
    several : {"spike", "count"}
        Whether several events of a unit in one step are one spike or are counted, up to 255.

    Raises
    ------
    SpikefaError
        If `dt` is missing or of no use, or later events must not be left out.
    """
    step = steps_of(events, dt)
    longest = int(step.max()) + 1 if len(step) else 1
    steps = _fitting(steps or _duration(events, dt) or longest, longest, longer)
    kind = np.int16 if events.n_units <= 1 << 15 else np.int32
    rows = len(events) * steps
    require_room({f"where {rows:,} steps begin": 3 * 8 * rows}, mend=MEND)
    filled = np.zeros(rows, np.int64)
    units: list[NDArray[Any]] = []
    counts: list[NDArray[np.uint8]] = []
    for first, last in _chunks(events.offsets):
        own = slice(events.offsets[first], events.offsets[last])
        kept = step[own] < steps
        sample = np.repeat(np.arange(last - first), events.lengths[first:last])
        row = (sample * steps + step[own])[kept]
        key = row * events.n_units + events.units[own][kept].astype(np.int64)
        found, times = np.unique(key, return_counts=True)
        filling, who = np.divmod(found, events.n_units)
        units.append(who.astype(kind))
        counts.append(np.minimum(times, MOST_COUNTED).astype(np.uint8))
        of_chunk = filled[first * steps : last * steps]
        of_chunk[:] = np.bincount(filling, minlength=len(of_chunk))
    starts = np.concatenate([[0], np.cumsum(filled)])
    counted = np.concatenate(counts) if several == "count" else None
    return Binned(np.concatenate(units), starts, counted)


def framed(frames: Frames, dt: float | None, steps: int | None, longer: Longer) -> NDArray[Any]:
    """Return frames, cut or followed by silence so that there is one for each step.

    Parameters and errors are those of `binned`.
    """
    require(dt is None, f"dt is {dt}, but frames have no times: leave dt out")
    given = frames.activity
    steps = _fitting(steps or given.shape[1], given.shape[1], longer)
    if steps <= given.shape[1]:
        return np.ascontiguousarray(given[:, :steps])
    silence = np.zeros((len(given), steps - given.shape[1], given.shape[2]), given.dtype)
    return np.concatenate([given, silence], 1)


def steps_of(events: Events, dt: float | None) -> NDArray[np.int64]:
    """Return the step of each event: ``floor(time / dt)``, or of a time in steps its whole part.

    A time that is a multiple of `dt`, but for rounding, belongs to the step that begins there.
    """
    if events.time_unit == "steps":
        require(dt is None, f"dt is {dt}, but the times are steps: leave dt out")
        return np.floor(events.times).astype(np.int64)
    require(
        dt is not None,
        f"the times are in {events.time_unit}: give dt, the seconds of a step, such as dt=0.005",
    )
    steps = np.minimum(events.times.astype(np.float64) * _steps_per_unit(events, dt), MOST_STEPS)
    nearest = np.round(steps)
    close = np.abs(steps - nearest) < SNAP
    return np.where(close, nearest, np.floor(steps)).astype(np.int64)


def _steps_per_unit(events: Events, dt: float | None) -> float:
    return 1.0 if dt is None else SECONDS[events.time_unit] / dt


def _duration(events: Events, dt: float | None) -> int | None:
    """Return the number of steps that every sample lasts, if that is known."""
    if events.duration is None:
        return None
    return max(1, int(np.ceil(events.duration * _steps_per_unit(events, dt) - SNAP)))


def _fitting(steps: int, longest: int, longer: Longer) -> int:
    """Return the steps of a presentation, unless samples are longer and must not be cut."""
    require(
        steps >= longest or longer == "cut",
        f"the longest sample has {longest:,} steps, a presentation {steps:,}: give "
        f'steps={longest} or more, or longer="cut" to leave out what comes later',
    )
    require(
        steps < MOST_STEPS,
        f"a presentation would have {MOST_STEPS:,} steps or more: give a longer dt, the seconds of "
        "a step",
    )
    return steps


def _chunks(offsets: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return ranges of samples with about `AT_ONCE` events each, or one sample with more."""
    bounds = [0]
    while bounds[-1] < len(offsets) - 1:
        reach = offsets[bounds[-1]] + AT_ONCE
        last = int(np.searchsorted(offsets, reach, side="right")) - 1
        bounds.append(max(last, bounds[-1] + 1))
    return list(pairwise(bounds))
