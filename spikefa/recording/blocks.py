"""The rows of a recording that are in memory and not yet in the file."""

from collections.abc import Sequence

import numpy as np
import torch

from spikefa.recording.probes import Channel, Variables, state_of
from spikefa.recording.schema import STIMULUS


class RowBlock:
    """Room for some rows, on the device of what they are taken from.

    Taking a row is one gather per channel into memory that is there already: nothing is
    allocated and, on a GPU, nothing is waited for. `arrays` waits and copies.

    Parameters
    ----------
    channels : sequence of Channel
        What a row holds.
    variables : mapping
        The state, updated in place by the simulation.
    capacity : int
        Rows that it can hold.

    Attributes
    ----------
    count : int
        Rows that it holds.
    """

    def __init__(self, channels: Sequence[Channel], variables: Variables, capacity: int) -> None:
        self.capacity = capacity
        self.count = 0
        self._stimulus = np.zeros(capacity, STIMULUS)
        self._sources: list[torch.Tensor] = []
        self._units: list[torch.Tensor] = []
        self._rows: list[torch.Tensor] = []
        for channel in channels:
            state = state_of(variables, channel.population, channel.variable).detach()
            source = state[channel.stream]
            self._sources.append(source)
            self._units.append(torch.as_tensor(channel.units, device=source.device))
            shape = (capacity, len(channel.units))
            self._rows.append(torch.empty(shape, dtype=source.dtype, device=source.device))

    def take(self, step: int, image: int, label: int) -> None:
        """Add the present state as one row."""
        for source, units, rows in zip(self._sources, self._units, self._rows, strict=True):
            torch.index_select(source, 0, units, out=rows[self.count])
        self._stimulus[self.count] = (step, image, label)
        self.count += 1

    def arrays(self) -> tuple[np.ndarray, list[np.ndarray]]:
        """Return the stimulus [count] and, per channel, the values [count, n_units]."""
        values = [self._to_numpy(rows[: self.count]) for rows in self._rows]
        return self._stimulus[: self.count], values

    @staticmethod
    def _to_numpy(rows: torch.Tensor) -> np.ndarray:
        # bfloat16 has no counterpart in NumPy; float32 is what the file holds.
        return rows.to("cpu", torch.float32).numpy()
