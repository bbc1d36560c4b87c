"""Products of tiles in the kernels, and the tiles of a matrix.

`HALF` means that the factors of the products are float16, so that the matrix units multiply them;
otherwise they are float32, on the ordinary units. All sums are float32.
"""

import triton
import triton.language as tl

from spikefa.backends.numerics import rounded
from spikefa.backends.philox import random_tile

try:
    from triton.language.extra.cuda import gdc_launch_dependents, gdc_wait
except ImportError:  # a Triton without programmatic dependent launch
    gdc_launch_dependents = gdc_wait = None


@triton.jit
def await_others(PDL: tl.constexpr):
    """Wait until the kernel before has written everything, and let the next one be launched.

    A kernel that is launched by programmatic dependent launch begins while the one before still
    runs; the one before that has ended, since this one was only let go after its own wait.
    """
    if PDL:
        gdc_wait()
        gdc_launch_dependents()


@triton.jit
def multiply(total, a, b, HALF: tl.constexpr):
    """Return ``total + a b``."""
    if HALF:
        return tl.dot(a, b, total)
    else:
        return tl.dot(a, b, total, input_precision="ieee")


@triton.jit
def multiply_overlaps(total, overlap, factor, HALF: tl.constexpr):
    """Return ``total + overlap factor`` without rounding the overlaps.

    Overlaps of spikes are whole numbers. Up to 2,048 they are stored as float16, which holds them
    exactly. Larger ones, and overlaps of errors, are float32: each is the sum of two TF32 numbers.
    """
    if HALF:
        if overlap.dtype == tl.float16:
            total = tl.dot(overlap, factor, total)
        else:
            high, wide = rounded(overlap, 13), factor.to(tl.float32)
            total = tl.dot(high, wide, total, input_precision="tf32")
            total = tl.dot(overlap - high, wide, total, input_precision="tf32")
    else:
        total = tl.dot(overlap, factor, total, input_precision="ieee")
    return total


@triton.jit
def matrix_tile(
    matrix, scale, replica, top, columns, n_pre, n_post, ld,
    KIND: tl.constexpr, PRE: tl.constexpr, HALF: tl.constexpr,
):  # fmt: skip
    """Return rows `top` to ``top + PRE`` of a matrix: loaded if `KIND` is "stored", else drawn.

    `matrix` holds the weights, or else two seeds for each replica, of which the first draws them.
    """
    if KIND == "stored":
        rows = top + tl.arange(0, PRE)
        own = matrix + replica * n_pre * ld
        tile = tl.load(
            own + rows.to(tl.int64)[:, None] * ld + columns[None, :],
            mask=(rows < n_pre)[:, None] & (columns < n_post)[None, :],
            other=0.0,
        )
    else:
        tile = random_tile(matrix + 2 * replica, scale, top, columns, KIND, PRE)
        if HALF:
            tile = tile.to(tl.float16)
    return tile
