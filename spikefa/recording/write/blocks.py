"""Rows of a recording on their way from the device to the file."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
import torch

from spikefa.recording.format.schema import row_shape
from spikefa.recording.plan.channels import Channel
from spikefa.recording.write.flags import Flags
from spikefa.recording.write.presentation import Presentation


class Block:
    """Encoded rows in host memory, which is pinned if they come from a GPU.

    Parameters
    ----------
    clock : int
        The number of the clock that the rows belong to.
    channels : sequence of Channel
        The channels of the clock.
    capacity : int
        Rows that it can hold.
    pinned : bool
        Whether a GPU will copy into it.
    shown : np.dtype
        What the streams saw, see `Layout.shown`.
    triggers, span : int
        Number of triggers of the clock, and the steps for which a block keeps their answers.

    Attributes
    ----------
    number : int
        Counts the uses of the blocks of a clock; blocks are used again.
    taken, count : int
        Rows taken so far, and how many of them have left the ring buffer.
    sealed : bool
        Whether it is complete.
    stimulus : ndarray of `shown_type`, shape [capacity]
    values : list of Tensor, each [capacity, width]
        One per channel, as the file stores them.
    invalid : list of uint8 Tensor [capacity]
        Whether a row of spikes holds a value that is neither 0 nor 1.
    flags : Flags or None
        The answers of the predicates; None if there is no trigger.
    """

    def __init__(
        self,
        clock: int,
        channels: Sequence[Channel],
        capacity: int,
        *,
        pinned: bool,
        shown: np.dtype,
        triggers: int = 0,
        span: int = 0,
    ) -> None:
        self.clock = clock
        self.channels = tuple(channels)
        self.capacity = capacity
        self.stimulus = np.zeros(capacity, shown)
        self._shown = [self.stimulus[name] for name in self.stimulus.dtype.names or ()]
        self.values: list[torch.Tensor] = []
        self.invalid: list[torch.Tensor] = []
        for channel in channels:
            shape, dtype = row_shape(channel)
            kind = torch.uint8 if dtype == "u1" else torch.float32
            self.values.append(torch.zeros(capacity, *shape, dtype=kind, pin_memory=pinned))
            self.invalid.append(torch.zeros(capacity, dtype=torch.uint8, pin_memory=pinned))
        self.flags = Flags(triggers, span, capacity, pinned) if triggers else None
        self._copied: dict[torch.device, torch.cuda.Event] = {}
        self.begin(0)

    @staticmethod
    def row_bytes(channels: Sequence[Channel], shown: np.dtype) -> int:
        """Return the memory that one row takes."""
        rows = map(row_shape, channels)
        encoded = sum(np.dtype(kind).itemsize * math.prod(shape) for shape, kind in rows)
        return encoded + len(channels) + shown.itemsize

    @property
    def is_full(self) -> bool:
        """Whether no row, or no answer of the predicates, fits any more."""
        return self.taken == self.capacity or (self.flags is not None and self.flags.is_full)

    def begin(self, number: int) -> None:
        """Empty it."""
        self.number = number
        self.taken = self.count = 0
        self.sealed = False
        if self.flags is not None:
            self.flags.begin()

    def add(self, step: int, shown: Presentation) -> None:
        """Count a row that the ring buffer has taken, and what was shown in its step."""
        for column, value in zip(self._shown, (step, *shown), strict=True):
            column[self.taken] = value
        self.taken += 1

    def seal(self) -> None:
        """Accept no more rows."""
        self.sealed = True

    def mark(self, devices: Iterable[torch.device]) -> None:
        """Let `wait` wait for the copies started so far on the current streams."""
        for device in devices:
            if device not in self._copied:
                self._copied[device] = torch.cuda.Event(blocking=True)
            self._copied[device].record(torch.cuda.current_stream(device))

    def drained(self, devices: Iterable[torch.device]) -> None:
        """Note that the copies of all rows taken have been started."""
        self.mark(devices)
        self.count = self.taken

    def wait(self) -> None:
        """Wait until all copies have arrived."""
        for event in self._copied.values():
            event.synchronize()

    def arrays(self) -> list[np.ndarray]:
        """Return the rows of each channel, [count, ...]; call `wait` first."""
        return [values[: self.count].numpy() for values in self.values]

    def invalid_population(self) -> str:
        """Return the first population whose spikes are not all 0 or 1, or an empty string."""
        for channel, invalid in zip(self.channels, self.invalid, strict=True):
            if channel.variable == "spikes" and bool(invalid[: self.count].any()):
                return channel.population
        return ""
