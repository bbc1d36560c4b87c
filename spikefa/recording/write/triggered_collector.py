"""Collect the rows of a clock whose triggers decide later which rows are written."""

from spikefa.recording.plan.clocks import Clock
from spikefa.recording.write.block_filler import BlockFiller
from spikefa.recording.write.captured_rows import CapturedRow
from spikefa.recording.write.flags import FlagRing
from spikefa.recording.write.presentation import Presentation
from spikefa.recording.write.window_cursor import NEVER, WindowCursor


class TriggeredCollector:
    """Takes a row at every step that a trigger may want, and the answers of the predicates.

    Parameters
    ----------
    clock : Clock
    filler : BlockFiller
    ring : FlagRing
        Takes the answers of the predicates.
    """

    def __init__(self, clock: Clock, filler: BlockFiller, ring: FlagRing) -> None:
        self._every = clock.every
        self._cursor = WindowCursor(clock)
        self._filler = filler
        self._ring = ring
        self._next = 0

    def observe(self, step: int, shown: Presentation, captured: CapturedRow | None) -> None:
        """Take a row, if `step` lies in a window or a trigger may want it."""
        if step < self._next:
            return
        block = self._filler.block()
        if block.flags is None:
            raise RuntimeError("a block of a clock with triggers has no flags")
        self._next = step + 1
        wanted = step >= self._cursor.next_step and self._cursor.wants(step)
        if wanted:
            self._cursor.advance(step)
        if wanted or step % self._every == 0:
            block.flags.want(block.taken, wanted)
            self._filler.take(block, step, shown, captured)
        self._ring.take(block.flags, step)
        if block.is_full:
            self._filler.hand_over()

    def wants(self, stop: int) -> bool:
        """Return whether a step before `stop` may be wanted: a trigger may want any."""
        return self._next < stop

    @property
    def next_step(self) -> int:
        """The next step that the windows may want."""
        return self._cursor.next_step

    def flush(self) -> None:
        """Hand over the rows taken."""
        self._filler.hand_over()

    def end(self) -> None:
        """Take no more rows."""
        self._cursor.end()
        self._next = NEVER
