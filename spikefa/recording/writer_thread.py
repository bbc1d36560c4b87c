"""The thread that writes blocks to the file while the simulation goes on."""

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

import numpy as np

from spikefa.errors import SpikefaError, require
from spikefa.recording.blocks import Block
from spikefa.recording.schema import Backpressure
from spikefa.recording.writer import NoRoomError, Writer


class WriterThread:
    """Owns the open file: nothing else touches it until `stop` has returned.

    Blocks come from a pool of bounded size. When all are waiting to be written, whoever asks for
    one waits too, and that is counted: the simulation is slowed down, and no row is lost. After a
    failure blocks are thrown away, so that the simulation can go on.

    Parameters
    ----------
    writer : Writer
        The open file.
    make_block : callable
        Makes one block of the pool.
    limit : int
        Blocks in the pool, at least 2. They are made when they are first needed.
    images : ndarray of uint8, shape [n_images, h, w], optional
        Where the thumbnails are taken from.

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
        make_block: Callable[[], Block],
        limit: int,
        images: np.ndarray | None = None,
    ) -> None:
        self.failure: BaseException | None = None
        self.pressure = writer.pressure
        self._writer = writer
        self._make_block = make_block
        self._limit = limit
        self._images = images if writer.keeps_images else None
        self._made = self._begun = self._done = 0
        self._free: SimpleQueue[Block] = SimpleQueue()
        self._jobs: SimpleQueue[Block | threading.Event | str] = SimpleQueue()
        # A daemon: Python waits for other threads before it runs what is registered with `atexit`.
        self._thread = threading.Thread(target=self._run, name="spikefa-writer", daemon=True)
        self._thread.start()

    def take_block(self) -> Block:
        """Return an empty block; wait for one if the pool is used up."""
        try:
            block = self._free.get_nowait()
        except Empty:
            block = self._new_block() if self._made < self._limit else self._wait_for_block()
        self._begun += 1
        block.begin(self._begun)
        return block

    def _new_block(self) -> Block:
        self._made += 1
        return self._make_block()

    def _wait_for_block(self) -> Block:
        began = time.perf_counter()
        block = self._free.get()
        waited = time.perf_counter() - began
        self.pressure = Backpressure(self.pressure.blocks + 1, self.pressure.seconds + waited)
        return block

    def put(self, block: Block) -> None:
        """Hand over a sealed block to be written; a second time is without effect."""
        self._jobs.put(block)

    def wait(self) -> None:
        """Wait until all that was handed over is committed, or writing has failed."""
        reached = threading.Event()
        self._jobs.put(reached)
        while not reached.wait(1.0) and self._thread.is_alive():
            pass

    def stop(self, status: str) -> None:
        """Write what was handed over, close the file and end the thread."""
        self._jobs.put(status)
        self._thread.join()

    def _run(self) -> None:
        while not isinstance(job := self._jobs.get(), str):
            if isinstance(job, threading.Event):
                job.set()
            elif job.number > self._done:  # else it was handed over twice
                self._done = job.number
                self._try(self._write, job)
                self._free.put(job)
        self._try(self._writer.close, job, self.pressure)

    def _try(self, action: Callable[..., None], *arguments: object) -> None:
        """Do it, unless something has failed before; keep what goes wrong."""
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
            f"the spikes of {population!r} are not all 0 or 1: call the activity of a rate "
            "population by another name, and it is kept as float32",
        )
        stimulus = block.stimulus[: block.count]
        images = self._new_images(stimulus)
        self._writer.append(stimulus, block.arrays(), images, self.pressure)

    def _new_images(self, stimulus: np.ndarray) -> list[tuple[int, np.ndarray]]:
        """Return the thumbnails that the file has not yet."""
        if self._images is None:
            return []
        shown = dict.fromkeys(stimulus["image"].tolist())  # in the order of appearance
        last, held = max(shown), len(self._images)
        require(last < held, f"image {last} was shown, and there are {held} to take pictures from")
        return [(i, self._images[i]) for i in shown if i not in self._writer.kept_images]

    def _let_go(self, error: BaseException) -> None:
        """Close a file that is sound, and never touch again one whose handle may be spoilt."""
        if not isinstance(error, NoRoomError | SpikefaError):
            self._writer.abandon()
            return
        try:
            self._writer.close("failed", self.pressure)
        except (OSError, RuntimeError, ValueError):
            self._writer.abandon()
