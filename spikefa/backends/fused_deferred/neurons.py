"""What happens to the neurons of a tile once their drive is known; used by all kernels.

A tile is `[streams, neurons]`. State is float32 `[replicas, batch, n]`. What later products read is
stored a second time as a row of `[replicas, capacity, ld]`, in the type that the products take;
columns from n on stay 0 there. The row of a stream is ``step * batch + stream``, counted from the
last time that the weights were written.
"""

import triton
import triton.language as tl

from spikefa.backends.numerics import phi_of
from spikefa.backends.philox import chance


@triton.jit
def step_neurons(
    arrived, here, inside, streams, columns,
    potential, probability, spikes, gain, uniforms, kept, seed, now,
    tau, PHILOX: tl.constexpr,
):  # fmt: skip
    """Leak and spike (eq. 5); return which neurons have fired, and the probability.

    `kept` is 0 in neurons that are silenced, and None in a population that silences none.
    """
    v = tl.load(potential + here, mask=inside, other=0.0)
    v = arrived + (1 - tau) * (v - arrived)
    p = 1 / (1 + tl.exp(-v))
    slope = p * (1 - p)
    if kept is not None:
        share = tl.load(kept + here, mask=inside, other=0.0)
        p *= share
        slope *= share
    if PHILOX:
        u = chance(seed, now, streams, columns)
    else:
        u = tl.load(uniforms + here, mask=inside, other=1.0)
    fired = (u < p) & inside
    tl.store(potential + here, v, mask=inside)
    tl.store(probability + here, p, mask=inside)
    tl.store(spikes + here, fired.to(tl.float32), mask=inside)
    tl.store(gain + here, slope, mask=inside)
    return fired, p


@triton.jit
def pack(fired, packed, first, streams, batch, n, STREAMS: tl.constexpr, POST: tl.constexpr):
    """Store spikes as bits, eight neurons to a byte, the lowest neuron in the lowest bit."""
    n_bytes = (n + 7) // 8
    bits = tl.reshape(fired.to(tl.int32), [STREAMS, POST // 8, 8])
    eights = tl.sum(bits << tl.arange(0, 8)[None, None, :], 2).to(tl.uint8)
    place = first // 8 + tl.arange(0, POST // 8)
    tl.store(
        packed + streams[:, None] * n_bytes + place[None, :],
        eights,
        mask=(streams < batch)[:, None] & (place < n_bytes)[None, :],
    )


@triton.jit
def step_errors(
    arrived, gain, here, row, inside, potential, activity, sent, factor, trace, rate, tau,
    PHI: tl.constexpr,
):  # fmt: skip
    """Leak and apply phi_delta (eqs. 6 and 7); store what is sent on, and what synapses learn from.

    `sent` takes phi_delta(U) and `factor` phi_delta(U) Psi(V), where there is somebody to read it.
    `trace` takes the factor times -eta, which the rule has as its trace.
    """
    u = tl.load(potential + here, mask=inside, other=0.0)
    u = arrived + (1 - tau) * (u - arrived)
    phi = phi_of(u, PHI)
    tl.store(potential + here, u, mask=inside)
    if PHI != "identity":  # otherwise activity and potential share their memory
        tl.store(activity + here, phi, mask=inside)
    if sent is not None:
        tl.store(sent + row, phi.to(sent.dtype.element_ty), mask=inside)
    if factor is not None:
        tl.store(factor + row, (phi * gain).to(factor.dtype.element_ty), mask=inside)
    if trace is not None:
        tl.store(trace + here, -(phi * gain * tl.load(rate)), mask=inside)


@triton.jit
def step_output_error(
    fired, p, here, row, inside, target, error, potential, activity, sent, factor, trace, rate, tau,
    PHI: tl.constexpr, SPIKES: tl.constexpr,
):  # fmt: skip
    """Subtract the target from the output and step the error population beside it (eq. 7)."""
    arrived = p
    if SPIKES:
        arrived = fired.to(tl.float32)
    arrived -= tl.load(target + here, mask=inside, other=0.0)
    tl.store(error + here, arrived, mask=inside)
    step_errors(
        arrived, p * (1 - p), here, row, inside, potential, activity, sent, factor, trace, rate,
        tau, PHI,
    )  # fmt: skip
