"""The firings of triggers in a file, and what is remembered there for a run that is resumed."""

from collections.abc import Mapping, Sequence

import h5py
import numpy as np

from spikefa.errors import require
from spikefa.recording.format.schema import clock_path, row_shape
from spikefa.recording.format.trigger_tables import SLOTS
from spikefa.recording.plan.probes import Channel
from spikefa.recording.write.sinks import put
from spikefa.recording.write.trigger_filter import Memory, Rows


class FiringLog:
    """The firings of the triggers of one clock, and the memory of its gate, in an open file.

    Parameters
    ----------
    file : h5py.File
    number : int
        Of the clock.
    channels : sequence of Channel
        Those of this clock.

    Attributes
    ----------
    count : int
        Firings committed.
    """

    def __init__(self, file: h5py.File, number: int, channels: Sequence[Channel]) -> None:
        self._channels = tuple(channels)
        self._firings = file[clock_path(number, "firings")]
        self._committed = file[clock_path(number, "committed_firings")]
        history = file[clock_path(number, "history")]
        self._history = {name: history[name] for name in history}
        self.count = int(self._committed[0])

    def put(self, firings: np.ndarray) -> None:
        """Write firings behind those that are committed."""
        if len(firings):
            put(self._firings, self.count, firings)

    def commit(self, firings: np.ndarray) -> None:
        """Count them."""
        if len(firings):
            self.count += len(firings)
            self._committed[0] = self.count

    def past(self) -> np.ndarray:
        """Return the committed firings, FIRING [n]."""
        return np.asarray(self._firings[: self.count])

    def begin(self, memory: Memory) -> int | None:
        """Write a memory in place of the older one, not to be trusted yet; return its slot.

        None if the file has this very memory.
        """
        known = self._history["next_step"][:]
        if memory.next_step in known or memory.next_step == 0:
            return None
        slot = int(known.argmin())
        self._history["next_step"][slot] = 0
        count = len(memory.rows.stimulus)
        self._history["count"][slot] = count
        self._history["held"][slot] = memory.held
        if count:
            self._history["stimulus"][slot, :count] = memory.rows.stimulus
            self._history["wanted"][slot, :count] = memory.rows.wanted
            self._history["rows"][slot, :count] = _as_bytes(memory.rows, self._channels)
        return slot

    def trust(self, slot: int, memory: Memory) -> None:
        """Let readers trust it."""
        self._history["next_step"][slot] = memory.next_step

    def memories(self) -> list[Memory]:
        """Return what was remembered, in the order of the steps."""
        return read_memories(self._history, self._channels)

    def newest(self) -> Memory | None:
        """Return what was remembered last, if anything was."""
        return next(reversed(self.memories()), None)

    def objects(self) -> list[h5py.Dataset]:
        """Return every dataset held open."""
        return [self._firings, self._committed, *self._history.values()]


def read_memories(history: Mapping[str, h5py.Dataset], channels: Sequence[Channel]) -> list[Memory]:
    """Return what a file remembers for the gate of one clock, in the order of the steps."""
    found = []
    for slot in range(SLOTS):
        count = int(history["count"][slot])
        require(count <= history["rows"].shape[1], "it remembers more rows than it can hold")
        if history["next_step"][slot]:
            rows = Rows(
                history["stimulus"][slot, :count],
                history["wanted"][slot, :count].astype(bool),
                _from_bytes(history["rows"][slot, :count], channels),
            )
            held = history["held"][slot].astype(bool)
            found.append(Memory(int(history["next_step"][slot]), rows, held))
    return sorted(found, key=lambda memory: memory.next_step)


def memory_at(memories: Sequence[Memory], step: int) -> Memory | None:
    """Return what can be remembered before `step` comes; None if nothing.

    That of `step` itself, or else of a later one: the rows before `step` are the same. Whether the
    predicates held is then not known, and taken for no.
    """
    for memory in memories:
        if memory.next_step == step:
            return memory
        if memory.next_step > step:
            rows = memory.rows.part(memory.rows.steps < step)
            return Memory(step, rows, np.zeros_like(memory.held))
    return None


def cut_at(memories: Sequence[Memory], step: int) -> int:
    """Return from which step on the rows of a file are to be dropped if `step` comes next.

    Rows that waited for a trigger when the file was closed are in its memory. They go back to where
    they waited, for there may be earlier ones to write before them.
    """
    memory = memory_at(memories, step)
    if memory is None or not len(memory.rows.stimulus):
        return step
    return min(step, int(memory.rows.steps[0]))


def _as_bytes(rows: Rows, channels: Sequence[Channel]) -> np.ndarray:
    """Return rows with the bytes of all channels one behind the other, u1 [k, row_bytes]."""
    count = len(rows.stimulus)
    ordered = [np.ascontiguousarray(rows.values[place]) for place in _order(channels)]
    parts = [each.reshape(count, -1).view("u1") for each in ordered]
    return np.concatenate(parts, axis=1) if parts else np.zeros((count, 1), "u1")


def _from_bytes(rows: np.ndarray, channels: Sequence[Channel]) -> list[np.ndarray]:
    """Undo `_as_bytes`."""
    values, start = [np.empty(0)] * len(channels), 0
    for place in _order(channels):
        shape, dtype = row_shape(channels[place])
        stop = start + np.dtype(dtype).itemsize * int(np.prod(shape))
        part = np.ascontiguousarray(rows[:, start:stop]).view(dtype)
        values[place] = part.reshape(len(rows), *shape)
        start = stop
    return values


def _order(channels: Sequence[Channel]) -> list[int]:
    """Return the places of `channels` by name: a file has them in another order than its maker."""
    names = [(channel.population, channel.variable) for channel in channels]
    return sorted(range(len(names)), key=names.__getitem__)
