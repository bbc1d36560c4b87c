"""Triton kernels of the fused backend: a tile of weights is read once for learning and driving.

A matrix is cut into tiles `[PRE, POST]`. One program owns `depth` tiles of a column, one below the
other. It applies the plasticity of the step before to each tile, writes the tile back, multiplies
it by the present activity, and stores its part of the drive in `partial`. The last program of a
column of tiles adds the parts up, always in the same order, and steps the neurons of these columns.

Numbers of neurons are counted in `UNIT`s, 4 if it divides them, so that the compiler knows that
rows begin at a multiple of it and can read four numbers at once. Neurons times streams must be
below 2^31; there may be more synapses.
"""

import triton
import triton.language as tl

from spikefa.backends.numerics import phi_of
from spikefa.backends.philox import chance, random_tile
from spikefa.backends.tiles import added_up, is_last, leave, multiplied, taught, taught_bias


@triton.jit
def _step_neurons(
    here, inside, streams, columns, arrived,
    drive, potential, probability, spikes, previous, gain, uniforms, seed, clock,
    tau, PHILOX: tl.constexpr,
):  # fmt: skip
    """Leak and spike; return which neurons have fired."""
    v = tl.load(potential + here, mask=inside, other=0.0)
    v = arrived + (1 - tau) * (v - arrived)
    p = 1 / (1 + tl.exp(-v))
    if PHILOX:
        u = chance(seed, tl.load(clock), streams, columns)
    else:
        u = tl.load(uniforms + here, mask=inside, other=1.0)
    fired = (u < p) & inside
    s = fired.to(tl.float32)
    tl.store(previous + here, tl.load(spikes + here, mask=inside, other=0.0), mask=inside)
    tl.debug_barrier()  # another thread may write the spike that this one has to read
    tl.store(spikes + here, s, mask=inside)
    tl.store(drive + here, arrived, mask=inside)
    tl.store(potential + here, v, mask=inside)
    tl.store(probability + here, p, mask=inside)
    tl.store(gain + here, p * (1 - p), mask=inside)
    return fired


