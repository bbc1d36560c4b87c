"""The newest rows of one clock, raw, on the device of the network."""

from collections.abc import Sequence

import torch
from torch import Tensor

from spikefa.recording.plan.channels import Channel
from spikefa.recording.plan.variables import Variables
from spikefa.recording.write.blocks import Block
from spikefa.recording.write.channel_buffer import ChannelBuffer


class RingBuffer:
    """Rows on the device, in memory that is allocated once and used again and again.

    `take` copies the present state of all channels into one slot. On a GPU that is one fused kernel
    for all narrow channels, and one kernel for each of the others; nothing is allocated, except by
    computed variables, and nothing waits for the device. `drain` packs many rows at a time and
    starts their copy to the host. Spikes that a backend has packed already are copied as they are.

    Parameters
    ----------
    channels : sequence of Channel
        The channels of a row.
    variables : mapping
        The state, updated in place by the simulation.
    slots : int
        Rows that it can hold.

    Attributes
    ----------
    slots : int
    """

    def __init__(self, channels: Sequence[Channel], variables: Variables, slots: int) -> None:
        self.slots = slots
        self._recorded = channels
        self.read_from(variables)

    def read_from(self, variables: Variables) -> None:
        """Take all further rows from these variables; the rows that it holds are forgotten."""
        slots = self.slots
        self._channels = [ChannelBuffer(each, variables, slots) for each in self._recorded]
        copied = [each for each in self._channels if each.is_copied]
        self._others = [each for each in self._channels if not each.is_copied]
        self._groups = [  # of one type each, for one kernel each
            [each for each in copied if each.is_packed == packed] for packed in (False, True)
        ]
        self._sources = [[each.source for each in group] for group in self._groups]
        self._rows = [
            [[each.rows[slot] for each in group] for group in self._groups] for slot in range(slots)
        ]
        self._devices = {each.source.device for each in self._channels if each.source.is_cuda}

    @property
    def is_cuda(self) -> bool:
        """Whether rows come from a GPU."""
        return bool(self._devices)

    @property
    def computes(self) -> bool:
        """Whether a variable is computed when a row is taken."""
        return any(each.is_computed for each in self._others)

    @staticmethod
    def row_bytes(channels: Sequence[Channel], variables: Variables) -> int:
        """Return the memory that one slot takes."""
        return sum(ChannelBuffer.row_bytes(channel, variables) for channel in channels)

    def take(self, slot: int) -> None:
        """Keep the present state in `slot`."""
        _copy_all(self._rows[slot], self._sources)
        for each in self._others:
            each.take(slot)

    def copy(self, slot: int, other: "RingBuffer", other_slot: int) -> None:
        """Keep in `slot` the row that another buffer of the same channels has in `other_slot`."""
        _copy_all(self._rows[slot], other._rows[other_slot])
        for mine, its in zip(self._others, other._others, strict=True):
            mine.rows[slot].copy_(its.rows[other_slot])

    def drain(self, block: Block) -> None:
        """Start to copy to `block` the rows that it does not have yet; doing it twice is safe."""
        rows = slice(block.count, block.taken)
        for each, values, invalid in zip(self._channels, block.values, block.invalid, strict=True):
            each.drain(rows.stop - rows.start, values[rows], invalid[rows])
        block.drained(self._devices)


def _copy_all(targets: Sequence[list[Tensor]], sources: Sequence[list[Tensor]]) -> None:
    """Copy the tensors of each list with one kernel."""
    for into, of in zip(targets, sources, strict=True):
        if of:
            torch._foreach_copy_(into, of)
