"""Divide the memory that a recorder may take among its buffers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spikefa.errors import require
from spikefa.recording.format.schema import CHUNK_ROWS, Layout
from spikefa.recording.plan.channels import Channel
from spikefa.recording.plan.clocks import Clock
from spikefa.recording.plan.variables import Variables
from spikefa.recording.write.blocks import Block
from spikefa.recording.write.flags import Flags
from spikefa.recording.write.ring_buffer import RingBuffer

MAX_HOST_BYTES = 1 << 28
"""Default upper bound of the memory of a recorder."""

MAX_SLOTS = 128
"""Rows that are packed at once: enough to make the cost of starting the work small."""


@dataclass(frozen=True, kw_only=True)
class BufferSizes:
    """Sizes of the buffers of one clock.

    Attributes
    ----------
    slots : int
        Raw rows in the ring buffer, on the device.
    rows : int
        Encoded rows in a block, on the host.
    blocks : int
        Upper bound of the number of blocks.
    """

    slots: int
    rows: int
    blocks: int


def plan_buffers(
    channels: Sequence[Channel],
    variables: Variables,
    clock: Clock,
    host_bytes: int,
    shown: np.dtype,
) -> BufferSizes | int:
    """Divide `host_bytes` among the ring buffer (a quarter), the blocks, and the trigger filter.

    Parameters
    ----------
    channels, variables
        The channels of a row, and their sources.
    clock : Clock
        No block is longer than its longest window, and none spans more steps than `CHUNK_ROWS`.
    host_bytes : int
        A ring buffer on a GPU is counted too, though it takes no host memory.
    shown : np.dtype
        What the streams saw, see `Layout.shown`.

    Returns
    -------
    BufferSizes or int
        The bytes needed, if even two blocks of one row do not fit.
    """
    raw, encoded = RingBuffer.row_bytes(channels, variables), Block.row_bytes(channels, shown)
    encoded += Flags.row_bytes(len(clock.triggers), clock.every)
    # A trigger filter holds the waiting rows, these rows joined with a block, and what it passes.
    copies = 3 if clock.triggers else 0
    waiting = copies * clock.history * encoded
    needed = max(4 * raw, -(-4 * ((2 + copies) * encoded + waiting) // 3))
    if host_bytes < needed:
        return needed
    for_blocks = host_bytes - host_bytes // 4 - waiting
    wanted = max(1, CHUNK_ROWS // clock.every)
    rows = min(wanted, clock.longest, for_blocks // ((2 + copies) * encoded))
    slots = min(MAX_SLOTS, rows, host_bytes // 4 // max(1, raw))
    return BufferSizes(slots=slots, rows=rows, blocks=for_blocks // (rows * encoded) - copies)


def plan_memory(layout: Layout, variables: Variables, max_host_bytes: int) -> list[BufferSizes]:
    """Divide `max_host_bytes` among the clocks: half of it evenly, half by the size of their rows.

    Raises
    ------
    SpikefaError
        If it is too little.
    """
    count = len(layout.clocks)
    row_bytes = [1 + RingBuffer.row_bytes(layout.channels_of(n), variables) for n in range(count)]
    found: list[BufferSizes] = []
    needed = 0
    for number, (clock, size) in enumerate(zip(layout.clocks, row_bytes, strict=True)):
        numerator, denominator = sum(row_bytes) + count * size, 2 * count * sum(row_bytes)
        share = max_host_bytes * numerator // denominator
        sizes = plan_buffers(layout.channels_of(number), variables, clock, share, layout.shown)
        if isinstance(sizes, int):
            needed = max(needed, -(-sizes * denominator // numerator))
        else:
            found.append(sizes)
    triggers = any(clock.triggers for clock in layout.clocks)
    require(
        needed == 0,
        f"max_host_bytes is {max_host_bytes}, and not even two steps of this recording fit into "
        f"it: give {needed} or more, or record fewer units"
        f"{' or fewer steps before a trigger' if triggers else ''}",
    )
    return found
