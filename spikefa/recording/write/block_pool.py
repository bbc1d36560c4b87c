"""Host memory for the rows of one clock: blocks that are used again and again."""

import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from spikefa.recording.write.blocks import Block


class BlockPool:
    """Gives out empty blocks; when all are waiting to be written, whoever asks waits too.

    Parameters
    ----------
    make_block : callable
        Makes one block; called when one is first needed.
    limit : int
        Blocks at the most, at least 2.

    Attributes
    ----------
    made : int
        Blocks made so far.
    """

    def __init__(self, make_block: Callable[[], Block], limit: int) -> None:
        self.made = 0
        self._make_block = make_block
        self._limit = limit
        self._begun = self._written = 0
        self._free: SimpleQueue[Block] = SimpleQueue()

    def take(self) -> tuple[Block, float]:
        """Return an empty block, and the seconds for which it was waited for."""
        waited = 0.0
        try:
            block = self._free.get_nowait()
        except Empty:
            if self.made < self._limit:
                self.made += 1
                block = self._make_block()
            else:
                began = time.perf_counter()
                block = self._free.get()
                waited = time.perf_counter() - began
        self._begun += 1
        block.begin(self._begun)
        return block, waited

    def is_new(self, number: int) -> bool:
        """Return whether a block is to be written: not if it was handed over a second time.

        It is known by the number that it was handed over with: meanwhile it may be in use again.
        """
        if number <= self._written:
            return False
        self._written = number
        return True

    def give_back(self, block: Block) -> None:
        """Let `block` be used again."""
        self._free.put(block)
