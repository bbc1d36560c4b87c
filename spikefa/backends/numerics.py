"""Arithmetic that several kernels share."""

import triton
import triton.language as tl


@triton.jit
def rounded(x, DROPPED: tl.constexpr):
    """Return float32 `x` to the nearest number whose last `DROPPED` bits are 0, ties to even."""
    bits = x.to(tl.uint32, bitcast=True)
    bits += ((1 << (DROPPED - 1)) - 1) + ((bits >> DROPPED) & 1)
    return ((bits >> DROPPED) << DROPPED).to(tl.float32, bitcast=True)


@triton.jit
def phi_of(u, PHI: tl.constexpr):
    """Return phi_delta(u); tanh by its series near 0, where the exponential loses digits."""
    if PHI == "identity":
        return u
    x = u
    if PHI == "logistic":
        x = u * 0.5
    square = x * x
    near = x * (1 + square * (-1 / 3 + square * (2 / 15 + square * (-17 / 315))))
    decay = tl.exp(-2 * tl.abs(x))
    far = (1 - decay) / (1 + decay)
    return tl.where(tl.abs(x) < 0.2, near, tl.where(x < 0, -far, far))
