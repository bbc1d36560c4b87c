"""Random numbers inside a kernel: Philox4x32-10 (Salmon et al. 2011), which has no state."""

import triton
import triton.language as tl


@triton.jit
def chance(seed, now, streams, neurons):
    """Return numbers from U[0, 1) with 24 bits, from the counter (neuron, stream, now)."""
    nothing = streams[:, None] * 0 + neurons[None, :] * 0
    word, _, _, _ = tl.philox(
        tl.load(seed),
        neurons[None, :] + nothing,
        streams[:, None] + nothing,
        (now & 0xFFFFFFFF).to(tl.uint32) + nothing.to(tl.uint32),
        ((now >> 32) & 0xFFFFFFFF).to(tl.uint32) + nothing.to(tl.uint32),
    )
    return (word >> 8).to(tl.float32) * 5.9604644775390625e-08  # 2^-24


@triton.jit
def _halves(word):
    """Return the low and the high 16 bits in a new last dimension."""
    return tl.join((word & 0xFFFF).to(tl.int32), (word >> 16).to(tl.int32))


@triton.jit
def random_tile(seed, scale, first, columns, KIND: tl.constexpr, PRE: tl.constexpr):
    """Return rows `first` to ``first + PRE`` of a random matrix that is the same at every use.

    The counter (column, row // 8) gives 128 bits: a 16-bit number k for each of eight consecutive
    rows, the lowest first. If `KIND` is "uniform", the weight is ``(2 k + 1) / 2^16 - 1`` times the
    scale; if it is "sign", -scale for k below 2^15, otherwise scale.
    """
    eights = first // 8 + tl.arange(0, PRE // 8)
    nothing = eights[:, None] * 0 + columns[None, :] * 0
    a, b, c, d = tl.philox(
        tl.load(seed), columns[None, :] + nothing, eights[:, None] + nothing, nothing, nothing
    )
    low, high = tl.join(_halves(a), _halves(b)), tl.join(_halves(c), _halves(d))
    bits = tl.permute(tl.join(low, high), (0, 4, 3, 2, 1))  # eight, word (2 bits), half, column
    k = tl.reshape(bits, [PRE, columns.shape[0]])
    if KIND == "sign":
        tile = tl.where(k < 32768, -scale, scale)
    else:
        tile = (2 * k + 1 - 65536).to(tl.float32) * (scale / 65536)
    return tile
