"""Where a run has got to among the windows of a clock."""

import sys
from collections.abc import Iterator

from spikefa.recording.plan.clocks import Clock
from spikefa.recording.plan.recurring import Stretch

NEVER = sys.maxsize


class WindowCursor:
    """Says which steps the windows of a clock want; asked with growing steps.

    It may be interrupted by Ctrl-C anywhere, and then goes on without wanting a step twice.

    Parameters
    ----------
    clock : Clock

    Attributes
    ----------
    next_step : int
        The next step that may be wanted.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._every = clock.every
        self._stretches: Iterator[Stretch] | None = None
        self.next_step = self._start = self._stop = 0

    @property
    def at_end(self) -> bool:
        """Whether no more rows are wanted from the present window."""
        return self.next_step >= self._stop

    def has_left(self, step: int) -> bool:
        """Return whether `step` is after the present window."""
        return step >= self._stop

    def wants(self, step: int) -> bool:
        """Return whether a window wants `step`, which is `next_step` or later."""
        if step >= self._stop and not self._enter(step):
            return False
        return self._every == 1 or (step - self._start) % self._every == 0  # not after a leap

    def advance(self, step: int) -> None:
        """Go past `step`, whose row is taken."""
        self.next_step = min(step + self._every, self._stop)

    def end(self) -> None:
        """Want no more steps."""
        self.next_step = NEVER

    def _enter(self, step: int) -> bool:
        """Find the window of `step`, or the next one; return whether `step` is in a window."""
        # Should Ctrl-C break in here, the search begins anew: an iterator does not survive it.
        found, self._stretches = self._stretches, None
        stretches = self._clock.stretches() if found is None else found
        for start, stop in stretches:
            if step < stop:
                self._start, self._stop, self.next_step = start, stop, max(step, start)
                self._stretches = stretches
                return step >= start
        self.next_step = NEVER
        return False
