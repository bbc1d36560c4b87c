"""What a file remembers of undecided rows, so that a recording with triggers can be resumed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import h5py
import numpy as np

from spikefa.errors import require
from spikefa.recording.format.row_batch import RowBatch
from spikefa.recording.format.schema import row_shape
from spikefa.recording.format.trigger_tables import SLOTS
from spikefa.recording.plan.channels import Channel


@dataclass(frozen=True)
class TriggerMemory:
    """The state of the triggers of one clock between two steps.

    Attributes
    ----------
    next_step : int
        The step that comes next.
    rows : RowBatch
        The last rows, from the first undecided one on.
    held : ndarray of bool, shape [triggers]
        Whether each predicate was true after the last step.
    """

    next_step: int
    rows: RowBatch
    held: np.ndarray


def read_memories(
    history: Mapping[str, h5py.Dataset], channels: Sequence[Channel]
) -> list[TriggerMemory]:
    """Return the memories in a file for one clock, in the order of the steps."""
    found = []
    for slot in range(SLOTS):
        count = int(history["count"][slot])
        require(count <= history["rows"].shape[1], "it remembers more rows than it can hold")
        if history["next_step"][slot]:
            rows = RowBatch(
                history["stimulus"][slot, :count],
                history["wanted"][slot, :count].astype(bool),
                _from_bytes(history["rows"][slot, :count], channels),
            )
            held = history["held"][slot].astype(bool)
            found.append(TriggerMemory(int(history["next_step"][slot]), rows, held))
    return sorted(found, key=lambda memory: memory.next_step)


def memory_at(memories: Sequence[TriggerMemory], step: int) -> TriggerMemory | None:
    """Return the memory for a run that resumes at `step`; None if there is none.

    A memory of a later step serves too: the rows before `step` are the same. Whether the predicates
    held is then unknown, and taken as False.
    """
    for memory in memories:
        if memory.next_step == step:
            return memory
        if memory.next_step > step:
            rows = memory.rows.part(memory.rows.steps < step)
            return TriggerMemory(step, rows, np.zeros_like(memory.held))
    return None


def cut_at(memories: Sequence[TriggerMemory], step: int) -> int:
    """Return the first step whose row has to be dropped if the run resumes at `step`.

    Rows that waited for a trigger when the file was closed are in its memory. They have to wait
    again, because earlier rows may still be written before them.
    """
    memory = memory_at(memories, step)
    if memory is None or not len(memory.rows):
        return step
    return min(step, int(memory.rows.steps[0]))


def as_bytes(rows: RowBatch, channels: Sequence[Channel]) -> np.ndarray:
    """Return rows with the bytes of all channels concatenated, u1 [k, row_bytes]."""
    count = len(rows)
    ordered = [np.ascontiguousarray(rows.values[place]) for place in _order(channels)]
    parts = [each.reshape(count, -1).view("u1") for each in ordered]
    return np.concatenate(parts, axis=1) if parts else np.zeros((count, 1), "u1")


def _from_bytes(rows: np.ndarray, channels: Sequence[Channel]) -> list[np.ndarray]:
    """Return the values of each channel; the inverse of `as_bytes`."""
    values, start = [np.empty(0)] * len(channels), 0
    for place in _order(channels):
        shape, dtype = row_shape(channels[place])
        stop = start + np.dtype(dtype).itemsize * int(np.prod(shape))
        part = np.ascontiguousarray(rows[:, start:stop]).view(dtype)
        values[place] = part.reshape(len(rows), *shape)
        start = stop
    return values


def _order(channels: Sequence[Channel]) -> list[int]:
    """Return the places of `channels` in the order of their names.

    Channels read from a file are in another order than when it was made.
    """
    names = [(channel.population, channel.variable) for channel in channels]
    return sorted(range(len(names)), key=names.__getitem__)
