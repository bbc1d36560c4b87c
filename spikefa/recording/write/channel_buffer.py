"""The newest rows of one channel, raw, on the device."""

import torch
from torch import Tensor

from spikefa.recording.plan.channels import Channel
from spikefa.recording.plan.variables import Variables, source_of, state_of
from spikefa.utils.packing import BitPacker, not_binary, unpack

NARROW = 4096
"""Sources with at most this many elements are kept whole, and units selected block by block."""


class ChannelBuffer:
    """The newest rows of one channel, on the device of its source.

    Parameters
    ----------
    channel : Channel
    variables : mapping
        The state, updated in place by the simulation.
    slots : int
        Rows that it can hold.

    Attributes
    ----------
    source : Tensor
        The state that rows are copied from; of a computed variable, an example.
    rows : Tensor [slots, ...]
    is_packed : bool
        Whether the source holds spikes as bits.
    """

    def __init__(self, channel: Channel, variables: Variables, slots: int) -> None:
        source = source_of(variables, channel.population, channel.variable)
        self._compute = None if isinstance(source, Tensor) else source
        self._channel = channel
        example = _example(channel, variables)
        size = example.shape[-1]
        packed = _packed(channel, variables)
        self.is_packed = packed is not None
        self.source = example if packed is None else packed
        self._gathered = not self.is_packed and _is_gathered(channel, size)
        self._units = torch.as_tensor(channel.units, device=self.source.device)
        self._chosen = not self._gathered and len(channel.units) < size
        width = len(channel.units) if self._gathered else self.source.shape[-1]
        shape = (slots, *self.source.shape[:-1], width)
        self.rows = torch.empty(shape, dtype=self.source.dtype, device=self.source.device)
        self._packer = BitPacker(example.dtype, example.device)

    @property
    def is_computed(self) -> bool:
        """Whether the variable is computed when a row is taken."""
        return self._compute is not None

    @property
    def is_copied(self) -> bool:
        """Whether a row is a plain copy of the source, which needs no `take`."""
        return not self._gathered and self._compute is None

    @staticmethod
    def row_bytes(channel: Channel, variables: Variables) -> int:
        """Return the memory that one row takes."""
        packed = _packed(channel, variables)
        if packed is not None:
            return packed.numel()
        source = _example(channel, variables)
        size, elements = source.shape[-1], source.numel()
        if _is_gathered(channel, size):
            elements = elements // size * len(channel.units)
        return elements * source.element_size()

    def take(self, slot: int) -> None:
        """Keep the present values of a variable that is computed or wide."""
        if self._compute is None:
            torch.index_select(self.source, -1, self._units, out=self.rows[slot])
            return
        now = _streams(self._channel, self._compute())
        self.rows[slot].copy_(now.index_select(-1, self._units) if self._gathered else now)

    def drain(self, count: int, values: Tensor, invalid: Tensor) -> None:
        """Start to copy the first `count` rows, encoded, to the host."""
        rows = self.rows[:count]
        if self.is_packed:
            bits = self._packer.pack(unpack(rows, self._units)) if self._chosen else rows
            values.copy_(bits, non_blocking=True)
            invalid.zero_()  # a bit is 0 or 1
            return
        if self._chosen:
            rows = rows.index_select(-1, self._units)
        if self._channel.variable == "spikes":
            values.copy_(self._packer.pack(rows), non_blocking=True)
            invalid.copy_(not_binary(rows), non_blocking=True)
        else:
            values.copy_(rows.to(torch.float32), non_blocking=True)


def _example(channel: Channel, variables: Variables) -> Tensor:
    """Return the present state that a row is taken from."""
    state = state_of(variables, channel.population, channel.variable).detach()
    return _streams(channel, state)


def _packed(channel: Channel, variables: Variables) -> Tensor | None:
    """Return the spikes of all neurons as bits, if the simulation offers them; see `BitPacker`."""
    if channel.variable != "spikes":
        return None
    bits = variables[channel.population].get("packed_spikes")
    return _streams(channel, bits) if isinstance(bits, Tensor) else None


def _streams(channel: Channel, state: Tensor) -> Tensor:
    return state if channel.batch else state[channel.stream]


def _is_gathered(channel: Channel, size: int) -> bool:
    """Return whether units are selected when a row is taken, rather than block by block."""
    return len(channel.units) < size and size > NARROW
