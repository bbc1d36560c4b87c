"""Kernels for many streams; each product is cut into tiles for the matrix units.

A hop takes two kernels. `transmit` multiplies what is sent with a matrix, in parts of the sending
neurons, and, in the same launch, with what was sent in earlier steps: the overlaps. `arrive` adds
the parts up, adds what the earlier steps would have changed, and steps the neurons; every program
adds up its own neurons and streams. A launch between the two costs what a barrier would, and
nobody waits for programs that may not be there yet.

The weights are only read. `learn` writes them, once for all steps.
"""

import triton
import triton.language as tl

from spikefa.backends.fused_deferred.neurons import (
    pack,
    step_errors,
    step_neurons,
    step_output_error,
)
from spikefa.backends.fused_deferred.products import (
    await_others,
    matrix_tile,
    multiply,
    multiply_overlaps,
)


@triton.jit
def _sent(sent, m, k, rows, ld):
    """Return `[streams, neurons]` of what is sent; columns from n_pre on hold 0."""
    return tl.load(sent + m[:, None] * ld + k[None, :], mask=(m < rows)[:, None], other=0.0)


@triton.jit
def _write_overlaps(
    sent, earlier, overlap, number, m, rows, count, n_pre, ld, ld_overlap, BIASED: tl.constexpr,
    STREAMS: tl.constexpr, EARLIER: tl.constexpr, PRE: tl.constexpr, HALF: tl.constexpr,
):  # fmt: skip
    """Write ``sent earlier^T`` of some streams and of the earlier rows of tile `number`."""
    r = number * EARLIER + tl.arange(0, EARLIER)
    total = tl.zeros([STREAMS, EARLIER], dtype=tl.float32)
    for top in range(0, n_pre, PRE):
        k = top + tl.arange(0, PRE)
        a = _sent(sent, m, k, rows, ld)
        b = _sent(earlier, r, k, count, ld)
        total = multiply(total, a, tl.trans(b), HALF)
    if BIASED:
        total += 1
    place = overlap + m[:, None] * ld_overlap + r[None, :]
    tl.store(place, total.to(overlap.dtype.element_ty), mask=(m < rows)[:, None])


