"""Packing spikes into bits, eight neurons per byte, on their device."""

from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, eq=False)
class BitPacker:
    """Packs rows of zeros and ones on a device, without synchronising with it.

    A byte is the inner product of eight spikes with 1, 2, 4 ... 128. It is an integer below 256,
    which every floating-point type represents exactly. Neuron u is bit u % 8 of byte u // 8
    ("little" bit order).

    Parameters
    ----------
    dtype : torch.dtype
        The dtype of the spikes.
    device : torch.device
    """

    dtype: torch.dtype
    device: torch.device
    _place_values: Tensor = field(init=False, repr=False)

    def __post_init__(self) -> None:
        kind = self.dtype if self.dtype.is_floating_point else torch.float32
        values = torch.tensor([2**bit for bit in range(8)], dtype=kind, device=self.device)
        object.__setattr__(self, "_place_values", values)

    def pack(self, rows: Tensor) -> Tensor:
        """Return `rows` [..., n] of 0 and 1 as packed uint8 [..., ceil(n/8)]."""
        width = rows.shape[-1]
        spare = -width % 8
        padded = functional.pad(rows, (0, spare)) if spare else rows
        bytes_ = padded.reshape(*rows.shape[:-1], (width + spare) // 8, 8)
        return (bytes_.to(self._place_values.dtype) @ self._place_values).to(torch.uint8)


def not_binary(rows: Tensor) -> Tensor:
    """Return for each of `rows` [k, ...] whether any element is neither 0 nor 1, bool [k]."""
    return ((rows != 0) & (rows != 1)).flatten(1).any(-1)


def unpack(bits: Tensor, units: Tensor) -> Tensor:
    """Return `units` [k] of packed `bits` [..., ceil(n/8)] as 0 or 1, uint8 [..., k]."""
    return (bits.index_select(-1, units // 8) >> (units % 8).to(torch.uint8)) & 1
