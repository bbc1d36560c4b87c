"""How much room a recorder may take, and what it uses it for."""

from collections.abc import Sequence
from dataclasses import dataclass

from spikefa.errors import SpikefaError
from spikefa.recording.format.schema import CHUNK_ROWS, Layout
from spikefa.recording.plan.clocks import Clock
from spikefa.recording.plan.probes import Channel, Variables
from spikefa.recording.write.blocks import Block
from spikefa.recording.write.flags import Flags
from spikefa.recording.write.ring_buffer import Stage

MAX_HOST_BYTES = 1 << 28
"""Memory that a recorder takes at most, if not told otherwise."""

STAGE_SLOTS = 128
"""Rows that are packed at once: enough to make the cost of starting the work small."""


@dataclass(frozen=True)
class Room:
    """Sizes of a recorder's memory.

    Attributes
    ----------
    slots : int
        Raw rows in the stage, on the device.
    rows : int
        Encoded rows in a block, on the host.
    blocks : int
        Blocks, at the most.
    """

    slots: int
    rows: int
    blocks: int


def plan_room(
    channels: Sequence[Channel], variables: Variables, clock: Clock, host_bytes: int
) -> Room | int:
    """Divide `host_bytes` among stage (a quarter), blocks, and the gate of triggers.

    Parameters
    ----------
    channels, variables
        What a row holds, and where it is taken from.
    clock : Clock
        No block is longer than its longest window, and none spans more steps than `CHUNK_ROWS`.
    host_bytes : int
        A stage on a GPU is counted too, though it takes none of this.

    Returns
    -------
    Room or int
        If not even two blocks of one row find room: the bytes that they need.
    """
    raw, encoded = Stage.row_bytes(channels, variables), Block.row_bytes(channels)
    encoded += Flags.row_bytes(len(clock.triggers), clock.every)
    # A gate holds the rows that wait, those rows with a block behind them, and what it lets pass.
    copies = 3 if clock.triggers else 0
    waiting = copies * clock.history * encoded
    needed = max(4 * raw, -(-4 * ((2 + copies) * encoded + waiting) // 3))
    if host_bytes < needed:
        return needed
    for_blocks = host_bytes - host_bytes // 4 - waiting
    wanted = max(1, CHUNK_ROWS // clock.every)
    rows = min(wanted, clock.longest, for_blocks // ((2 + copies) * encoded))
    slots = min(STAGE_SLOTS, rows, host_bytes // 4 // max(1, raw))
    return Room(slots, rows, for_blocks // (rows * encoded) - copies)


def plan_rooms(layout: Layout, variables: Variables, max_host_bytes: int) -> list[Room]:
    """Divide `max_host_bytes` among the clocks: half of it evenly, half as their rows are large.

    Raises
    ------
    SpikefaError
        If it is too little.
    """
    count = len(layout.clocks)
    sizes = [1 + Stage.row_bytes(layout.channels_of(n), variables) for n in range(count)]
    rooms = []
    for number, (clock, size) in enumerate(zip(layout.clocks, sizes, strict=True)):
        numerator, denominator = sum(sizes) + count * size, 2 * count * sum(sizes)
        share = max_host_bytes * numerator // denominator
        room = plan_room(layout.channels_of(number), variables, clock, share)
        if isinstance(room, int):
            needed = -(-room * denominator // numerator)
            raise SpikefaError(
                f"max_host_bytes is {max_host_bytes}, and not even two steps of this recording "
                f"find room in it: give {needed} or more, or record fewer units"
                f"{' or less of what comes before a trigger' if clock.triggers else ''}"
            )
        rooms.append(room)
    return rooms
