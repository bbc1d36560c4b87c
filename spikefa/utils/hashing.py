"""Uniforms from a hash of their place and of two keys, on any device and without a generator.

Work that is captured and repeated gets new numbers if the keys are tensors that change. The hash
folds the high bits of a number onto the low ones and multiplies, in turns. One key is added to the
place, the other in the middle, so that the numbers of two steps are never one sequence from two
places on.
"""

import math
from typing import Any

import torch
from torch import Tensor

FACTORS = 0x7FEB352D, 0x846CA68B - 2**32
"""Odd numbers, here as int32, with which every bit of the input changes each bit of the output in
half of all cases, nearly (C. Wellons, Prospecting for Hash Functions, 2018)."""
STEPS = 0x9E3779B9 - 2**32, 0x3C6EF373
"""By how much two counters go on; odd, so that each takes all 2^32 values."""
DIGITS = 24
"""Bits of a uniform: what float32 holds."""


def advance(counters: Tensor) -> None:
    """Let two counters, int32 `[..., 2]`, go on in place: they are the keys of another step."""
    for number, step in enumerate(STEPS):
        counters[..., number].add_(step)


def keys_from(uniforms: Tensor) -> Tensor:
    """Return keys, int32 `[..., 2]`, from two uniforms of any float dtype."""
    return (uniforms * 2.0**DIGITS).to(torch.int32)


def hashed_uniforms(keys: Tensor, out: Tensor, rooms: tuple[Tensor, Tensor]) -> Tensor:
    """Write numbers from U[0, 1), multiples of 2^-24, into `out`, and return it.

    Parameters
    ----------
    keys : int32 Tensor [..., 2]
    out : Tensor [..., rows, columns]
        Of a float dtype.
    rooms : two int32 Tensors of the shape of `out`
        What is computed in between.
    """
    bits, room = rooms
    rows, columns = out.shape[-2:]
    like: Any = {"device": out.device, "dtype": torch.int32}
    starts = torch.arange(rows, **like).mul_(columns).unsqueeze(-1) + keys[..., :1, None]
    torch.add(starts, torch.arange(columns, **like), out=bits)
    _fold(bits, room, 16).mul_(FACTORS[0])
    _fold(bits, room, 15).add_(keys[..., 1:, None]).mul_(FACTORS[1])
    _fold(bits, room, 16)
    bits.bitwise_right_shift_(32 - DIGITS).bitwise_and_(2**DIGITS - 1)
    return out.copy_(bits).mul_(2.0**-DIGITS)


def normal(uniforms: Tensor) -> Tensor:
    """Turn hashed uniforms into normal numbers of mean 0 and variance 1, in place.

    They are taken from the middle of their steps of 2^-24, which no float dtype rounds to -1 or 1.
    """
    return uniforms.mul_(2).sub_(1 - 2.0**-DIGITS).erfinv_().mul_(math.sqrt(2))


def _fold(bits: Tensor, room: Tensor, by: int) -> Tensor:
    """``bits ^= bits >> by``; the shift of a negative int32 would drag its sign along."""
    torch.bitwise_right_shift(bits, by, out=room)
    return bits.bitwise_xor_(room.bitwise_and_(2 ** (32 - by) - 1))
