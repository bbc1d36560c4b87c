"""The path from the state of the network to the file, put together."""

import logging
from collections.abc import Sequence
from functools import partial
from itertools import chain

import numpy as np

from spikefa.errors import require
from spikefa.recording.format.row_batch import RowBatch
from spikefa.recording.plan.clocks import Clock
from spikefa.recording.plan.trials import try_triggers
from spikefa.recording.plan.variables import Variables, state_of
from spikefa.recording.write.block_filler import BlockFiller
from spikefa.recording.write.block_pool import BlockPool
from spikefa.recording.write.blocks import Block
from spikefa.recording.write.captured_rows import CapturedRow, CapturedRows
from spikefa.recording.write.flags import FlagRing
from spikefa.recording.write.memory_plan import BufferSizes
from spikefa.recording.write.predicate_monitor import PredicateMonitor
from spikefa.recording.write.presentation import Presentation
from spikefa.recording.write.ring_buffer import RingBuffer
from spikefa.recording.write.row_collector import Collector, RowCollector
from spikefa.recording.write.trigger_filter import TriggerFilter
from spikefa.recording.write.triggered_collector import TriggeredCollector
from spikefa.recording.write.writer import Writer
from spikefa.recording.write.writer_thread import WriterThread

LOG = logging.getLogger(__name__)


class Pipeline:
    """A ring buffer, a pool of blocks and a collector for each clock, and one thread that writes.

    Parameters
    ----------
    writer, clocks, variables, sizes, thumbnails
        As for `Recorder`.

    Attributes
    ----------
    thread : WriterThread
    monitor : PredicateMonitor or None
        Evaluates the predicates; None if there is no trigger, or nothing more is recorded.
    """

    def __init__(
        self,
        writer: Writer,
        clocks: Sequence[Clock],
        variables: Variables,
        sizes: Sequence[BufferSizes],
        thumbnails: np.ndarray | None,
    ) -> None:
        self._variables = variables
        self._shown = writer.shown
        self._clocks = clocks
        self._channels = [each.channels for each in writer.clocks]
        self.monitor = PredicateMonitor(clocks, variables) if writer.logs else None
        self._buffers = [
            RingBuffer(channels, variables, each.slots)
            for channels, each in zip(self._channels, sizes, strict=True)
        ]
        self.thread = WriterThread(
            writer, self._pools(clocks, sizes), thumbnails, self._filters(writer, clocks)
        )
        self._collectors = [
            self._collector(number, clock, each.rows * clock.every)
            for number, (clock, each) in enumerate(zip(clocks, sizes, strict=True))
        ]
        self._captured: CapturedRows | None = None
        self._path = writer.path
        LOG.info("recording into %s", self._path)

    def _pools(self, clocks: Sequence[Clock], sizes: Sequence[BufferSizes]) -> list[BlockPool]:
        """Return the host memory for the rows of each clock."""
        return [
            self._pool(number, clock, each)
            for number, (clock, each) in enumerate(zip(clocks, sizes, strict=True))
        ]

    def _filters(self, writer: Writer, clocks: Sequence[Clock]) -> dict[int, TriggerFilter]:
        """Return the filter of each clock with triggers."""
        return {
            number: TriggerFilter(clocks[number], self._empty(number), log.past(), log.newest())
            for number, log in writer.logs.items()
        }

    def _empty(self, number: int) -> RowBatch:
        return RowBatch.empty(self._channels[number], self._shown)

    def _pool(self, number: int, clock: Clock, sizes: BufferSizes) -> BlockPool:
        """Return the host memory for the rows of one clock."""
        make = partial(
            Block,
            number,
            self._channels[number],
            sizes.rows,
            pinned=self._buffers[number].is_cuda,
            shown=self._shown,
            triggers=len(clock.triggers),
            span=sizes.rows * clock.every,
        )
        return BlockPool(make, sizes.blocks)

    def _collector(self, number: int, clock: Clock, span: int) -> Collector:
        """Return the collector of one clock."""
        if not clock.triggers or self.monitor is None:
            return RowCollector(clock, BlockFiller(number, self._buffers[number], self.thread))
        ring = FlagRing(self.monitor, clock.triggers, span)
        filler = BlockFiller(number, self._buffers[number], self.thread, ring)
        return TriggeredCollector(clock, filler, ring)

    def captured_rows(self, steps: int) -> CapturedRows | None:
        """Return the rows of a presentation of `steps` steps, in the same memory at every call.

        None if predicates are evaluated after each step, or a variable is computed for a row.
        """
        if self.monitor is not None or any(buffer.computes for buffer in self._buffers):
            return None
        if self._captured is None:
            self._captured = CapturedRows(self._channels, self._variables, steps)
        return self._captured if self._captured.steps >= steps else None

    def observe(self, step: int, shown: Presentation, captured: CapturedRow | None) -> None:
        """Evaluate the predicates after `step`, and take the rows that are wanted."""
        if self.monitor is not None:
            self.monitor.evaluate(step)
        for collector in self._collectors:
            collector.observe(step, shown, captured)

    def wants(self, stop: int) -> bool:
        """Return whether a step before `stop` may be wanted."""
        return any(collector.wants(stop) for collector in self._collectors)

    def windows_to_come(self) -> dict[str, int]:
        """Return the windows that have not begun, with their first steps; none before any step."""
        found: dict[str, int] = {}
        for clock, collector in zip(self._clocks, self._collectors, strict=True):
            starts = {each.label: each.start for each in clock.windows}
            starts |= {each.label: each.start for each in clock.recurring}
            position = collector.next_step
            found |= {label: start for label, start in starts.items() if start >= position > 0}
        return found

    def read_from(self, variables: Variables) -> None:
        """Take all further rows from these variables, and evaluate the predicates on them.

        Raises
        ------
        SpikefaError
            If one is missing, or has another shape than before; nothing has changed then.
        """
        for channel in chain(*self._channels):
            names = channel.population, channel.variable
            now, before = (
                tuple(state_of(each, *names).shape) for each in (variables, self._variables)
            )
            require(
                now == before,
                f"{names[1]!r} of {names[0]!r} has shape {now}, where {before} was recorded",
            )
        try_triggers(self._clocks, variables)
        self.flush()
        self._variables, self._captured = variables, None
        if self.monitor is not None:
            self.monitor.read_from(variables)
        for buffer in self._buffers:
            buffer.read_from(variables)

    def flush(self) -> None:
        """Hand the rows taken to the thread."""
        for collector in self._collectors:
            collector.flush()

    def end(self) -> None:
        """Take no more rows."""
        self.monitor = None
        for collector in self._collectors:
            collector.end()

    def close(self, status: str) -> None:
        """Write the rows taken, and close the file with `status`."""
        self.flush()
        self.end()
        self.thread.stop(status)
        LOG.info("the recording %s has ended: %s", self._path, status)
