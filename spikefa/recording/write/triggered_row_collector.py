"""The way of a row if it is known only later whether it is wanted."""

from spikefa.recording.plan.clocks import Clock
from spikefa.recording.write.blocks import Block
from spikefa.recording.write.flags import FlagRing
from spikefa.recording.write.ring_buffer import Stage
from spikefa.recording.write.row_collector import NEVER, Track
from spikefa.recording.write.writer_thread import WriterThread


class TriggeredTrack(Track):
    """Takes a row at every step that the clock's triggers may want, and what their predicates said.

    Parameters
    ----------
    number : int
        Of the clock.
    clock : Clock
    stage : Stage
    thread : WriterThread
    ring : FlagRing
        What the predicates said.
    """

    def __init__(
        self,
        number: int,
        clock: Clock,
        stage: Stage,
        thread: WriterThread,
        ring: FlagRing,
    ) -> None:
        super().__init__(number, clock, stage, thread)
        self._ring = ring
        self._due = 0

    def observe(self, step: int, image: int, label: int) -> None:
        """Take a row, if `step` lies in a window or a trigger may want it."""
        if step < self._due:
            return
        block = self._open_block()
        flags = block.flags
        assert flags is not None, "blocks of a clock with triggers have flags"
        self._due = step + 1
        wanted = step >= self._next and self._is_wanted(step)
        if wanted:
            self._next = min(step + self._every, self._stop)
        if wanted or step % self._every == 0:
            flags.wanted[block.taken] = wanted
            self._take(block, step, image, label)
        self._ring.take(flags, step)
        if block.taken == block.capacity or flags.taken == flags.span:
            self.flush()

    def waits(self, stop: int) -> bool:
        """Return whether a step before `stop` may be wanted: a trigger may want any."""
        return self._due < stop

    def _leave_window(self) -> None:
        """Go on filling the block: what the triggers say does not end with a window."""

    def _drain(self, block: Block) -> None:
        super()._drain(block)
        if block.flags is not None:
            self._ring.drain(block.flags)
            block.mark(self._ring.devices)

    def end(self) -> None:
        """Take no more rows."""
        self._next = self._due = NEVER
