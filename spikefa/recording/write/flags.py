"""What the predicates of the triggers said, step by step: on the device, then on the host."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from spikefa.recording.plan.clocks import Clock
from spikefa.recording.plan.predicates import Predicate
from spikefa.recording.plan.probes import Variables
from spikefa.recording.plan.triggers import Trigger, state_device


class Watch:
    """Asks every predicate once after each step, whatever the number of clocks that want to know.

    Parameters
    ----------
    clocks : sequence of Clock
        Those with triggers have predicates.
    variables : mapping
        The state, updated in place by the simulation.

    Attributes
    ----------
    device : torch.device
        Where the answers are.
    answers : list of Tensor or None
        After the last step, of each predicate: a bool tensor without dimensions, or None if it
        cannot be true then.
    """

    def __init__(self, clocks: Sequence[Clock], variables: Variables) -> None:
        self._predicates: list[Predicate] = []
        for clock in clocks:
            for trigger in clock.triggers:
                if trigger.watched not in self._predicates:
                    self._predicates.append(trigger.watched)
        self._variables = variables
        self.device = state_device(variables)
        self.answers: list[Tensor | None] = [None] * len(self._predicates)

    def number(self, predicate: Predicate) -> int:
        """Return which of the answers is that of `predicate`."""
        return self._predicates.index(predicate)

    def look(self, step: int) -> None:
        """Ask what the predicates say after `step`; nothing is waited for."""
        with torch.no_grad():
            for number, predicate in enumerate(self._predicates):
                holds = predicate(self._variables) if predicate.may_hold(step) else None
                self.answers[number] = holds


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
        Where not, the answer means nothing.
    answers : bool Tensor [span, triggers]
    wanted : ndarray of bool, shape [rows]
        Whether a row of the block is wanted by a window, whatever the triggers say.
    taken, count : int
        Steps taken so far, and how many of them have left the device.
    """

    def __init__(self, triggers: int, span: int, rows: int, pinned: bool) -> None:
        self.span = span
        self.steps = np.zeros(span, np.int64)
        self.asked = np.zeros((span, triggers), bool)
        self.answers = torch.zeros(span, triggers, dtype=torch.bool, pin_memory=pinned)
        self.wanted = np.zeros(rows, bool)
        self.taken = self.count = 0

    @staticmethod
    def row_bytes(triggers: int, every: int) -> int:
        """Return the memory that the steps of one row take, on host and device."""
        return every * (3 * triggers + 8) + 1 if triggers else 0

    def holds(self) -> np.ndarray:
        """Return the answers of the steps taken, bool [count, triggers]."""
        return self.answers[: self.count].numpy() & self.asked[: self.count]


class FlagRing:
    """The answers of the newest steps, on the device, in memory that is there already.

    Parameters
    ----------
    watch : Watch
        Who asks.
    triggers : sequence of Trigger
        To whose predicates the answers are kept.
    span : int
        Steps that it can hold: as many as a block covers.

    Attributes
    ----------
    devices : set of torch.device
        The GPU, if the answers come from one: its copies have to be waited for.
    """

    def __init__(self, watch: Watch, triggers: Sequence[Trigger], span: int) -> None:
        self._watch = watch
        self._which = [watch.number(trigger.watched) for trigger in triggers]
        self.devices = {watch.device} if watch.device.type == "cuda" else set()
        self._rows = torch.zeros(span, len(self._which), dtype=torch.bool, device=watch.device)
        self._cells = [row.unbind() for row in self._rows]

    def take(self, flags: Flags, step: int) -> None:
        """Keep the answers after `step`."""
        place = flags.taken
        for column, number in enumerate(self._which):
            answer = self._watch.answers[number]
            flags.asked[place, column] = answer is not None
            if answer is not None:
                self._cells[place][column].copy_(answer)
        flags.steps[place] = step
        flags.taken += 1

    def drain(self, flags: Flags) -> None:
        """Start to copy to the host what is not there yet; doing it twice is safe."""
        new = slice(flags.count, flags.taken)
        flags.answers[new].copy_(self._rows[new], non_blocking=True)
        flags.count = flags.taken
