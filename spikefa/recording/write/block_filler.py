"""Fill blocks with rows, and hand them over to the thread that writes them."""

from spikefa.recording.write.blocks import Block
from spikefa.recording.write.captured_rows import CapturedRow
from spikefa.recording.write.flags import FlagRing
from spikefa.recording.write.presentation import Presentation
from spikefa.recording.write.ring_buffer import RingBuffer
from spikefa.recording.write.writer_thread import WriterThread


class BlockFiller:
    """Fills one block after the other with the rows of a clock.

    Parameters
    ----------
    clock : int
        The number of the clock.
    buffer : RingBuffer
        Takes the rows.
    thread : WriterThread
        Gives empty blocks, and writes full ones.
    ring : FlagRing, optional
        Takes the answers of the predicates, if the clock has triggers.
    """

    def __init__(
        self, clock: int, buffer: RingBuffer, thread: WriterThread, ring: FlagRing | None = None
    ) -> None:
        self._clock = clock
        self._buffer = buffer
        self._thread = thread
        self._ring = ring
        self._block: Block | None = None

    def block(self) -> Block:
        """Return the block that is being filled, or an empty one."""
        if self._block is not None and self._block.sealed:  # Ctrl-C broke into `hand_over`
            self.hand_over()
        if self._block is None:
            self._block = self._thread.take_block(self._clock)
        return self._block

    def take(
        self, block: Block, step: int, shown: Presentation, captured: CapturedRow | None
    ) -> None:
        """Take a row into `block`: a captured one, or else the present state."""
        if block.taken - block.count == self._buffer.slots:
            self._buffer.drain(block)
        slot = block.taken - block.count
        if captured is None:
            self._buffer.take(slot)
        else:
            captured.copy(self._clock, self._buffer, slot)
        block.add(step, shown)

    def hand_over(self) -> None:
        """Hand over the present block. Every line may be interrupted and done again."""
        block = self._block
        if block is None:
            return
        if block.taken > block.count:
            self._buffer.drain(block)
        if self._ring is not None and block.flags is not None:
            self._ring.drain(block.flags)
            block.mark(self._ring.devices)
        block.seal()
        self._thread.put(block)
        self._block = None
