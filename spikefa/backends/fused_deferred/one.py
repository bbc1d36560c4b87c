"""Kernels for a single stream, which use no matrix units; one kernel for each hop.

A program owns some columns of a matrix and reads only the rows of neurons that sent something, so
that no sums of several programs have to be added up. The overlaps with earlier steps are so short
that every program computes them itself.
"""

import triton
import triton.language as tl

from spikefa.backends.fused_deferred.neurons import (
    pack,
    step_errors,
    step_neurons,
    step_output_error,
)
from spikefa.backends.fused_deferred.products import await_others, matrix_tile


@triton.jit
def _driven(
    sent, matrix, scale, replica, n, n_pre, n_post, ld_matrix, fetched,
    KIND: tl.constexpr, PRE: tl.constexpr, POST: tl.constexpr, EARLY: tl.constexpr,
):  # fmt: skip
    """Return ``sent matrix``; rows of neurons that sent nothing are not read, but the first."""
    total = tl.zeros([PRE, POST], dtype=tl.float32)
    for top in range(EARLY, n_pre, PRE):
        k = top + tl.arange(0, PRE)
        s = tl.load(sent + k, mask=k < n_pre, other=0.0).to(tl.float32)
        if KIND == "stored":
            w = tl.load(
                matrix + (replica * n_pre + k)[:, None] * ld_matrix + n[None, :],
                mask=((s != 0) & (k < n_pre))[:, None] & (n < n_post)[None, :],
                other=0.0,
            )
        else:
            w = matrix_tile(
                matrix, scale, replica, top, n, n_pre, n_post, ld_matrix, KIND, PRE, False
            )
        total += w.to(tl.float32) * s[:, None]
    drive = tl.sum(total, 0)
    if EARLY > 0:
        k = tl.arange(0, EARLY)
        s = tl.load(sent + k, mask=k < n_pre, other=0.0).to(tl.float32)
        drive += tl.sum(fetched.to(tl.float32) * s[:, None], 0)
    return drive


@triton.jit
def _learnt(
    sent, earlier, factor, n, count, n_pre, ld, width, BIASED: tl.constexpr,
    PRE: tl.constexpr, POST: tl.constexpr, EARLIER: tl.constexpr,
):  # fmt: skip
    """Return what `count` earlier steps would have changed, over -eta: ``overlaps factor``."""
    change = tl.zeros([POST], dtype=tl.float32)
    for base in range(0, count, EARLIER):
        r = base + tl.arange(0, EARLIER)
        products = tl.zeros([EARLIER, PRE], dtype=tl.float32)
        for top in range(0, n_pre, PRE):
            k = top + tl.arange(0, PRE)
            s = tl.load(sent + k, mask=k < ld, other=0.0).to(tl.float32)
            before = tl.load(
                earlier + r[:, None] * ld + k[None, :],
                mask=(r < count)[:, None] & (k < ld)[None, :],
                other=0.0,
            )
            products += before.to(tl.float32) * s[None, :]
        overlap = tl.sum(products, 1)
        if BIASED:
            overlap += 1
        f = tl.load(factor + r[:, None] * width + n[None, :], mask=(r < count)[:, None], other=0.0)
        change += tl.sum(overlap[:, None] * f.to(tl.float32), 0)
    return change


@triton.jit
def _arrived(
    left, earlier, matrix, scale, factor, rate, bias, replica, n,
    row, count, capacity, n_pre, n_post, ld, columns, ld_matrix, width,
    KIND: tl.constexpr, PRE: tl.constexpr, POST: tl.constexpr,
    EARLIER: tl.constexpr, EARLY: tl.constexpr, PDL: tl.constexpr,
):  # fmt: skip
    """Return the drive of some columns; the first `EARLY` rows are fetched before the wait."""
    fetched = 0.0
    if EARLY > 0:
        k = tl.arange(0, EARLY)
        fetched = tl.load(
            matrix + (replica * n_pre + k)[:, None] * ld_matrix + n[None, :],
            mask=(k < n_pre)[:, None] & (n < columns)[None, :],
            other=0.0,
        )
    await_others(PDL)
    sent = left + (replica * capacity + row) * ld
    drive = _driven(
        sent, matrix, scale, replica, n, n_pre, columns, ld_matrix, fetched,
        KIND, PRE, POST, EARLY,
    )  # fmt: skip
    if factor is not None:
        change = _learnt(
            sent, earlier + replica * capacity * ld, factor + replica * capacity * width,
            n, count, n_pre, ld, width, bias is not None, PRE, POST, EARLIER,
        )  # fmt: skip
        drive -= tl.load(rate) * change
    if bias is not None:
        drive += tl.load(bias + replica * n_post + n, mask=n < n_post, other=0.0)
    return drive[None, :]


