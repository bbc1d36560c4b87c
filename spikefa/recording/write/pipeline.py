"""The way from the state of the network to the file, put together."""

from collections.abc import Sequence

import numpy as np

from spikefa.recording.plan.clocks import Clock
from spikefa.recording.plan.probes import Channel, Variables, state_of
from spikefa.recording.write.block_pool import BlockPool
from spikefa.recording.write.blocks import Block
from spikefa.recording.write.flags import FlagRing, Watch
from spikefa.recording.write.memory_plan import Room
from spikefa.recording.write.ring_buffer import Stage
from spikefa.recording.write.row_collector import Track
from spikefa.recording.write.trigger_filter import Gate
from spikefa.recording.write.triggered_row_collector import TriggeredTrack
from spikefa.recording.write.writer import Writer
from spikefa.recording.write.writer_thread import WriterThread


class Pipeline:
    """A stage, a pool of blocks and a track for each clock; for all, one thread that writes.

    Parameters
    ----------
    writer, clocks, variables, room, images
        As for `Recorder`.

    Attributes
    ----------
    thread : WriterThread
    watch : Watch or None
        Asks the predicates; None if there is no trigger, or nothing more is recorded.
    """

    def __init__(
        self,
        writer: Writer,
        clocks: Sequence[Clock],
        variables: Variables,
        room: Sequence[Room],
        images: np.ndarray | None,
    ) -> None:
        self._stages = [
            Stage(axis.channels, variables, each.slots)
            for axis, each in zip(writer.axes, room, strict=True)
        ]
        self._variables = variables
        self._axes = writer.axes
        self._landings: list[Stage] = []
        self.watch = Watch(clocks, variables) if writer.logs else None
        pools = [
            _pool(number, axis.channels, clock, each, stage.is_cuda)
            for number, (axis, clock, each, stage) in enumerate(
                zip(writer.axes, clocks, room, self._stages, strict=True)
            )
        ]
        gates = {
            number: Gate(clocks[number], writer.axes[number].channels, log.past(), log.newest())
            for number, log in writer.logs.items()
        }
        self.thread = WriterThread(writer, pools, images, gates)
        self._tracks = [
            self._track(number, clock, stage, each)
            for number, (clock, stage, each) in enumerate(
                zip(clocks, self._stages, room, strict=True)
            )
        ]

    def _track(self, number: int, clock: Clock, stage: Stage, room: Room) -> Track:
        """Return what takes the rows of one clock."""
        if not clock.triggers or self.watch is None:
            return Track(number, clock, stage, self.thread)
        ring = FlagRing(self.watch, clock.triggers, room.rows * clock.every)
        return TriggeredTrack(number, clock, stage, self.thread, ring)

    def can_land(self, steps: int) -> bool:
        """Make room for the rows of so many steps, and return True.

        Not if a predicate is to be asked after each of them, or something is computed for a row.
        """
        if self.watch is not None or any(stage.computes for stage in self._stages):
            return False
        if not self._landings:
            self._landings = [Stage(axis.channels, self._variables, steps) for axis in self._axes]
        return self._landings[0].slots >= steps

    def land(self, row: int) -> None:
        """Keep the present state as a row of which it is not known yet whether it is wanted."""
        for landing in self._landings:
            landing.take(row)

    def observe(self, step: int, image: int, label: int, landed: int | None = None) -> None:
        """Ask the predicates after `step`, and take the rows that are wanted."""
        for stage, landing in zip(self._stages, self._landings, strict=False):
            stage.landed = None if landed is None else (landing, landed)
        if self.watch is not None:
            self.watch.look(step)
        for track in self._tracks:
            track.observe(step, image, label)

    def waits(self, stop: int) -> bool:
        """Return whether a step before `stop` may be wanted."""
        return any(track.waits(stop) for track in self._tracks)

    def flush(self) -> None:
        """Hand what has been taken to the thread."""
        for track in self._tracks:
            track.flush()

    def end(self) -> None:
        """Take no more rows."""
        self.watch = None
        for track in self._tracks:
            track.end()

    def close(self, status: str) -> None:
        """Write what has been taken, and close the file with `status`."""
        self.flush()
        self.end()
        self.thread.stop(status)


def recorded_stream(writer: Writer, variables: Variables) -> int:
    """Return the one stream that is recorded; 0 if there are several."""
    streams = {
        channel.stream
        for axis in writer.axes
        for channel in axis.channels
        if len(state_of(variables, channel.population, channel.variable)) > 1
    }
    return streams.pop() if len(streams) == 1 else 0


def _pool(
    number: int, channels: Sequence[Channel], clock: Clock, room: Room, pinned: bool
) -> BlockPool:
    """Return the host memory for the rows of one clock."""
    triggers, span = len(clock.triggers), room.rows * clock.every
    return BlockPool(
        lambda: Block(number, channels, room.rows, pinned, triggers, span), room.blocks
    )
