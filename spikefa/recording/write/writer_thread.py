"""The thread that writes blocks to the file while the simulation continues."""

import threading
from collections.abc import Callable, Mapping, Sequence
from queue import SimpleQueue

import numpy as np

from spikefa.errors import SpikefaError, require
from spikefa.recording.format.schema import Backpressure
from spikefa.recording.write.block_pool import BlockPool
from spikefa.recording.write.blocks import Block
from spikefa.recording.write.trigger_filter import TriggerFilter
from spikefa.recording.write.writer import NoRoomError, Writer


class WriterThread:
    """Owns the open file: nothing else touches it until `stop` has returned.

    Blocks come from pools of bounded size. If the simulation has to wait for one, the wait is
    counted, and no row is lost. After a failure blocks are discarded, and the simulation continues.

    Parameters
    ----------
    writer : Writer
        The open file.
    pools : sequence of BlockPool
        One for each clock.
    thumbnails : ndarray of uint8, shape [n_images, h, w], optional
        All images; those that were shown are written.
    filters : mapping of int to TriggerFilter, optional
        For the clocks that have triggers: rows that they do not pass are not written.

    Attributes
    ----------
    failure : Exception or None
        Why writing has stopped.
    pressure : Backpressure
        How often, and for how long, `take_block` had to wait.
    """

    def __init__(
        self,
        writer: Writer,
        pools: Sequence[BlockPool],
        thumbnails: np.ndarray | None = None,
        filters: Mapping[int, TriggerFilter] | None = None,
    ) -> None:
        self.failure: BaseException | None = None
        self.pressure = writer.pressure
        self._writer = writer
        self._pools = tuple(pools)
        self._filters = dict(filters or {})
        self._thumbnails = thumbnails if writer.keeps_images else None
        self._jobs: SimpleQueue[tuple[Block, int] | threading.Event | str] = SimpleQueue()
        # A daemon, because Python waits for other threads before it calls `atexit` functions.
        self._thread = threading.Thread(target=self._run, name="spikefa-writer", daemon=True)
        self._thread.start()

    def take_block(self, clock: int) -> Block:
        """Return an empty block for rows of `clock`; wait for one if its pool is empty."""
        block, waited = self._pools[clock].take()
        if waited:
            self.pressure = Backpressure(self.pressure.blocks + 1, self.pressure.seconds + waited)
        return block

    def put(self, block: Block) -> None:
        """Hand over a sealed block to be written; a second call has no effect."""
        self._jobs.put((block, block.number))

    def wait(self) -> None:
        """Wait until all blocks handed over are committed, or writing has failed."""
        reached = threading.Event()
        self._jobs.put(reached)
        while not reached.wait(1.0) and self._thread.is_alive():
            pass

    def stop(self, status: str) -> None:
        """Write the blocks handed over, close the file and end the thread."""
        self._jobs.put(status)
        self._thread.join()

    def _run(self) -> None:
        while not isinstance(job := self._jobs.get(), str):
            if isinstance(job, threading.Event):
                self._try(self._writer.watch.check)
                self._try(self._remember)
                job.set()
                continue
            block, number = job
            if self._pools[block.clock].is_new(number):
                self._try(self._write, block)
                self._pools[block.clock].give_back(block)
        self._try(self._writer.watch.check)
        self._try(self._finish)
        self._try(self._writer.close, job, self.pressure)

    def _try(self, action: Callable[..., None], *arguments: object) -> None:
        """Do `action`, unless something has failed before; keep its error."""
        if self.failure is not None:
            return
        try:
            action(*arguments)
        except BaseException as error:
            self._let_go(error)
            self.failure = error

    def _write(self, block: Block) -> None:
        block.wait()
        population = block.invalid_population()
        require(
            not population,
            f"the spikes of {population!r} are not all 0 or 1: probe the variable 'activity' of "
            "rate neurons, which is stored as float32",
        )
        if block.flags is None:
            self._append(block.clock, block.stimulus[: block.count], block.arrays())
            return
        rows, firings = self._filters[block.clock].admit(block, block.flags)
        if len(rows) or len(firings):
            self._append(block.clock, rows.stimulus, rows.values, firings)

    def _append(
        self,
        clock: int,
        stimulus: np.ndarray,
        values: Sequence[np.ndarray],
        firings: np.ndarray | None = None,
    ) -> None:
        self._writer.watch.check()
        images = self._new_images(stimulus) if clock == 0 else []
        self._writer.append(clock, stimulus, values, images, self.pressure, firings)

    def _remember(self) -> None:
        """Store the rows that wait for triggers, so that the recording can be resumed."""
        for clock, each in self._filters.items():
            self._writer.remember(clock, each.memory())

    def _finish(self) -> None:
        """Write the rows that waited behind undecided ones, at the end of the recording."""
        self._remember()
        for clock, each in self._filters.items():
            rows = each.finish()
            if len(rows):
                self._append(clock, rows.stimulus, rows.values)

    def _new_images(self, stimulus: np.ndarray) -> list[tuple[int, np.ndarray]]:
        """Return the thumbnails that the file does not have yet."""
        if self._thumbnails is None or not len(stimulus):
            return []
        seen = stimulus["image"][:, self._writer.pictured]
        shown = dict.fromkeys(seen.ravel().tolist())  # in the order of appearance
        last, held = max(shown), len(self._thumbnails)
        require(last < held, f"image {last} was shown, and there are {held} to take pictures from")
        return [(i, self._thumbnails[i]) for i in shown if i not in self._writer.kept_images]

    def _let_go(self, error: BaseException) -> None:
        """Close a file that is sound, and abandon one whose handle may be spoilt."""
        if not isinstance(error, NoRoomError | SpikefaError):
            self._writer.abandon()
            return
        try:
            self._writer.close("failed", self.pressure)
        except (OSError, RuntimeError, ValueError):
            self._writer.abandon()