@triton.jit(do_not_specialize=["row", "count", "since"])
def drive_spikes(
    left, earlier, matrix, scale, factor, rate, bias,
    potential, probability, spikes, gain, packed, sent, uniforms, kept, seed, clock,
    target, error, error_potential, error_activity, error_sent, error_factor, trace, trace_rate,
    row, count, capacity, since, n_pre, n_post, ld, columns, ld_matrix, width, tau, error_tau,
    PHILOX: tl.constexpr, ERRS: tl.constexpr, PHI: tl.constexpr, SPIKES: tl.constexpr,
    KIND: tl.constexpr, PRE: tl.constexpr, POST: tl.constexpr,
    EARLIER: tl.constexpr, EARLY: tl.constexpr, UNIT: tl.constexpr, PDL: tl.constexpr,
):  # fmt: skip
    """Drive and step a forward population; `ERRS`: and the error beside the output."""
    columns, ld_matrix = columns * UNIT, ld_matrix * UNIT
    m = tl.arange(0, 1)
    n = tl.program_id(0) * POST + tl.arange(0, POST)
    replica = tl.program_id(1).to(tl.int64)
    inside = (m < 1)[:, None] & (n < n_post)[None, :]
    here = replica * n_post + m[:, None] + n[None, :]
    there = (replica * capacity + row + m)[:, None] * width + n[None, :]
    arrived = _arrived(
        left, earlier, matrix, scale, factor, rate, bias, replica, n,
        row, count, capacity, n_pre, n_post, ld, columns, ld_matrix, width,
        KIND, PRE, POST, EARLIER, EARLY, PDL,
    )  # fmt: skip
    fired, p = step_neurons(
        arrived, here, inside, m, n, potential, probability, spikes, gain, uniforms, kept,
        seed + replica, tl.load(clock) + since, tau, PHILOX,
    )  # fmt: skip
    pack(
        fired, packed + replica * ((n_post + 7) // 8), tl.program_id(0) * POST, m, 1, n_post,
        1, POST,
    )  # fmt: skip
    if sent is not None:
        tl.store(sent + there, fired.to(sent.dtype.element_ty), mask=inside)
    if ERRS:
        step_output_error(
            fired, p, here, there, inside, target, error, error_potential, error_activity,
            error_sent, error_factor, trace, trace_rate, error_tau, PHI, SPIKES,
        )  # fmt: skip


@triton.jit(do_not_specialize=["row", "count"])
def drive_errors(
    left, earlier, matrix, scale, change, rate, gain, potential, activity, sent, factor,
    trace, trace_rate,
    row, count, capacity, n_pre, n_post, ld, columns, ld_matrix, width, tau,
    PHI: tl.constexpr, KIND: tl.constexpr, PRE: tl.constexpr, POST: tl.constexpr,
    EARLIER: tl.constexpr, EARLY: tl.constexpr, UNIT: tl.constexpr, PDL: tl.constexpr,
):  # fmt: skip
    """Drive and step an error population; `change`: of a matrix that learns."""
    columns, ld_matrix = columns * UNIT, ld_matrix * UNIT
    m = tl.arange(0, 1)
    n = tl.program_id(0) * POST + tl.arange(0, POST)
    replica = tl.program_id(1).to(tl.int64)
    inside = (m < 1)[:, None] & (n < n_post)[None, :]
    here = replica * n_post + m[:, None] + n[None, :]
    there = (replica * capacity + row + m)[:, None] * width + n[None, :]
    arrived = _arrived(
        left, earlier, matrix, scale, change, rate, None, replica, n,
        row, count, capacity, n_pre, n_post, ld, columns, ld_matrix, width,
        KIND, PRE, POST, EARLIER, EARLY, PDL,
    )  # fmt: skip
    gate = 0.0
    if factor is not None:
        gate = tl.load(gain + here, mask=inside, other=0.0)
    step_errors(
        arrived, gate, here, there, inside, potential, activity, sent, factor, trace, trace_rate,
        tau, PHI,
    )  # fmt: skip


@triton.jit(do_not_specialize=["count"])
def learn_one(
    left, right, weight, copy, bias, rate,
    count, capacity, n_pre, n_post, ld_left, ld_right,
    PRE: tl.constexpr, POST: tl.constexpr, UNIT: tl.constexpr, PDL: tl.constexpr,
):  # fmt: skip
    """Change weights and bias by all `count` rows; rows of neurons that never sent stay unread."""
    await_others(PDL)
    n_post = n_post * UNIT
    i = tl.program_id(0) * PRE + tl.arange(0, PRE)
    j = tl.program_id(1) * POST + tl.arange(0, POST)
    replica = tl.program_id(2).to(tl.int64)
    left += replica * capacity * ld_left
    right += replica * capacity * ld_right
    total = tl.zeros([PRE, POST], dtype=tl.float32)
    always = tl.zeros([POST], dtype=tl.float32)
    active = tl.zeros([PRE], dtype=tl.int32)
    for k in range(count):
        s = tl.load(left + k * ld_left + i).to(tl.float32)
        f = tl.load(right + k * ld_right + j).to(tl.float32)
        total += s[:, None] * f[None, :]
        always += f
        active |= (s != 0).to(tl.int32)
    eta = tl.load(rate)
    rows = replica * n_pre + i
    inside = ((active > 0) & (i < n_pre))[:, None] & (j < n_post)[None, :]
    place = weight + rows[:, None] * n_post + j[None, :]
    changed = tl.load(place, mask=inside, other=0.0) - eta * total
    tl.store(place, changed, mask=inside)
    if copy is not None:
        there = copy + rows[:, None] * ld_right + j[None, :]
        tl.store(there, changed.to(copy.dtype.element_ty), mask=inside)
    if bias is not None and tl.program_id(0) == 0:
        own = bias + replica * n_post + j
        shift = tl.load(own, mask=j < n_post, other=0.0) - eta * always
        tl.debug_barrier()  # each thread has read before one of them writes
        tl.store(own, shift, mask=j < n_post)
