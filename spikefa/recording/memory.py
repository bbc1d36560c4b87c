"""How much room a recorder may take, and what it uses it for."""

from collections.abc import Sequence
from dataclasses import dataclass

from spikefa.errors import require
from spikefa.recording.blocks import Block
from spikefa.recording.probes import Channel, Variables
from spikefa.recording.schema import CHUNK_ROWS
from spikefa.recording.stage import Stage
from spikefa.recording.windows import Window

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
    channels: Sequence[Channel],
    variables: Variables,
    windows: Sequence[Window],
    max_host_bytes: int,
) -> Room:
    """Divide `max_host_bytes` among stage (a quarter) and blocks.

    Parameters
    ----------
    channels, variables
        What a row holds, and where it is taken from.
    windows : sequence of Window
        No block is longer than the longest of them.
    max_host_bytes : int
        A stage on a GPU is counted too, though it takes none of this.

    Raises
    ------
    SpikefaError
        If not even two blocks of one row find room.
    """
    raw, encoded = Stage.row_bytes(channels, variables), Block.row_bytes(channels)
    needed = max(4 * raw, -(-4 * 2 * encoded // 3))
    require(
        max_host_bytes >= needed,
        f"max_host_bytes is {max_host_bytes}, and a step of this recording takes {raw + encoded} "
        f"bytes: give {needed} or more, or record fewer units",
    )
    for_blocks = max_host_bytes - max_host_bytes // 4
    longest = max(window.stop - window.start for window in windows)
    rows = min(CHUNK_ROWS, longest, for_blocks // (2 * encoded))
    slots = min(STAGE_SLOTS, rows, max_host_bytes // 4 // raw)
    return Room(slots, rows, for_blocks // (rows * encoded))
