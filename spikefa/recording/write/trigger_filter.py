"""Choose the rows that triggers want. It runs on the host, behind the simulation."""

import numpy as np

from spikefa.recording.format.row_batch import RowBatch
from spikefa.recording.format.schema import FIRING
from spikefa.recording.format.trigger_memory import TriggerMemory
from spikefa.recording.plan.clocks import Clock
from spikefa.recording.write.blocks import Block
from spikefa.recording.write.flags import Flags
from spikefa.recording.write.trigger_state import TriggerState


class TriggerFilter:
    """Passes the rows of a clock that a window wants, or that lie around a firing.

    Rows that a trigger may still reach back to are kept, and later rows wait behind them, so the
    rows in the file are in the order of their steps.

    Parameters
    ----------
    clock : Clock
    nothing : RowBatch
        Without rows.
    past : ndarray of FIRING
        Firings so far, if the recording is resumed.
    memory : TriggerMemory, optional
        The memory of an interrupted recording.
    """

    def __init__(
        self,
        clock: Clock,
        nothing: RowBatch,
        past: np.ndarray,
        memory: TriggerMemory | None,
    ) -> None:
        self._every = clock.every
        self._waiting = nothing if memory is None else memory.rows
        self._next_step = 0 if memory is None else memory.next_step
        held = [False] * len(clock.triggers) if memory is None else memory.held.tolist()
        self._states = [
            TriggerState(trigger, past["step"][past["trigger"] == number].tolist(), holds)
            for number, (trigger, holds) in enumerate(zip(clock.triggers, held, strict=True))
        ]

    def admit(self, block: Block, flags: Flags) -> tuple[RowBatch, np.ndarray]:
        """Return the rows that can be written now, and the firings in the steps of `block`."""
        firings = self._fire(flags)
        new = RowBatch(block.stimulus[: block.count], flags.wanted[: block.count], block.arrays())
        rows = self._waiting.followed_by(new)
        kept = self._kept(rows)
        reach = max(state.before for state in self._states)
        undecided = np.flatnonzero(~kept & (rows.steps >= self._next_step - reach))
        first = int(undecided[0]) if len(undecided) else len(kept)
        self._waiting = rows.part(slice(first, None)).copy()
        self._forget()
        through = slice(0, first) if kept[:first].all() else np.flatnonzero(kept[:first])
        return rows.part(through), firings

    def finish(self) -> RowBatch:
        """Return the waiting rows that are wanted, at the end of the recording."""
        return self._waiting.part(np.flatnonzero(self._kept(self._waiting)))

    def memory(self) -> TriggerMemory:
        """Return what a resumed recording needs to go on from here."""
        held = np.array([state.held for state in self._states])
        return TriggerMemory(self._next_step, self._waiting, held)

    def _fire(self, flags: Flags) -> np.ndarray:
        steps, holds = flags.steps[: flags.count], flags.holds()
        if not len(steps):
            return np.zeros(0, FIRING)
        self._next_step = int(steps[-1]) + 1
        fired = [
            (step, number)
            for number, state in enumerate(self._states)
            for step in state.fire(steps, holds[:, number])
        ]
        return np.array(sorted(fired), FIRING)

    def _kept(self, rows: RowBatch) -> np.ndarray:
        """Return which rows a window or a firing wants, bool [k]."""
        steps = rows.steps
        near = np.zeros(len(steps), bool)
        for state in self._states:
            for start, stop in state.stretches:
                near[slice(*np.searchsorted(steps, (start, stop)))] = True
        return rows.wanted | (near & (steps % self._every == 0))

    def _forget(self) -> None:
        waiting = self._waiting.steps
        first = int(waiting[0]) if len(waiting) else self._next_step
        for state in self._states:
            state.forget(first)
