"""Collect the rows of a clock that has windows only."""

from typing import Protocol

from spikefa.recording.format.schema import CHUNK_ROWS
from spikefa.recording.plan.clocks import Clock
from spikefa.recording.write.block_filler import BlockFiller
from spikefa.recording.write.blocks import Block
from spikefa.recording.write.captured_rows import CapturedRow
from spikefa.recording.write.presentation import Presentation
from spikefa.recording.write.window_cursor import WindowCursor


class Collector(Protocol):
    """Collects the rows of one clock."""

    def observe(self, step: int, shown: Presentation, captured: CapturedRow | None) -> None:
        """Take a row, if `step` is or may be wanted."""

    def wants(self, stop: int) -> bool:
        """Return whether a step before `stop` may be wanted."""

    @property
    def next_step(self) -> int:
        """The next step that its windows may want, without those of triggers."""
        ...

    def flush(self) -> None:
        """Hand over the rows taken."""

    def end(self) -> None:
        """Take no more rows."""


class RowCollector:
    """Takes a row at each step of a clock, and hands full blocks over.

    A block is also handed over at the end of a window. With recurring windows, that happens only
    once the block covers `CHUNK_ROWS` steps.

    Parameters
    ----------
    clock : Clock
        The steps to take.
    filler : BlockFiller
    """

    def __init__(self, clock: Clock, filler: BlockFiller) -> None:
        self._recurs = bool(clock.recurring)
        self._cursor = WindowCursor(clock)
        self._filler = filler

    def observe(self, step: int, shown: Presentation, captured: CapturedRow | None) -> None:
        """Take a row, if `step` lies in a window."""
        cursor = self._cursor
        if step < cursor.next_step:
            return
        if cursor.has_left(step) and not self._recurs:
            self._filler.hand_over()
        if not cursor.wants(step):
            return
        block = self._filler.block()
        # Should Ctrl-C break in below, the step is a gap in the recording; it is never there twice.
        cursor.advance(step)
        self._filler.take(block, step, shown, captured)
        if block.is_full or (cursor.at_end and self._is_due(block)):
            self._filler.hand_over()

    def wants(self, stop: int) -> bool:
        """Return whether a step before `stop` may be wanted."""
        return self._cursor.next_step < stop

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

    def _is_due(self, block: Block) -> bool:
        """Return whether a block is handed over at the end of a window."""
        first = int(block.stimulus["step"][0])
        return not self._recurs or self._cursor.next_step - first >= CHUNK_ROWS
