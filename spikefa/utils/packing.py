"""Spikes as bits, eight neurons a byte, packed where the spikes are."""

import torch
from torch import Tensor
from torch.nn import functional


class BitPacker:
    """Packs rows of zeros and ones on one device, without waiting for it.

    A byte is a product of eight spikes with 1, 2, 4 ... 128: whole numbers below 256, which every
    floating-point type holds exactly. Neuron u is bit u % 8 of byte u // 8 ("little" bit order).

    Parameters
    ----------
    dtype : torch.dtype
        Of the spikes.
    device : torch.device
    """

    def __init__(self, dtype: torch.dtype, device: torch.device) -> None:
        kind = dtype if dtype.is_floating_point else torch.float32
        self._place_values = torch.tensor([2**bit for bit in range(8)], dtype=kind, device=device)

    def pack(self, rows: Tensor) -> Tensor:
        """Return `rows` [..., n], which are 0 or 1, as uint8 [..., ceil(n/8)]."""
        width = rows.shape[-1]
        spare = -width % 8
        padded = functional.pad(rows, (0, spare)) if spare else rows
        bytes_ = padded.reshape(*rows.shape[:-1], (width + spare) // 8, 8)
        return (bytes_.to(self._place_values.dtype) @ self._place_values).to(torch.uint8)


def not_binary(rows: Tensor) -> Tensor:
    """Return, for each of `rows` [k, ...], whether something in it is neither 0 nor 1: bool [k]."""
    return ((rows != 0) & (rows != 1)).flatten(1).any(-1)


def unpack(bits: Tensor, units: Tensor) -> Tensor:
    """Return some of the neurons of packed `bits` [..., ceil(n/8)] as 0 or 1, uint8 [..., k]."""
    return (bits.index_select(-1, units // 8) >> (units % 8).to(torch.uint8)) & 1