@triton.jit
def _pack(fired, packed, streams, batch, n_post, STREAMS: tl.constexpr, POST: tl.constexpr):
    """Store spikes as bits, eight neurons to a byte, the lowest neuron in the lowest bit."""
    n_bytes = (n_post + 7) // 8
    bits = tl.reshape(fired.to(tl.int32), [STREAMS, POST // 8, 8])
    eights = tl.sum(bits << tl.arange(0, 8)[None, None, :], 2).to(tl.uint8)
    place = tl.program_id(1) * (POST // 8) + tl.arange(0, POST // 8)
    tl.store(
        packed + streams[:, None] * n_bytes + place[None, :],
        eights,
        mask=(streams < batch)[:, None] & (place < n_bytes)[None, :],
    )


@triton.jit
def _tile(
    rows, columns, inside_rows, inside_columns, before, weight, factor, batch, n_pre, n_post,
    PENDING: tl.constexpr, BATCH: tl.constexpr, ONE: tl.constexpr,
    PRECISION: tl.constexpr, UNITS: tl.constexpr,
):  # fmt: skip
    """Return a tile of weights; if `PENDING`, apply the plasticity of the last step to it first."""
    there = rows.to(tl.int64)[:, None] * n_post + columns[None, :]
    exists = inside_rows[:, None] & inside_columns[None, :]
    tile = tl.load(weight + there, mask=exists, other=0.0)
    if PENDING:
        tile = taught(
            tile, rows, columns, inside_rows, inside_columns, before, factor,
            batch, n_pre, n_post, BATCH, ONE, PRECISION, UNITS,
        )  # fmt: skip
        tl.store(weight + there, tile, mask=exists)
    return tile


@triton.jit
def _bias(
    bias, columns, inside_columns, factor, batch, n_post,
    PENDING: tl.constexpr, STREAMS: tl.constexpr,
):  # fmt: skip
    """Return biases; if `PENDING`, apply the plasticity of the last step to them first."""
    if PENDING:
        shift = taught_bias(bias, columns, inside_columns, factor, batch, n_post, STREAMS)
        tl.store(bias + columns, shift, mask=inside_columns)
    else:
        shift = tl.load(bias + columns, mask=inside_columns, other=0.0)
    return shift


@triton.jit
def forward(
    sent, before, weight, bias, factor, partial, tickets,
    drive, potential, probability, spikes, previous, gain, packed, uniforms, seed, clock,
    batch, n_pre, n_post, depth, tau,
    PENDING: tl.constexpr, PHILOX: tl.constexpr,
    BATCH: tl.constexpr, PRE: tl.constexpr, POST: tl.constexpr,
    ONE: tl.constexpr, STREAMS: tl.constexpr, UNIT: tl.constexpr,
    PRECISION: tl.constexpr, UNITS: tl.constexpr,
):  # fmt: skip
    """Learn from the step before, drive, leak, spike (eqs. 8 and 5); some tiles per program."""
    n_pre, n_post = n_pre * UNIT, n_post * UNIT
    columns = tl.program_id(1) * POST + tl.arange(0, POST)
    inside_columns = columns < n_post
    part = partial + tl.program_id(0).to(tl.int64) * batch * n_post
    own = tl.zeros([BATCH, POST], dtype=tl.float32)
    for index in range(0, depth):
        rows = (tl.program_id(0) * depth + index) * PRE + tl.arange(0, PRE)
        inside_rows = rows < n_pre
        tile = _tile(
            rows, columns, inside_rows, inside_columns, before, weight, factor,
            batch, n_pre, n_post, PENDING, BATCH, ONE, PRECISION, UNITS,
        )  # fmt: skip
        own = multiplied(
            own, part, tile, index, rows, columns, inside_rows, inside_columns, sent, sent,
            batch, n_pre, n_post, False, True, BATCH, ONE, PRECISION, UNITS,
        )  # fmt: skip
    if ONE:
        leave(own, part, columns, inside_columns, batch, n_post, BATCH)
    if is_last(tickets):
        shift = _bias(bias, columns, inside_columns, factor, batch, n_post, PENDING, STREAMS)
        for first in range(0, batch, STREAMS):
            streams = first + tl.arange(0, STREAMS)
            here = streams[:, None] * n_post + columns[None, :]
            inside = (streams < batch)[:, None] & inside_columns[None, :]
            arrived = added_up(partial, here, inside, batch, n_post) + shift[None, :]
            fired = _step_neurons(
                here, inside, streams, columns, arrived,
                drive, potential, probability, spikes, previous, gain, uniforms, seed, clock,
                tau, PHILOX,
            )  # fmt: skip
            _pack(fired, packed, streams, batch, n_post, STREAMS, POST)


@triton.jit
def catch_up(
    before, weight, bias, factor, batch, n_pre, n_post,
    BATCH: tl.constexpr, PRE: tl.constexpr, POST: tl.constexpr,
    ONE: tl.constexpr, STREAMS: tl.constexpr, UNIT: tl.constexpr,
    PRECISION: tl.constexpr, UNITS: tl.constexpr,
):  # fmt: skip
    """Learn from the last step, with exactly the sums that `forward` would compute."""
    n_pre, n_post = n_pre * UNIT, n_post * UNIT
    rows = tl.program_id(0) * PRE + tl.arange(0, PRE)
    columns = tl.program_id(1) * POST + tl.arange(0, POST)
    inside_rows, inside_columns = rows < n_pre, columns < n_post
    _tile(
        rows, columns, inside_rows, inside_columns, before, weight, factor,
        batch, n_pre, n_post, True, BATCH, ONE, PRECISION, UNITS,
    )  # fmt: skip
    if tl.program_id(0) == 0:
        _bias(bias, columns, inside_columns, factor, batch, n_post, True, STREAMS)


@triton.jit
def _step_errors(
    here, inside, arrived, drive, potential, activity, gain, rate, factor, tau,
    PHI: tl.constexpr, LEARNS: tl.constexpr,
):  # fmt: skip
    """Leak, apply phi_delta, and store ``-eta phi_delta(U) Psi(V)`` for the synapses."""
    u = tl.load(potential + here, mask=inside, other=0.0)
    u = arrived + (1 - tau) * (u - arrived)
    phi = phi_of(u, PHI)
    tl.store(drive + here, arrived, mask=inside)
    tl.store(potential + here, u, mask=inside)
    if PHI != "identity":  # otherwise activity and potential share their memory
        tl.store(activity + here, phi, mask=inside)
    if LEARNS:
        gate = tl.load(gain + here, mask=inside, other=0.0)
        tl.store(factor + here, -(phi * gate * tl.load(rate)), mask=inside)


@triton.jit
def _matrix_tile(
    matrix, scale, top, rows, columns, inside_rows, inside_columns, n_post,
    KIND: tl.constexpr, PRE: tl.constexpr,
):  # fmt: skip
    """Return a tile of a feedback matrix: loaded if `KIND` is "stored", else drawn from a seed."""
    if KIND == "stored":
        tile = tl.load(
            matrix + rows.to(tl.int64)[:, None] * n_post + columns[None, :],
            mask=inside_rows[:, None] & inside_columns[None, :],
            other=0.0,
        )
    else:
        tile = random_tile(matrix, scale, top, columns, KIND, PRE)
    return tile


@triton.jit
def feed_back(
    sent, gate, matrix, scale, partial, tickets,
    drive, potential, activity, gain, rate, factor,
    batch, n_pre, n_post, depth, tau,
    GATED: tl.constexpr, PHI: tl.constexpr, LEARNS: tl.constexpr, KIND: tl.constexpr,
    BATCH: tl.constexpr, PRE: tl.constexpr, POST: tl.constexpr,
    ONE: tl.constexpr, STREAMS: tl.constexpr, UNIT: tl.constexpr,
    PRECISION: tl.constexpr, UNITS: tl.constexpr,
):  # fmt: skip
    """Carry the error through a matrix into a population (eq. 6); some tiles per program.

    `matrix` holds the weights if `KIND` is "stored", else a seed; see `random_tile`.
    """
    n_pre, n_post = n_pre * UNIT, n_post * UNIT
    columns = tl.program_id(1) * POST + tl.arange(0, POST)
    inside_columns = columns < n_post
    part = partial + tl.program_id(0).to(tl.int64) * batch * n_post
    own = tl.zeros([BATCH, POST], dtype=tl.float32)
    for index in range(0, depth):
        top = (tl.program_id(0) * depth + index) * PRE
        rows = top + tl.arange(0, PRE)
        inside_rows = rows < n_pre
        tile = _matrix_tile(
            matrix, scale, top, rows, columns, inside_rows, inside_columns, n_post, KIND, PRE
        )
        own = multiplied(
            own, part, tile, index, rows, columns, inside_rows, inside_columns, sent, gate,
            batch, n_pre, n_post, GATED, False, BATCH, ONE, PRECISION, UNITS,
        )  # fmt: skip
    if ONE:
        leave(own, part, columns, inside_columns, batch, n_post, BATCH)
    if is_last(tickets):
        for first in range(0, batch, STREAMS):
            streams = first + tl.arange(0, STREAMS)
            here = streams[:, None] * n_post + columns[None, :]
            inside = (streams < batch)[:, None] & inside_columns[None, :]
            arrived = added_up(partial, here, inside, batch, n_post)
            _step_errors(
                here, inside, arrived, drive, potential, activity, gain, rate, factor, tau,
                PHI, LEARNS,
            )  # fmt: skip


@triton.jit
def write_matrix(
    seed, out, scale, n_pre, n_post,
    KIND: tl.constexpr, PRE: tl.constexpr, POST: tl.constexpr,
):  # fmt: skip
    """Write out a random matrix as `feed_back` draws it, for inspection."""
    rows = tl.program_id(0) * PRE + tl.arange(0, PRE)
    columns = tl.program_id(1) * POST + tl.arange(0, POST)
    tl.store(
        out + rows.to(tl.int64)[:, None] * n_post + columns[None, :],
        random_tile(seed, scale, tl.program_id(0) * PRE, columns, KIND, PRE),
        mask=(rows < n_pre)[:, None] & (columns < n_post)[None, :],
    )


@triton.jit
def output_error(
    output, target, error, drive, potential, activity, gain, rate, factor, size, tau,
    PHI: tl.constexpr, LEARNS: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Subtract the target and step the error population beside the output (eq. 7)."""
    here = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = here < size
    arrived = tl.load(output + here, mask=inside, other=0.0)
    arrived -= tl.load(target + here, mask=inside, other=0.0)
    tl.store(error + here, arrived, mask=inside)
    _step_errors(
        here, inside, arrived, drive, potential, activity, gain, rate, factor, tau, PHI, LEARNS
    )
