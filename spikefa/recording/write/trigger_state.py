"""One trigger during a run: when it fires, and around which steps it has fired."""

import numpy as np

from spikefa.recording.plan.triggers import Trigger


class TriggerState:
    """Decides when a trigger fires, given the answers of its predicate.

    Parameters
    ----------
    trigger : Trigger
    fired : sequence of int
        The steps of earlier firings, if the recording is resumed.
    held : bool
        Whether the predicate was true after the last step.

    Attributes
    ----------
    held : bool
    stretches : list of (int, int)
        The steps that its firings want, half-open.
    """

    def __init__(self, trigger: Trigger, fired: list[int], held: bool) -> None:
        self._trigger = trigger
        self._left = trigger.at_most
        self._ready = 0
        self.held = held
        self.stretches: list[tuple[int, int]] = []
        for step in fired:
            self._note(step)

    @property
    def before(self) -> int:
        """How far back a future firing may reach."""
        return 0 if self._left == 0 else self._trigger.before

    def fire(self, steps: np.ndarray, holds: np.ndarray) -> list[int]:
        """Return the steps after which it fires, given whether its predicate holds at `steps`."""
        true = holds.copy()
        if self._trigger.edge:
            true[1:] &= ~holds[:-1]
            true[:1] &= not self.held
        self.held = bool(holds[-1])
        fired = []
        for step in steps[true].tolist():
            if step >= self._ready and self._left != 0:
                self._note(step)
                fired.append(step)
        return fired

    def forget(self, step: int) -> None:
        """Drop the stretches before `step`."""
        self.stretches = [each for each in self.stretches if each[1] > step]

    def _note(self, step: int) -> None:
        """Note that it has fired after `step`."""
        start, stop = step - self._trigger.before, step + self._trigger.after + 1
        if self.stretches and start <= self.stretches[-1][1]:
            self.stretches[-1] = (self.stretches[-1][0], stop)
        else:
            self.stretches.append((start, stop))
        self._ready = step + self._trigger.hold_off + 1
        if self._left is not None:
            self._left -= 1
