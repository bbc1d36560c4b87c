"""Windows that recur, and the stretches of steps that all windows make together."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from itertools import count

import numpy as np

from spikefa.errors import require
from spikefa.recording.plan.windows import OPEN_END, Window
from spikefa.utils.scalars import plain_fields

Stretch = tuple[int, int]
"""The first step, and the step after the last."""


@dataclass(frozen=True)
class Recurring:
    """`length` steps, once in every `period` steps from `start` on, without end.

    Attributes
    ----------
    label : str
        The occurrence that begins at step s is called ``"<label> #<s // length>"``. If occurrences
        are presentations, that is the number of the presentation.
    start, length, period : int
        In steps.
    """

    label: str
    _: KW_ONLY
    start: int
    length: int
    period: int

    def __post_init__(self) -> None:
        plain_fields(self)
        require(
            0 <= self.start < OPEN_END // 2 and 1 <= self.length <= self.period < OPEN_END // 2,
            f"window {self.label!r} is {self.length} steps in every {self.period} from "
            f"{self.start} on: give 1 <= length <= period",
        )

    def stretches(self) -> Iterator[Stretch]:
        """Yield the occurrences, without end."""
        return ((start, start + self.length) for start in count(self.start, self.period))

    def windows(self, steps: np.ndarray) -> list[Window]:
        """Return the occurrences that hold one of `steps`, int64, ascending."""
        since = steps - self.start
        held = since[(since >= 0) & (since % self.period < self.length)]
        starts = np.unique(held // self.period) * self.period + self.start
        return [
            Window(f"{self.label} #{start // self.length}", start, start + self.length)
            for start in starts.tolist()
        ]


def stretches(windows: Sequence[Window], recurring: Sequence[Recurring]) -> Iterator[Stretch]:
    """Yield the stretches of steps that windows ask for, in order; overlapping ones are merged."""
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
