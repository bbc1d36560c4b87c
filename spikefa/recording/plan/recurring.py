"""Windows that come again and again, and the stretches that all windows make together."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from spikefa.errors import require
from spikefa.recording.plan.windows import OPEN_END, Window

Stretch = tuple[int, int]
"""First step, and the step behind the last."""


@dataclass(frozen=True)
class Recurring:
    """`length` steps, once in every `period` steps from `start` on, without end.

    Attributes
    ----------
    label : str
        The occurrence that begins at step s is called ``"<label> #<s // length>"``: of whole
        presentations, that is the number of the image.
    start, length, period : int
        In steps.
    """

    label: str
    start: int
    length: int
    period: int

    def stretches(self) -> Iterator[Stretch]:
        """Yield the occurrences, without end."""
        return ((start, start + self.length) for start in count(self.start, self.period))

    def windows(self, steps: np.ndarray) -> list[Window]:
        """Return those occurrences of which there is one of `steps`, int64, ascending."""
        since = steps - self.start
        held = since[(since >= 0) & (since % self.period < self.length)]
        starts = np.unique(held // self.period) * self.period + self.start
        return [
            Window(f"{self.label} #{start // self.length}", start, start + self.length)
            for start in starts.tolist()
        ]


def check_recurring(windows: Sequence[Recurring]) -> tuple[Recurring, ...]:
    """Return `windows`; refuse lengths and periods that cannot be."""
    for each in windows:
        require(
            0 <= each.start < OPEN_END // 2 and 1 <= each.length <= each.period < OPEN_END // 2,
            f"window {each.label!r} is {each.length} steps in every {each.period} from "
            f"{each.start} on: give 1 <= length <= period",
        )
    return tuple(windows)


def stretches(windows: Sequence[Window], recurring: Sequence[Recurring]) -> Iterator[Stretch]:
    """Yield the stretches of steps that windows ask for, in order; those that overlap make one."""
    listed = [(window.start, window.stop) for window in windows]
    merged = heapq.merge(listed, *(each.stretches() for each in recurring))
    start = stop = -1
    for first, end in merged:
        if first < stop:
            stop = max(stop, end)
        else:
            if stop >= 0:
                yield start, stop
            start, stop = first, end
        if stop >= OPEN_END:
            break
    if stop >= 0:
        yield start, stop
