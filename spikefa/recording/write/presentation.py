"""What is being shown: the present presentation, as the recorded streams see it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from spikefa.errors import SpikefaError, require
from spikefa.recording.plan.streams import Streams

OfStreams = int | Sequence[int] | np.ndarray
"""A number for each recorded stream; if a single stream is recorded, also the number alone."""


class Presentation(NamedTuple):
    """One presentation.

    Attributes
    ----------
    start : int
        Its first step.
    image : ndarray of uint32, shape [streams]
    label : ndarray of uint8 or uint16, shape [streams]
    """

    start: int
    image: np.ndarray
    label: np.ndarray


class PresentPresentation:
    """Tells the presentation of each step, asked with growing steps.

    Parameters
    ----------
    streams : Streams
    steps_per_image : int
        Steps of a presentation; 0 if it is not known.
    label : str, default "u1"
        NumPy type of a label.
    """

    def __init__(self, streams: Streams, steps_per_image: int, label: str = "u1") -> None:
        self._streams = streams.numbers
        self._length = steps_per_image
        self._label = label
        self._given: tuple[object, object] = (None, None)
        self._step = -1
        self._now: Presentation | None = None

    def at(self, step: int, image: OfStreams, label: OfStreams, start: int | None) -> Presentation:
        """Return the presentation of `step`; see `Recorder.observe` for the arguments."""
        now, given = self._now, (_plain(image), _plain(label))
        goes_on = now is not None and given == self._given
        if start is None:
            goes_on = goes_on and step == self._step + 1
            if goes_on and now is not None and not 0 < self._length <= step - now.start:
                start = now.start
        self._step = step
        if now is not None and goes_on and start == now.start:
            return now
        first = step if start is None else start
        require(
            0 <= first <= step and (now is None or now.start != first),
            f"step {step} is said to belong to a presentation that begins with step {first}: that "
            "is later, or the presentation that began then showed another image",
        )
        now = Presentation(first, self._array(image, "<u4"), self._array(label, self._label))
        self._now, self._given = now, given
        return now

    def _array(self, numbers: OfStreams, kind: str) -> np.ndarray:
        """Return a number for each stream."""
        try:
            found = np.atleast_1d(np.asarray(numbers)).astype(np.int64)
        except (ValueError, TypeError, OverflowError):
            found = np.zeros(0, np.int64)
        count, most = len(self._streams), np.iinfo(kind).max
        if found.shape != (count,) or found.min() < 0 or found.max() > most:
            streams = ", ".join(map(str, self._streams[:9]))
            raise SpikefaError(
                f"what was shown is {numbers!r:.60}: give a number from 0 to {most} for each "
                f"recorded stream: {streams}"
            )
        return found.astype(kind)


def _plain(numbers: OfStreams) -> object:
    """Return numbers that can be compared; a tuple as it is, which is the fastest."""
    return tuple(numbers) if isinstance(numbers, list | np.ndarray) else numbers
