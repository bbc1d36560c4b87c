"""The way of a row from the network to the thread that writes it."""

import sys
from collections.abc import Sequence

from spikefa.recording.blocks import Block
from spikefa.recording.stage import Stage
from spikefa.recording.windows import Window
from spikefa.recording.writer_thread import WriterThread

NEVER = sys.maxsize


class Track:
    """Takes a row at every step inside the windows, and hands full blocks over.

    Blocks are also handed over at the end of a window, whatever they hold.

    Parameters
    ----------
    windows : sequence of Window
        In the order of their steps.
    stage : Stage
    thread : WriterThread
    """

    def __init__(self, windows: Sequence[Window], stage: Stage, thread: WriterThread) -> None:
        self._windows = tuple(windows)
        self._stage = stage
        self._thread = thread
        self._block: Block | None = None
        self._next = self._windows[0].start
        self._stop = self._next

    def observe(self, step: int, image: int, label: int) -> None:
        """Take a row, if `step` lies in a window."""
        if step < self._next:
            return
        if step >= self._stop and not self._enter_window(step):
            return
        block = self._open_block()
        # Should Ctrl-C break in below, the step is a gap in the recording; it is never there twice.
        self._next = step + 1
        self._stage.take(block.taken - block.count)
        block.stimulus[block.taken] = (step, image, label)
        block.taken += 1
        if block.taken == block.capacity or self._next == self._stop:
            self.flush()
        elif block.taken - block.count == self._stage.slots:
            self._stage.drain(block)

    def _open_block(self) -> Block:
        """Return the block that is being filled, or else the next one."""
        if self._block is not None and self._block.sealed:  # Ctrl-C broke into `flush`
            self.flush()
        if self._block is None:
            self._block = self._thread.take_block()
        return self._block

    def _enter_window(self, step: int) -> bool:
        """Find the window of `step`, or else wait for the next; return whether `step` is in one."""
        self.flush()
        for window in self._windows:
            if step < window.stop:
                self._next = max(step, window.start)
                self._stop = window.stop
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
