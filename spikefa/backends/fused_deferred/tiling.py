"""How the kernels are cut into programs: one table, to be tuned on a GPU.

``python -m spikefa.backends.fused_deferred.tune`` prints times of each kernel for the choices next
to those of the table. Numbers of neurons and rows of a tile are powers of two, 16 to 128 where the
matrix units multiply; `stages` is the depth of the pipeline that loads tiles ahead.
"""

from typing import NamedTuple

import triton


class TransmitTiles(NamedTuple):
    """For `many.transmit`: a product of `parts` parts, and overlaps."""

    streams: int = 128
    pre: int = 64
    post: int = 32
    earlier: int = 32
    parts: int = 3
    warps: int = 4
    stages: int = 4


class ArriveTiles(NamedTuple):
    """For `many.arrive_spikes` and `many.arrive_errors`."""

    streams: int = 32
    post: int = 32
    earlier: int = 64
    warps: int = 4
    stages: int = 2


class LearnTiles(NamedTuple):
    """For `many.learn`, which must not be pipelined, see there."""

    pre: int = 128
    post: int = 64
    rows: int = 64
    warps: int = 8
    stages: int = 1


class DriveTiles(NamedTuple):
    """For `one.drive_spikes` and `one.drive_errors`.

    All rows of a tile are asked for at once, so that `pre` is large. Before a kernel waits for the
    one before, it fetches `early` rows, if it is launched that early.
    """

    pre: int = 512
    post: int = 16
    earlier: int = 8
    early: int = 512
    warps: int = 8
    stages: int = 1


class LearnOneTiles(NamedTuple):
    """For `one.learn_one`."""

    pre: int = 32
    post: int = 128
    warps: int = 4
    stages: int = 1


class Tiles(NamedTuple):
    """Tiles of all kernels."""

    transmit: TransmitTiles = TransmitTiles()
    arrive: ArriveTiles = ArriveTiles()
    learn: LearnTiles = LearnTiles()
    drive: DriveTiles = DriveTiles()
    learn_one: LearnOneTiles = LearnOneTiles()

    def for_launch(self, dependent: bool) -> "Tiles":
        """Return these tiles; unless kernels are launched early, nothing is fetched early."""
        return self if dependent else self._replace(drive=self.drive._replace(early=0))

    def for_batch(self, batch: int) -> "Tiles":
        """Return these tiles, no higher than a small batch needs."""
        most = max(16, triton.next_power_of_2(batch))
        return self._replace(
            transmit=self.transmit._replace(streams=min(most, self.transmit.streams)),
            arrive=self.arrive._replace(streams=min(most, self.arrive.streams)),
        )


TABLE = {
    "float32": Tiles(
        TransmitTiles(streams=64, pre=32, stages=2, warps=8),
        learn=LearnTiles(pre=64, post=64, rows=32),
        drive=DriveTiles(post=8),
    ),
    "float16": Tiles(),
}
"""By the type of the factors. The choices have not been timed; they fit into registers."""

MOST_ROWS = 1024
"""Streams times steps after which weights are written at the latest."""


def steps_between_writes(batch: int, steps: int) -> int:
    """Return for how many steps of a presentation the weights stand still."""
    return max(1, min(steps, MOST_ROWS // batch))
