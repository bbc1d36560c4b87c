"""The activity of one population, gathered from all ranks."""

from dataclasses import InitVar, dataclass, field

import torch
from torch import Tensor

from spikefa.distributed.ranks import Ranks
from spikefa.utils.packing import BitPacker


@dataclass(eq=False)
class Gathering:
    """Gathers the activity of a population, with one collective for each call of `gather`.

    Parameters
    ----------
    ranks : Ranks
    neurons : int
        Size of the whole population.
    own : Tensor [batch, n]
        An activity of this rank's neurons; its shape and type matter.
    spikes : bool
        Whether the activity is 0 or 1, and travels as packed bits.

    Attributes
    ----------
    whole : Tensor [batch, neurons]
        What was gathered last.
    """

    ranks: Ranks
    neurons: int
    own: InitVar[Tensor]
    spikes: bool = False
    whole: Tensor = field(init=False, repr=False)
    _packet: "_Floats | _Bits" = field(init=False, repr=False)

    def __post_init__(self, own: Tensor) -> None:
        self.whole = own.new_zeros(*own.shape[:-1], self.neurons)
        self._packet = (_Bits if self.spikes else _Floats)(self.ranks.parts(self.neurons), own)

    def gather(self, activity: Tensor) -> Tensor:
        """Return the activity of all neurons, [batch, neurons], given that of this rank's."""
        packet = self._packet
        if len(packet.each) == 1:  # all neurons are here
            self.whole = activity
            return activity
        packet.write(activity)
        each = packet.each.view(len(packet.each), -1)
        self.ranks.collectives.gather(packet.own.view(-1), each, "neurons")
        packet.read(self.whole)
        return self.whole


class _Floats:
    """Activity as it is, each rank's padded to the same width."""

    def __init__(self, parts: list[slice], own: Tensor):
        self.parts = parts
        room = max(part.stop - part.start for part in parts)
        self.own = own.new_zeros(*own.shape[:-1], room)
        self.each = own.new_zeros(len(parts), *self.own.shape)

    def write(self, activity: Tensor) -> None:
        self.own[..., : activity.shape[-1]].copy_(activity)

    def read(self, whole: Tensor) -> None:
        for part, found in zip(self.parts, self.each, strict=True):
            whole[..., part].copy_(found[..., : part.stop - part.start])


class _Bits:
    """Spikes, eight in a byte."""

    def __init__(self, parts: list[slice], own: Tensor):
        self.parts = parts
        room = max(-(-(part.stop - part.start) // 8) for part in parts)
        self.packer = BitPacker(own.dtype, own.device)
        self.own = own.new_zeros(*own.shape[:-1], room, dtype=torch.uint8)
        self.each = self.own.new_zeros(len(parts), *self.own.shape)
        self.places = torch.arange(8, dtype=torch.uint8, device=own.device)
        self.bits = self.own.new_zeros(*self.own.shape, 8)

    def write(self, activity: Tensor) -> None:
        packed = self.packer.pack(activity)
        self.own[..., : packed.shape[-1]].copy_(packed)

    def read(self, whole: Tensor) -> None:
        for part, found in zip(self.parts, self.each, strict=True):
            torch.bitwise_right_shift(found.unsqueeze(-1), self.places, out=self.bits)
            bits = self.bits.bitwise_and_(1).flatten(-2)
            whole[..., part].copy_(bits[..., : part.stop - part.start])
