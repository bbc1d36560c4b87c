"""Which rows are written, if triggers have a say: decided on the host, behind the simulation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spikefa.recording.format.schema import FIRING, STIMULUS, row_shape
from spikefa.recording.plan.clocks import Clock
from spikefa.recording.plan.probes import Channel
from spikefa.recording.plan.triggers import Trigger
from spikefa.recording.write.blocks import Block
from spikefa.recording.write.flags import Flags


@dataclass
class Rows:
    """Rows of one clock, encoded as the file holds them.

    Attributes
    ----------
    stimulus : ndarray of STIMULUS, shape [k]
    wanted : ndarray of bool, shape [k]
        Whether a window wants them.
    values : list of ndarray, each [k, ...]
        One per channel.
    """

    stimulus: np.ndarray
    wanted: np.ndarray
    values: list[np.ndarray]

    @classmethod
    def none(cls, channels: Sequence[Channel]) -> "Rows":
        """Return no rows."""
        shapes = map(row_shape, channels)
        values = [np.zeros((0, *shape), dtype) for shape, dtype in shapes]
        return cls(np.zeros(0, STIMULUS), np.zeros(0, bool), values)

    @property
    def steps(self) -> np.ndarray:
        """The step of each, int64 [k]."""
        return self.stimulus["step"].astype(np.int64)

    def part(self, which: slice | np.ndarray) -> "Rows":
        """Return some of them."""
        values = [each[which] for each in self.values]
        return Rows(self.stimulus[which], self.wanted[which], values)

    def copy(self) -> "Rows":
        """Return them in memory of their own."""
        values = [each.copy() for each in self.values]
        return Rows(self.stimulus.copy(), self.wanted.copy(), values)

    def followed_by(self, others: "Rows") -> "Rows":
        """Return these rows and `others`."""
        if not len(self.stimulus):
            return others
        pairs = zip(self.values, others.values, strict=True)
        return Rows(
            np.concatenate([self.stimulus, others.stimulus]),
            np.concatenate([self.wanted, others.wanted]),
            [np.concatenate(pair) for pair in pairs],
        )


@dataclass
class Memory:
    """What a gate has to know to go on after a step as if nothing had come between.

    Attributes
    ----------
    next_step : int
        The step that comes next.
    rows : Rows
        Those of the last steps, from the first on of which it is open whether they are written.
    held : ndarray of bool, shape [triggers]
        Whether each predicate was true after the last step.
    """

    next_step: int
    rows: Rows
    held: np.ndarray


class _Shooter:
    """One trigger: when it fires, and around which steps it has."""

    def __init__(self, trigger: Trigger) -> None:
        self.trigger = trigger
        self.left = trigger.at_most
        self.held = False
        self._ready = 0
        self.stretches: list[tuple[int, int]] = []

    @property
    def before(self) -> int:
        """How far back a firing to come may reach."""
        return 0 if self.left == 0 else self.trigger.before

    def note(self, step: int) -> None:
        """Take note that it has fired after `step`."""
        start, stop = step - self.trigger.before, step + self.trigger.after + 1
        if self.stretches and start <= self.stretches[-1][1]:
            self.stretches[-1] = (self.stretches[-1][0], stop)
        else:
            self.stretches.append((start, stop))
        self._ready = step + self.trigger.hold_off + 1
        if self.left is not None:
            self.left -= 1

    def fire(self, steps: np.ndarray, holds: np.ndarray) -> list[int]:
        """Return the steps after which it fires, given where its predicate holds."""
        true = holds.copy()
        if self.trigger.edge:
            true[1:] &= ~holds[:-1]
            true[:1] &= not self.held
        self.held = bool(holds[-1])
        fired = []
        for step in steps[true].tolist():
            if step >= self._ready and self.left != 0:
                self.note(step)
                fired.append(step)
        return fired

    def forget(self, step: int) -> None:
        """Let go of what lies before `step`."""
        self.stretches = [each for each in self.stretches if each[1] > step]


class Gate:
    """Lets those rows of a clock pass that a window wants or a trigger has fired around.

    Rows that a trigger may still reach back to are kept, and whatever comes behind them waits, so
    that the rows of the file are in the order of their steps.

    Parameters
    ----------
    clock : Clock
    channels : sequence of Channel
        What a row holds.
    past : ndarray of FIRING
        Firings so far, if the recording is resumed.
    memory : Memory, optional
        What was remembered when it was interrupted.
    """

    def __init__(
        self, clock: Clock, channels: Sequence[Channel], past: np.ndarray, memory: Memory | None
    ) -> None:
        self._every = clock.every
        self._shooters = [_Shooter(trigger) for trigger in clock.triggers]
        self._waiting = Rows.none(channels) if memory is None else memory.rows
        self._next_step = 0 if memory is None else memory.next_step
        for step, trigger in past.tolist():
            self._shooters[trigger].note(step)
        if memory is not None:
            for shooter, held in zip(self._shooters, memory.held.tolist(), strict=True):
                shooter.held = held

    def admit(self, block: Block, flags: Flags) -> tuple[Rows, np.ndarray]:
        """Return the rows that can be written now, and the firings in the steps of `block`."""
        firings = self._fire(flags)
        new = Rows(block.stimulus[: block.count], flags.wanted[: block.count], block.arrays())
        rows = self._waiting.followed_by(new)
        kept = self._kept(rows)
        reach = max(shooter.before for shooter in self._shooters)
        open_ = np.flatnonzero(~kept & (rows.steps >= self._next_step - reach))
        first = int(open_[0]) if len(open_) else len(kept)
        self._waiting = rows.part(slice(first, None)).copy()
        self._forget()
        through = slice(0, first) if kept[:first].all() else np.flatnonzero(kept[:first])
        return rows.part(through), firings

    def finish(self) -> Rows:
        """Return the rows that still wait to be written, there being no more to come."""
        return self._waiting.part(np.flatnonzero(self._kept(self._waiting)))

    def memory(self) -> Memory:
        """Return what a later run has to know to go on from here."""
        held = np.array([shooter.held for shooter in self._shooters])
        return Memory(self._next_step, self._waiting, held)

    def _fire(self, flags: Flags) -> np.ndarray:
        steps, holds = flags.steps[: flags.count], flags.holds()
        if not len(steps):
            return np.zeros(0, FIRING)
        self._next_step = int(steps[-1]) + 1
        fired = [
            (step, number)
            for number, shooter in enumerate(self._shooters)
            for step in shooter.fire(steps, holds[:, number])
        ]
        return np.array(sorted(fired), FIRING)

    def _kept(self, rows: Rows) -> np.ndarray:
        """Return which rows are wanted by a window or by what has fired so far, bool [k]."""
        steps = rows.steps
        near = np.zeros(len(steps), bool)
        for shooter in self._shooters:
            for start, stop in shooter.stretches:
                near[slice(*np.searchsorted(steps, (start, stop)))] = True
        return rows.wanted | (near & (steps % self._every == 0))

    def _forget(self) -> None:
        waiting = self._waiting.steps
        first = int(waiting[0]) if len(waiting) else self._next_step
        for shooter in self._shooters:
            shooter.forget(first)