@triton.jit
def _write_part(
    sent, matrix, parts, scale, part, n, m, replica, rows, n_pre, n_post, ld, ld_matrix, width,
    KIND: tl.constexpr, PARTS: tl.constexpr, HALF: tl.constexpr,
    STREAMS: tl.constexpr, POST: tl.constexpr, PRE: tl.constexpr,
):  # fmt: skip
    """Write the product with one part of the sending neurons."""
    total = tl.zeros([STREAMS, POST], dtype=tl.float32)
    depth = tl.cdiv(n_pre, PRE)
    for index in range(depth * part // PARTS, depth * (part + 1) // PARTS):
        a = _sent(sent, m, index * PRE + tl.arange(0, PRE), rows, ld)
        b = matrix_tile(
            matrix, scale, replica, index * PRE, n, n_pre, n_post, ld_matrix, KIND, PRE, HALF
        )
        total = multiply(total, a, b, HALF)
    place = (part * tl.num_programs(2) + replica) * rows + m
    tl.store(parts + place[:, None] * width + n[None, :], total, mask=(m < rows)[:, None])


@triton.jit(do_not_specialize=["row", "count"])
def transmit(
    left, earlier, matrix, parts, overlap, scale,
    rows, row, count, capacity, columns, n_pre, n_post, ld, ld_matrix, width, ld_overlap,
    KIND: tl.constexpr, PARTS: tl.constexpr, BIASED: tl.constexpr, HALF: tl.constexpr,
    STREAMS: tl.constexpr, PRE: tl.constexpr, POST: tl.constexpr, EARLIER: tl.constexpr,
    UNIT: tl.constexpr, PDL: tl.constexpr,
):  # fmt: skip
    """Multiply `rows` rows of `left`, from `row` on, with a matrix and with `count` earlier rows.

    The first programs compute overlaps, which take longest: each of them goes through all sending
    neurons. A bias counts as a neuron that always spikes, and adds 1.
    """
    await_others(PDL)
    n_post, ld_matrix = n_post * UNIT, ld_matrix * UNIT
    m = tl.program_id(1) * STREAMS + tl.arange(0, STREAMS)
    replica = tl.program_id(2).to(tl.int64)
    sent = left + (replica * capacity + row) * ld
    number, tiles = tl.program_id(0), 0
    if overlap is not None:
        tiles = tl.cdiv(count, EARLIER)
        if number < tiles:
            _write_overlaps(
                sent, earlier + replica * capacity * ld, overlap + replica * rows * ld_overlap,
                number, m, rows, count, n_pre, ld, ld_overlap, BIASED,
                STREAMS, EARLIER, PRE, HALF,
            )  # fmt: skip
    if number >= tiles:
        part, column = (number - tiles) // columns, (number - tiles) % columns
        n = column * POST + tl.arange(0, POST)
        _write_part(
            sent, matrix, parts, scale, part, n, m, replica, rows, n_pre, n_post, ld, ld_matrix,
            width, KIND, PARTS, HALF, STREAMS, POST, PRE,
        )  # fmt: skip


@triton.jit
def _arrived(
    parts, overlap, factor, rate, bias, replica, m, n,
    batch, first, rows, count, capacity, n_post, width, ld_overlap,
    PARTS: tl.constexpr, HALF: tl.constexpr,
    STREAMS: tl.constexpr, POST: tl.constexpr, EARLIER: tl.constexpr,
):  # fmt: skip
    """Return the drive of a tile: the parts, what earlier steps would have changed, and the bias.

    The change is scaled before it is added to the parts: the sum of the matrix units rounds towards
    0 (Fasi et al. 2021), and a sum that begins with the drive would do so with all of it.
    """
    total = tl.zeros([STREAMS, POST], dtype=tl.float32)
    own = replica * rows + first + m
    exists = (m < batch)[:, None]
    if overlap is not None:
        for top in range(0, count, EARLIER):
            k = top + tl.arange(0, EARLIER)
            g = tl.load(overlap + own[:, None] * ld_overlap + k[None, :], mask=exists, other=0.0)
            g = tl.where((k < count)[None, :], g, 0.0)  # what is behind is of another step
            f = tl.load(
                factor + (replica * capacity + k)[:, None] * width + n[None, :],
                mask=(k < count)[:, None],
                other=0.0,
            )
            total = multiply_overlaps(total, g, f, HALF)
        total = total * -tl.load(rate)
    for part in tl.static_range(PARTS):
        place = part * tl.num_programs(2) * rows + own
        total += tl.load(parts + place[:, None] * width + n[None, :], mask=exists, other=0.0)
    if bias is not None:
        own_bias = tl.load(bias + replica * n_post + n, mask=n < n_post, other=0.0)
        total += own_bias[None, :]
    return total


@triton.jit(do_not_specialize=["first", "row", "count", "since"])
def arrive_spikes(
    parts, overlap, factor, rate, bias,
    potential, probability, spikes, gain, packed, sent, uniforms, kept, seed, clock,
    target, error, error_potential, error_activity, error_sent, error_factor, trace, trace_rate,
    batch, first, rows, row, count, capacity, since, n_post, width, ld_overlap, tau, error_tau,
    PHILOX: tl.constexpr, ERRS: tl.constexpr, PHI: tl.constexpr, SPIKES: tl.constexpr,
    PARTS: tl.constexpr, HALF: tl.constexpr,
    STREAMS: tl.constexpr, POST: tl.constexpr, EARLIER: tl.constexpr,
    UNIT: tl.constexpr, PDL: tl.constexpr,
):  # fmt: skip
    """Add up the drive and step a forward population; `ERRS`: and the error beside the output."""
    await_others(PDL)
    n_post = n_post * UNIT
    m = tl.program_id(1) * STREAMS + tl.arange(0, STREAMS)
    n = tl.program_id(0) * POST + tl.arange(0, POST)
    replica = tl.program_id(2).to(tl.int64)
    inside = (m < batch)[:, None] & (n < n_post)[None, :]
    here = (replica * batch + m)[:, None] * n_post + n[None, :]
    there = (replica * capacity + row + m)[:, None] * width + n[None, :]
    arrived = _arrived(
        parts, overlap, factor, rate, bias, replica, m, n,
        batch, first, rows, count, capacity, n_post, width, ld_overlap,
        PARTS, HALF, STREAMS, POST, EARLIER,
    )  # fmt: skip
    fired, p = step_neurons(
        arrived, here, inside, m, n, potential, probability, spikes, gain, uniforms, kept,
        seed + replica, tl.load(clock) + since, tau, PHILOX,
    )  # fmt: skip
    pack(
        fired, packed + replica * batch * ((n_post + 7) // 8), tl.program_id(0) * POST, m,
        batch, n_post, STREAMS, POST,
    )  # fmt: skip
    if sent is not None:
        tl.store(sent + there, fired.to(sent.dtype.element_ty), mask=inside)
    if ERRS:
        step_output_error(
            fired, p, here, there, inside, target, error, error_potential, error_activity,
            error_sent, error_factor, trace, trace_rate, error_tau, PHI, SPIKES,
        )  # fmt: skip


@triton.jit(do_not_specialize=["first", "row", "count"])
def arrive_errors(
    parts, overlap, change, rate, gain, potential, activity, sent, factor,
    trace, trace_rate,
    batch, first, rows, row, count, capacity, n_post, width, ld_overlap, tau,
    PHI: tl.constexpr, PARTS: tl.constexpr, HALF: tl.constexpr,
    STREAMS: tl.constexpr, POST: tl.constexpr, EARLIER: tl.constexpr,
    UNIT: tl.constexpr, PDL: tl.constexpr,
):  # fmt: skip
    """Add up the drive and step an error population; `change`: of a matrix that learns."""
    await_others(PDL)
    n_post = n_post * UNIT
    m = tl.program_id(1) * STREAMS + tl.arange(0, STREAMS)
    n = tl.program_id(0) * POST + tl.arange(0, POST)
    replica = tl.program_id(2).to(tl.int64)
    inside = (m < batch)[:, None] & (n < n_post)[None, :]
    here = (replica * batch + m)[:, None] * n_post + n[None, :]
    there = (replica * capacity + row + m)[:, None] * width + n[None, :]
    arrived = _arrived(
        parts, overlap, change, rate, None, replica, m, n,
        batch, first, rows, count, capacity, n_post, width, ld_overlap,
        PARTS, HALF, STREAMS, POST, EARLIER,
    )  # fmt: skip
    gate = 0.0
    if factor is not None:
        gate = tl.load(gain + here, mask=inside, other=0.0)
    step_errors(
        arrived, gate, here, there, inside, potential, activity, sent, factor, trace, trace_rate,
        tau, PHI,
    )  # fmt: skip


@triton.jit(do_not_specialize=["count"])
def learn(
    left, right, weight, copy, bias, rate,
    count, capacity, n_pre, n_post, ld_left, ld_right,
    PRE: tl.constexpr, POST: tl.constexpr, ROWS: tl.constexpr, HALF: tl.constexpr,
    UNIT: tl.constexpr, PDL: tl.constexpr,
):  # fmt: skip
    """Change weights and bias by all `count` rows: ``W -= eta left^T right`` (eq. 8).

    It must run with ``num_stages=1``. Triton 3.6 on an H100 left the weights as they were if the
    loop was pipelined: a loop of `tl.dot` whose sum is subtracted from what is read from the same
    place that it is written to. The interpreter is right in both cases.
    """
    await_others(PDL)
    n_post = n_post * UNIT
    i = tl.program_id(0) * PRE + tl.arange(0, PRE)
    j = tl.program_id(1) * POST + tl.arange(0, POST)
    replica = tl.program_id(2).to(tl.int64)
    first = replica * capacity
    total = tl.zeros([PRE, POST], dtype=tl.float32)
    always = tl.zeros([POST], dtype=tl.float32)
    for top in range(0, count, ROWS):
        k = top + tl.arange(0, ROWS)
        some = (k < count)[:, None]
        a = tl.load(left + (first + k)[:, None] * ld_left + i[None, :], mask=some, other=0.0)
        b = tl.load(right + (first + k)[:, None] * ld_right + j[None, :], mask=some, other=0.0)
        total = multiply(total, tl.trans(a), b, HALF)
        always += tl.sum(b.to(tl.float32), 0)
    eta = tl.load(rate)
    rows = replica * n_pre + i
    inside = (i < n_pre)[:, None] & (j < n_post)[None, :]
    place = weight + rows[:, None] * n_post + j[None, :]
    changed = tl.load(place, mask=inside, other=0.0) - eta * total
    tl.store(place, changed, mask=inside)
    if copy is not None:
        there = copy + rows[:, None] * ld_right + j[None, :]
        tl.store(there, changed.to(copy.dtype.element_ty), mask=inside)
    if bias is not None and tl.program_id(0) == 0:
        own = bias + replica * n_post + j
        there_is = j < n_post
        shift = tl.load(own, mask=there_is, other=0.0) - eta * always
        tl.debug_barrier()  # each thread has read before one of them writes
        tl.store(own, shift, mask=there_is)
