"""Host memory for the rows of one clock: blocks that are used again and again."""

import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from spikefa.recording.write.blocks import Block


class BlockPool:
    """Gives out empty blocks; if all of them wait to be written, the caller waits too.

    Parameters
    ----------
    make_block : callable
        Makes one block, when it is first needed.
    limit : int
        Upper bound of the number of blocks, at least 2.

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
        """Return an empty block, and the seconds spent waiting for it."""
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
        """Return whether a block is to be written, and not handed over a second time.

        The number is that at the handing over; the block may be in use again by now.
        """
        if number <= self._written:
            return False
        self._written = number
        return True

    def give_back(self, block: Block) -> None:
        """Let `block` be used again."""
        self._free.put(block)
