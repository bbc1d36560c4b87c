"""The firings and the memory of the triggers of one clock in the open file."""

from collections.abc import Sequence

import h5py
import numpy as np

from spikefa.recording.format.schema import clock_path
from spikefa.recording.format.trigger_memory import TriggerMemory, as_bytes, read_memories
from spikefa.recording.plan.channels import Channel
from spikefa.recording.write.sinks import put


class FiringLog:
    """The firings of the triggers of one clock, and the memory of its filter, in an open file.

    Parameters
    ----------
    file : h5py.File
    number : int
        The number of the clock.
    channels : sequence of Channel
        The channels of this clock.

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

    def begin(self, memory: TriggerMemory) -> int | None:
        """Write a memory over the older one, not to be trusted yet; return its slot.

        None if the file has this memory already.
        """
        known = self._history["next_step"][:]
        if memory.next_step in known or memory.next_step == 0:
            return None
        slot = int(known.argmin())
        self._history["next_step"][slot] = 0
        count = len(memory.rows)
        self._history["count"][slot] = count
        self._history["held"][slot] = memory.held
        if count:
            self._history["stimulus"][slot, :count] = memory.rows.stimulus
            self._history["wanted"][slot, :count] = memory.rows.wanted
            self._history["rows"][slot, :count] = as_bytes(memory.rows, self._channels)
        return slot

    def trust(self, slot: int, memory: TriggerMemory) -> None:
        """Let readers trust the memory in a slot."""
        self._history["next_step"][slot] = memory.next_step

    def newest(self) -> TriggerMemory | None:
        """Return the newest memory, if there is one."""
        return next(reversed(read_memories(self._history, self._channels)), None)

    def objects(self) -> list[h5py.Dataset]:
        """Return every dataset held open."""
        return [self._firings, self._committed, *self._history.values()]
