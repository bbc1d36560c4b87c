"""The way of a row from the network to the thread that writes it."""

import sys
from collections.abc import Iterator

from spikefa.recording.format.schema import CHUNK_ROWS
from spikefa.recording.plan.clocks import Clock
from spikefa.recording.plan.recurring import Stretch
from spikefa.recording.write.blocks import Block
from spikefa.recording.write.ring_buffer import Stage
from spikefa.recording.write.writer_thread import WriterThread

NEVER = sys.maxsize


class Track:
    """Takes a row at each step of a clock, and hands full blocks over.

    Blocks are also handed over at the end of a window, whatever they hold; if windows come again
    and again, only if the block covers `CHUNK_ROWS` steps by then.

    Parameters
    ----------
    number : int
        Of the clock.
    clock : Clock
        Which steps are taken.
    stage : Stage
    thread : WriterThread
    """

    def __init__(self, number: int, clock: Clock, stage: Stage, thread: WriterThread) -> None:
        self._number = number
        self._clock = clock
        self._every = clock.every
        self._stage = stage
        self._thread = thread
        self._block: Block | None = None
        self._stretches: Iterator[Stretch] | None = None
        self._next = self._start = self._stop = 0

    def observe(self, step: int, image: int, label: int) -> None:
        """Take a row, if `step` lies in a window."""
        if step < self._next or not self._is_wanted(step):
            return
        block = self._open_block()
        # Should Ctrl-C break in below, the step is a gap in the recording; it is never there twice.
        self._next = min(step + self._every, self._stop)
        self._take(block, step, image, label)
        if block.taken == block.capacity or (self._next >= self._stop and self._is_due(block)):
            self.flush()

    def waits(self, stop: int) -> bool:
        """Return whether a step before `stop` may be wanted."""
        return self._next < stop

    def _is_wanted(self, step: int) -> bool:
        """Return whether a window wants `step`, which is `_next` or later."""
        if step >= self._stop and not self._enter_window(step):
            return False
        return self._every == 1 or (step - self._start) % self._every == 0  # not after a leap

    def _take(self, block: Block, step: int, image: int, label: int) -> None:
        """Take a row."""
        if block.taken - block.count == self._stage.slots:
            self._stage.drain(block)
        self._stage.take(block.taken - block.count)
        block.stimulus[block.taken] = (step, image, label)
        block.taken += 1

    def _is_due(self, block: Block) -> bool:
        """Return whether a block is handed over at the end of a window."""
        if not self._clock.recurring:
            return True
        return bool(self._next - int(block.stimulus["step"][0]) >= CHUNK_ROWS)

    def _open_block(self) -> Block:
        """Return the block that is being filled, or else the next one."""
        if self._block is not None and self._block.sealed:  # Ctrl-C broke into `flush`
            self.flush()
        if self._block is None:
            self._block = self._thread.take_block(self._number)
        return self._block

    def _enter_window(self, step: int) -> bool:
        """Find the window of `step`, or else wait for the next; return whether `step` is in one."""
        self._leave_window()
        # Should Ctrl-C break in here, the search begins anew: an iterator does not survive it.
        found, self._stretches = self._stretches, None
        stretches = self._clock.stretches() if found is None else found
        for start, stop in stretches:
            if step < stop:
                self._start, self._stop, self._next = start, stop, max(step, start)
                self._stretches = stretches
                return step >= start
        self._next = NEVER
        return False

    def _leave_window(self) -> None:
        """Hand over what was taken in the last window, if it is time."""
        if not self._clock.recurring:
            self.flush()

    def flush(self) -> None:
        """Hand over what has been taken. Every line of it may be interrupted and done again."""
        if self._block is None:
            return
        self._drain(self._block)
        self._block.sealed = True
        self._thread.put(self._block)
        self._block = None

    def _drain(self, block: Block) -> None:
        """Start to copy to the host what is not there yet."""
        if block.taken > block.count:
            self._stage.drain(block)

    def end(self) -> None:
        """Take no more rows."""
        self._next = NEVER
