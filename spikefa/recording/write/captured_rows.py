"""Rows kept inside a captured piece of work, from which the recorder chooses afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass

from spikefa.recording.plan.channels import Channel
from spikefa.recording.plan.variables import Variables
from spikefa.recording.write.ring_buffer import RingBuffer


class CapturedRows:
    """The state after each step of a presentation, on the device.

    `keep` does the same work at every call, so it can be captured in a CUDA graph together with the
    steps. `row` names one of the rows for `Recorder.observe`.

    Parameters
    ----------
    clocks : sequence of sequence of Channel
        The channels of each clock.
    variables : mapping
        The state, updated in place by the simulation.
    steps : int
        Steps of a presentation.

    Attributes
    ----------
    steps : int
    """

    def __init__(
        self, clocks: Sequence[Sequence[Channel]], variables: Variables, steps: int
    ) -> None:
        self.steps = steps
        self._buffers = [RingBuffer(channels, variables, steps) for channels in clocks]

    def keep(self, n: int) -> None:
        """Keep the present state, which is that after step `n` of the presentation, from 0."""
        for buffer in self._buffers:
            buffer.take(n)

    def row(self, n: int) -> "CapturedRow":
        """Return the row that `keep` was called for with `n`."""
        return CapturedRow(self, n)

    def copy(self, n: int, clock: int, into: RingBuffer, slot: int) -> None:
        """Copy row `n` of a clock into a slot of another buffer."""
        into.copy(slot, self._buffers[clock], n)


@dataclass(frozen=True)
class CapturedRow:
    """One of some captured rows.

    Attributes
    ----------
    rows : CapturedRows
    n : int
        The step of the presentation, from 0.
    """

    rows: CapturedRows
    n: int

    def copy(self, clock: int, into: RingBuffer, slot: int) -> None:
        """Copy the row of a clock into a slot of another buffer."""
        self.rows.copy(self.n, clock, into, slot)
