"""Rows of a recording on their way from the device to the file."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
import torch

from spikefa.recording.format.schema import STIMULUS, row_shape
from spikefa.recording.plan.probes import Channel
from spikefa.recording.write.flags import Flags


class Block:
    """Encoded rows in host memory: pinned if they come from a GPU, so that the copy can overlap.

    Parameters
    ----------
    clock : int
        Whose rows these are.
    channels : sequence of Channel
        What a row holds.
    capacity : int
        Rows that it can hold.
    pinned : bool
        Whether a GPU will copy into it.
    triggers, span : int
        How many triggers the clock has, and of how many steps a block then keeps their answers.

    Attributes
    ----------
    number : int
        Which block of its clock it is; blocks are used again.
    taken, count : int
        Rows taken so far, and how many of them have left the stage.
    sealed : bool
        No row will be added any more.
    stimulus : ndarray of STIMULUS, shape [capacity]
    values : list of Tensor, each [capacity, width]
        One per channel, as the file holds them.
    invalid : list of uint8 Tensor [capacity]
        Whether a row of spikes was neither 0 nor 1 somewhere.
    flags : Flags or None
        What the predicates of the triggers said; None if there is no trigger.
    """

    def __init__(
        self,
        clock: int,
        channels: Sequence[Channel],
        capacity: int,
        pinned: bool,
        triggers: int = 0,
        span: int = 0,
    ) -> None:
        self.clock = clock
        self.channels = tuple(channels)
        self.capacity = capacity
        self.stimulus = np.zeros(capacity, STIMULUS)
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
    def row_bytes(channels: Sequence[Channel]) -> int:
        """Return the memory that one row takes."""
        rows = map(row_shape, channels)
        encoded = sum(np.dtype(kind).itemsize * math.prod(shape) for shape, kind in rows)
        return encoded + len(channels) + STIMULUS.itemsize

    def begin(self, number: int) -> None:
        """Make it an empty block."""
        self.number = number
        self.taken = self.count = 0
        self.sealed = False
        if self.flags is not None:
            self.flags.taken = self.flags.count = 0

    def mark(self, devices: Iterable[torch.device]) -> None:
        """Note that the copies started so far, on the current streams, have to be waited for."""
        for device in devices:
            if device not in self._copied:
                self._copied[device] = torch.cuda.Event(blocking=True)
            self._copied[device].record(torch.cuda.current_stream(device))

    def wait(self) -> None:
        """Wait until what was copied has arrived."""
        for event in self._copied.values():
            event.synchronize()

    def arrays(self) -> list[np.ndarray]:
        """Return the rows of each channel, [count, ...]; `wait` first."""
        return [values[: self.count].numpy() for values in self.values]

    def invalid_population(self) -> str:
        """Return the first population whose spikes could not be kept as bits, or nothing."""
        for channel, invalid in zip(self.channels, self.invalid, strict=True):
            if channel.variable == "spikes" and bool(invalid[: self.count].any()):
                return channel.population
        return ""
