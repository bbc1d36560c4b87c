"""The way of a row from the network to the thread that writes it."""

import sys

from spikefa.recording.blocks import Block
from spikefa.recording.clocks import Clock
from spikefa.recording.stage import Stage
from spikefa.recording.writer_thread import WriterThread

NEVER = sys.maxsize


class Track:
    """Takes a row at each step of a clock, and hands full blocks over.

    Blocks are also handed over at the end of a window, whatever they hold.

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
        self._windows = clock.windows
        self._every = clock.every
        self._stage = stage
        self._thread = thread
        self._block: Block | None = None
        self._next = self._start = self._stop = self._windows[0].start

    def observe(self, step: int, image: int, label: int) -> None:
        """Take a row, if `step` lies in a window."""
        if step < self._next:
            return
        if step >= self._stop and not self._enter_window(step):
            return
        if self._every > 1 and (step - self._start) % self._every:  # only after a leap
            return
        block = self._open_block()
        # Should Ctrl-C break in below, the step is a gap in the recording; it is never there twice.
        self._next = step + self._every
        self._stage.take(block.taken - block.count)
        block.stimulus[block.taken] = (step, image, label)
        block.taken += 1
        if block.taken == block.capacity or self._next >= self._stop:
            self.flush()
        elif block.taken - block.count == self._stage.slots:
            self._stage.drain(block)

    def _open_block(self) -> Block:
        """Return the block that is being filled, or else the next one."""
        if self._block is not None and self._block.sealed:  # Ctrl-C broke into `flush`
            self.flush()
        if self._block is None:
            self._block = self._thread.take_block(self._number)
        return self._block

    def _enter_window(self, step: int) -> bool:
        """Find the window of `step`, or else wait for the next; return whether `step` is in one."""
        self.flush()
        for window in self._windows:
            if step < window.stop:
                self._next = max(step, window.start)
                self._start, self._stop = window.start, window.stop
                return step >= window.start
        self.end()
        return False

    def flush(self) -> None:
        """Hand over what has been taken. Every line of it may be interrupted and done again."""
        if self._block is None:
            return
        if self._block.taken > self._block.count:
            self._stage.drain(self._block)
        self._block.sealed = True
        self._thread.put(self._block)
        self._block = None

    def end(self) -> None:
        """Take no more rows."""
        self._next = NEVER
