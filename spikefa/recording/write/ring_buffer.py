"""The newest rows, raw, on the device of the network that they are taken from."""

from collections.abc import Sequence

import torch
from torch import Tensor

from spikefa.recording.plan.probes import Channel, Variables, source_of, state_of
from spikefa.recording.write.blocks import Block
from spikefa.utils.packing import BitPacker, not_binary, unpack

NARROW = 4096
"""Sources up to so many elements are staged whole and thinned out later, block by block."""


class Stage:
    """A ring of rows on the device, in memory that is there already.

    `take` copies the present state of all channels into one slot: on a GPU one fused kernel for all
    that are narrow, and one for each of the others. Nothing is allocated (but by what a computed
    variable computes), nothing is waited for.
    `drain` packs many rows at a time and starts their copy to the host. Spikes that whatever steps
    the network has packed already are taken as they are.

    Parameters
    ----------
    channels : sequence of Channel
        What a row holds.
    variables : mapping
        The state, updated in place by the simulation.
    slots : int
        Rows that it can hold.

    Attributes
    ----------
    slots : int
    landed : tuple of Stage and int, or None
        If rows are not to be taken from the present state: another stage of the same channels, and
        which of its slots.
    """

    def __init__(self, channels: Sequence[Channel], variables: Variables, slots: int) -> None:
        self.slots = slots
        self.landed: tuple[Stage, int] | None = None
        self._channels = [_Staged(channel, variables, slots) for channel in channels]
        whole = [s for s in self._channels if not s.gathered and s.compute is None]
        self._sources = [
            [staged.source for staged in whole if staged.packed == packed]
            for packed in (False, True)  # of one type each, for one kernel each
        ]
        self._targets = [
            [
                [staged.rows[slot] for staged in whole if staged.packed == packed]
                for packed in (False, True)
            ]
            for slot in range(slots)
        ]
        self._others = [s for s in self._channels if s.gathered or s.compute is not None]
        self._devices = {staged.source.device for staged in self._channels if staged.source.is_cuda}

    @property
    def is_cuda(self) -> bool:
        """Whether rows come from a GPU."""
        return bool(self._devices)

    @property
    def computes(self) -> bool:
        """Whether something of a row has to be computed when it is taken."""
        return any(staged.compute is not None for staged in self._others)

    @staticmethod
    def row_bytes(channels: Sequence[Channel], variables: Variables) -> int:
        """Return the memory that one slot takes."""
        return sum(_Staged.row_bytes(channel, variables) for channel in channels)

    def take(self, slot: int) -> None:
        """Keep the present state in `slot`, or what has `landed`."""
        if self.landed is not None:
            self._copy(slot, *self.landed)
            return
        _copy_all(self._targets[slot], self._sources)
        for staged in self._others:
            staged.take(slot)

    def _copy(self, slot: int, other: "Stage", row: int) -> None:
        """Keep in `slot` what another stage has in `row`."""
        _copy_all(self._targets[slot], other._targets[row])
        for mine, its in zip(self._others, other._others, strict=True):
            mine.rows[slot].copy_(its.rows[row])

    def drain(self, block: Block) -> None:
        """Start to copy to `block` the rows that it has not yet; doing it twice is safe."""
        rows = slice(block.count, block.taken)
        for staged, values, invalid in zip(
            self._channels, block.values, block.invalid, strict=True
        ):
            staged.drain(rows.stop - rows.start, values[rows], invalid[rows])
        block.mark(self._devices)
        block.count = block.taken


class _Staged:
    """The rows of one channel."""

    def __init__(self, channel: Channel, variables: Variables, slots: int) -> None:
        source = source_of(variables, channel.population, channel.variable)
        self.compute = None if isinstance(source, Tensor) else source
        self._channel = channel
        example = _example(channel, variables)
        size = example.shape[-1]
        packed = _packed(channel, variables)
        self.packed = packed is not None
        self.source = example if packed is None else packed
        self.gathered = not self.packed and _is_gathered(channel, size)
        self.units = torch.as_tensor(channel.units, device=self.source.device)
        self._chosen = not self.gathered and len(channel.units) < size
        width = len(channel.units) if self.gathered else self.source.shape[-1]
        shape = (slots, *self.source.shape[:-1], width)
        self.rows = torch.empty(shape, dtype=self.source.dtype, device=self.source.device)
        self._packer = BitPacker(example.dtype, example.device)

    @staticmethod
    def row_bytes(channel: Channel, variables: Variables) -> int:
        packed = _packed(channel, variables)
        if packed is not None:
            return packed.numel()
        source = _example(channel, variables)
        size, elements = source.shape[-1], source.numel()
        if _is_gathered(channel, size):
            elements = elements // size * len(channel.units)
        return elements * source.element_size()

    def take(self, slot: int) -> None:
        """Keep the present values of what is computed, or wide."""
        if self.compute is None:
            torch.index_select(self.source, -1, self.units, out=self.rows[slot])
            return
        now = _streams(self._channel, self.compute())
        self.rows[slot].copy_(now.index_select(-1, self.units) if self.gathered else now)

    def drain(self, count: int, values: Tensor, invalid: Tensor) -> None:
        """Start to copy the first `count` rows, encoded, to the host."""
        rows = self.rows[:count]
        if self.packed:
            bits = self._packer.pack(unpack(rows, self.units)) if self._chosen else rows
            values.copy_(bits, non_blocking=True)
            invalid.zero_()  # a bit is 0 or 1
            return
        if self._chosen:
            rows = rows.index_select(-1, self.units)
        if self._channel.variable == "spikes":
            values.copy_(self._packer.pack(rows), non_blocking=True)
            invalid.copy_(not_binary(rows), non_blocking=True)
        else:
            values.copy_(rows.to(torch.float32), non_blocking=True)


def _copy_all(targets: Sequence[list[Tensor]], sources: Sequence[list[Tensor]]) -> None:
    """Copy the tensors of each list with one kernel."""
    for into, of in zip(targets, sources, strict=True):
        if of:
            torch._foreach_copy_(into, of)


def _example(channel: Channel, variables: Variables) -> Tensor:
    """Return what a row is taken from; if it is computed, as it is now."""
    state = state_of(variables, channel.population, channel.variable).detach()
    return _streams(channel, state)


def _packed(channel: Channel, variables: Variables) -> Tensor | None:
    """Return the spikes of all neurons as bits, if they are kept so; see `BitPacker`."""
    if channel.variable != "spikes":
        return None
    bits = variables[channel.population].get("packed_spikes")
    return _streams(channel, bits) if isinstance(bits, Tensor) else None


def _streams(channel: Channel, state: Tensor) -> Tensor:
    return state if channel.batch else state[channel.stream]


def _is_gathered(channel: Channel, size: int) -> bool:
    """Return whether the units are chosen when a row is taken, rather than block by block."""
    return len(channel.units) < size and size > NARROW
