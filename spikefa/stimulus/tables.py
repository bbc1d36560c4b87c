"""Inputs that change at every step, kept on the device: as events, or as frames.

Row ``item * steps + step`` of a table is the activity of an item in a step. The rows are written by
operations whose shapes do not depend on data, so a CUDA graph can hold them.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from spikefa.errors import require
from spikefa.stimulus.binning import Binned
from spikefa.stimulus.items import pick
from spikefa.utils.numbers import shown
from spikefa.utils.tensors import CONSTANT


@dataclass
class EventTable:
    """The units that spike in each row, one after the other: two bytes a spike, or four.

    This is smaller than one bit for every unit wherever fewer than one unit in 16 spikes. All rows
    are written alike, as if they had as many spikes as the fullest one: the last spike of a row is
    written again and again, and a row without spikes writes 0 for some unit.

    Attributes
    ----------
    units : int16 or int32 Tensor [spikes]
    counts : uint8 Tensor [spikes], or None
        What is written for each spike; 1 by default.
    first, beyond : int64 Tensor [rows]
        Where each row begins, and where the next one does.
    rank : int64 Tensor [most]
        0, 1, 2, ..., for the spikes of the fullest row.
    begin, end, filled, place, unit, index, count, value : Tensor
        Room for one step of all streams.
    """

    units: Tensor = field(metadata=CONSTANT)
    counts: Tensor | None = field(metadata=CONSTANT)
    first: Tensor = field(metadata=CONSTANT)
    beyond: Tensor = field(metadata=CONSTANT)
    rank: Tensor = field(metadata=CONSTANT)
    begin: Tensor = field(metadata=CONSTANT)
    end: Tensor = field(metadata=CONSTANT)
    filled: Tensor = field(metadata=CONSTANT)
    place: Tensor = field(metadata=CONSTANT)
    unit: Tensor = field(metadata=CONSTANT)
    index: Tensor = field(metadata=CONSTANT)
    count: Tensor = field(metadata=CONSTANT)
    value: Tensor = field(metadata=CONSTANT)

    @classmethod
    def of(
        cls, spikes: Binned, streams: int, device: torch.device, dtype: torch.dtype
    ) -> "EventTable":
        """Return the table on a device, with room for the rows of some streams."""

        def room(*shape: int, dtype: torch.dtype = torch.int64) -> Tensor:
            return torch.zeros(shape, device=device, dtype=dtype)

        def table(array: NDArray[Any]) -> Tensor:
            some = array if len(array) else np.zeros(1, array.dtype)  # without any spike
            return torch.as_tensor(some).to(device)

        most, units = max(1, spikes.most), table(spikes.units)
        starts = torch.as_tensor(spikes.starts).to(device)
        counted = 0 if spikes.counts is None else most
        return cls(
            units=units,
            counts=None if spikes.counts is None else table(spikes.counts),
            first=starts[:-1],
            beyond=starts[1:],
            rank=torch.arange(most, device=device),
            begin=room(streams),
            end=room(streams),
            filled=room(streams, dtype=dtype),
            place=room(streams, most),
            unit=room(streams * most, dtype=units.dtype),
            index=room(streams, most),
            count=room(streams * counted, dtype=torch.uint8),
            value=room(streams, counted, dtype=dtype),
        )

    def write(self, row: Tensor, out: Tensor) -> None:
        """Write the activity of one row for each stream to `out` [streams, n]."""
        torch.index_select(self.first, 0, row, out=self.begin)
        torch.index_select(self.beyond, 0, row, out=self.end)
        torch.gt(self.end, self.begin, out=self.filled)
        torch.add(self.begin.unsqueeze(1), self.rank, out=self.place)
        self.end.sub_(1)
        torch.minimum(self.place, self.end.unsqueeze(1), out=self.place).clamp_(min=0)
        torch.index_select(self.units, 0, self.place.view(-1), out=self.unit)
        self.index.copy_(self.unit.view_as(self.index))
        out.zero_().scatter_(1, self.index, self._values())

    def _values(self) -> Tensor:
        """Return what is written for each spike, [streams, most]."""
        filled = self.filled.unsqueeze(1)
        if self.counts is None:
            return filled.expand_as(self.index)
        torch.index_select(self.counts, 0, self.place.view(-1), out=self.count)
        return torch.mul(self.count.view_as(self.value), filled, out=self.value)


@dataclass
class FrameTable:
    """The activity of all units in each row.

    Attributes
    ----------
    frames : Tensor [rows, n]
    shown : Tensor [streams, n]
        Room for one step.
    """

    frames: Tensor = field(metadata=CONSTANT)
    shown: Tensor = field(metadata=CONSTANT)

    @classmethod
    def of(cls, activity: NDArray[Any], streams: int, device: torch.device) -> "FrameTable":
        """Return the table of frames [samples, steps, n] on a device."""
        frames = torch.as_tensor(activity).flatten(0, 1).to(device)
        return cls(frames, frames.new_zeros(streams, frames.shape[1]))

    def write(self, row: Tensor, out: Tensor) -> None:
        """Write the activity of one row for each stream to `out` [streams, n]."""
        pick(self.frames, row, self.shown)
        out.copy_(self.shown)


Table = EventTable | FrameTable


def target_array(given: Any, samples: int, steps: int) -> NDArray[Any]:
    """Return targets [samples, steps, n_outputs] as an array of floating-point numbers.

    Raises
    ------
    SpikefaError
        If they are of another shape, or hold NaN or infinity.
    """
    array = given.numpy(force=True) if isinstance(given, Tensor) else given
    fits = isinstance(array, np.ndarray) and array.ndim == 3 and array.dtype.kind in "iuf"
    require(
        fits and array.shape[:2] == (samples, steps),
        f"targets are {shown(given)}: give numbers of shape ({samples}, {steps}, n_outputs), one "
        "for each sample, step and output neuron",
    )
    require(bool(np.isfinite(array).all()), "some targets are NaN or infinite: give numbers")
    return array if array.dtype == np.float64 else array.astype(np.float32)
