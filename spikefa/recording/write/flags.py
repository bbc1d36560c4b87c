"""The answers of the predicates, step by step: first on the device, then on the host."""

from collections.abc import Sequence

import numpy as np
import torch

from spikefa.recording.plan.triggers import Trigger
from spikefa.recording.write.predicate_monitor import PredicateMonitor


class Flags:
    """The answers at the steps that a block covers, in host memory.

    Parameters
    ----------
    triggers : int
    span : int
        Steps that it can hold.
    rows : int
        Rows of the block.
    pinned : bool
        Whether a GPU will copy into it.

    Attributes
    ----------
    steps : ndarray of int64, shape [span]
    asked : ndarray of bool, shape [span, triggers]
        Whether the predicate was evaluated; if not, its answer has no meaning.
    answers : bool Tensor [span, triggers]
    wanted : ndarray of bool, shape [rows]
        Whether a window wants a row of the block, whatever the triggers decide.
    taken, count : int
        Steps taken so far, and how many of them have left the device.
    """

    def __init__(self, triggers: int, span: int, rows: int, pinned: bool) -> None:
        self.steps = np.zeros(span, np.int64)
        self.asked = np.zeros((span, triggers), bool)
        self.answers = torch.zeros(span, triggers, dtype=torch.bool, pin_memory=pinned)
        self.wanted = np.zeros(rows, bool)
        self.taken = self.count = 0

    @staticmethod
    def row_bytes(triggers: int, every: int) -> int:
        """Return the memory that the steps of one row take, on host and device."""
        return every * (3 * triggers + 8) + 1 if triggers else 0

    @property
    def is_full(self) -> bool:
        """Whether it can hold no more steps."""
        return self.taken == len(self.steps)

    def begin(self) -> None:
        """Empty it."""
        self.taken = self.count = 0

    def want(self, row: int, wanted: bool) -> None:
        """Note whether a window wants a row."""
        self.wanted[row] = wanted

    def add(self, step: int) -> None:
        """Count a step whose answers the flag ring has taken."""
        self.steps[self.taken] = step
        self.taken += 1

    def drained(self) -> None:
        """Note that the copies of all answers taken have been started."""
        self.count = self.taken

    def holds(self) -> np.ndarray:
        """Return the answers of the steps taken, bool [count, triggers]."""
        return self.answers[: self.count].numpy() & self.asked[: self.count]


class FlagRing:
    """The answers of the newest steps, on the device, in memory that is allocated once.

    Parameters
    ----------
    monitor : PredicateMonitor
        Evaluates the predicates.
    triggers : sequence of Trigger
        Those whose answers are kept.
    span : int
        Steps that it can hold: as many as a block covers.

    Attributes
    ----------
    devices : set of torch.device
        The GPU whose copies have to be waited for, if there is one.
    """

    def __init__(self, monitor: PredicateMonitor, triggers: Sequence[Trigger], span: int) -> None:
        self._monitor = monitor
        self._which = [monitor.number(trigger.watched) for trigger in triggers]
        self.devices = {monitor.device} if monitor.device.type == "cuda" else set()
        self._rows = torch.zeros(span, len(self._which), dtype=torch.bool, device=monitor.device)
        self._cells = [row.unbind() for row in self._rows]

    def take(self, flags: Flags, step: int) -> None:
        """Keep the answers after `step`."""
        row, cells = flags.taken, self._cells[flags.taken]
        for column, number in enumerate(self._which):
            answer = self._monitor.answers[number]
            flags.asked[row, column] = answer is not None
            if answer is not None:
                cells[column].copy_(answer)
        flags.add(step)

    def drain(self, flags: Flags) -> None:
        """Start to copy to the host what is not there yet; doing it twice is safe."""
        new = slice(flags.count, flags.taken)
        flags.answers[new].copy_(self._rows[new], non_blocking=True)
        flags.drained()
