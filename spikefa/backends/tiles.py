"""Operations of the kernels on a tile of a matrix: learn, multiply, add up partial sums.

`ONE` means that a tile of streams, `[BATCH, ...]`, holds the whole batch. `SPIKES` means that the
left factor is 0 or 1, which every precision of the matrix units represents exactly.
"""

import triton
import triton.language as tl

from spikefa.backends.numerics import rounded


@triton.jit
def _bf16_dot(a, b, UNITS: tl.constexpr):
    """Return ``a b`` of two float32 matrices whose elements are bfloat16 numbers."""
    if UNITS:  # the interpreter cannot multiply them
        total = tl.dot(a.to(tl.bfloat16), b.to(tl.bfloat16))
    else:
        total = tl.dot(a, b, input_precision="ieee")
    return total


@triton.jit
def _bf16_product(a, b, SPIKES: tl.constexpr, PARTS: tl.constexpr, UNITS: tl.constexpr):
    """Return ``a b`` of numbers taken as sums of `PARTS` bfloat16, without the smallest terms."""
    a0, b0 = a, rounded(b, 16)
    if not SPIKES:
        a0 = rounded(a, 16)
    total = _bf16_dot(a0, b0, UNITS)
    if PARTS > 1:
        b1 = rounded(b - b0, 16)
        small = _bf16_dot(a0, b1, UNITS)
        if not SPIKES:
            a1 = rounded(a - a0, 16)
            small += _bf16_dot(a1, b0, UNITS)
        if PARTS > 2:
            small += _bf16_dot(a0, rounded(b - b0 - b1, 16), UNITS)
            if not SPIKES:
                small += _bf16_dot(a1, b1, UNITS)
                small += _bf16_dot(rounded(a - a0 - a1, 16), b0, UNITS)
        total += small
    return total


@triton.jit
def product(a, b, SPIKES: tl.constexpr, PRECISION: tl.constexpr, UNITS: tl.constexpr):
    """Return ``a b``, in float32 or on the matrix units, which round the factors.

    "tf32" keeps 11 bits. "bf16", "bf16x3" and "bf16x6" keep 8, 16 and all 24, as sums of one, two
    and three bfloat16, and omit the smallest products. All precisions add up in float32. A single
    stream or a single presynaptic neuron does not use matrix units.
    """
    if a.shape[1] == 1:
        total = a * b
    elif a.shape[0] == 1:
        total = tl.sum(tl.trans(a) * b, 0)[None, :]
    elif PRECISION == "float32":
        total = tl.dot(a, b, input_precision="ieee")
    elif PRECISION == "tf32":
        if not SPIKES:
            a = rounded(a, 13)
        total = tl.dot(a, rounded(b, 13), input_precision="tf32")
    elif PRECISION == "bf16":
        total = _bf16_product(a, b, SPIKES, 1, UNITS)
    elif PRECISION == "bf16x3":
        total = _bf16_product(a, b, SPIKES, 2, UNITS)
    else:
        total = _bf16_product(a, b, SPIKES, 3, UNITS)
    return total


@triton.jit
def _of_streams(source, first, neurons, inside, batch, n, BATCH: tl.constexpr):
    """Return `[BATCH, neurons]` of `source`, from stream `first` on; 0 outside of it."""
    streams = first + tl.arange(0, BATCH)
    mask = (streams < batch)[:, None] & inside[None, :]
    return tl.load(source + streams[:, None] * n + neurons[None, :], mask=mask, other=0.0)


@triton.jit
def _correlation(
    before, factor, first, rows, columns, inside_rows, inside_columns, batch, n_pre, n_post,
    BATCH: tl.constexpr, PRECISION: tl.constexpr, UNITS: tl.constexpr,
):  # fmt: skip
    """Return ``-before^T factor`` of one tile of streams."""
    streams = first + tl.arange(0, BATCH)
    sent = tl.load(
        before + streams[None, :] * n_pre + rows[:, None],
        mask=inside_rows[:, None] & (streams < batch)[None, :],
        other=0.0,
    )
    third = _of_streams(factor, first, columns, inside_columns, batch, n_post, BATCH)
    return product(sent, -third, True, PRECISION, UNITS)


@triton.jit
def taught(
    tile, rows, columns, inside_rows, inside_columns, before, factor, batch, n_pre, n_post,
    BATCH: tl.constexpr, ONE: tl.constexpr, PRECISION: tl.constexpr, UNITS: tl.constexpr,
):  # fmt: skip
    """Return the tile plus ``before^T factor``, summed over the batch (eq. 8).

    The code subtracts the negative sum. If a tile were added to a product, the compiler would use
    it as the accumulator of the matrix units, which round towards 0 (Fasi et al. 2021); every step
    would then round every weight towards 0.
    """
    change = _correlation(
        before, factor, 0, rows, columns, inside_rows, inside_columns, batch, n_pre, n_post,
        BATCH, PRECISION, UNITS,
    )  # fmt: skip
    if not ONE:
        for first in range(BATCH, batch, BATCH):
            change += _correlation(
                before, factor, first, rows, columns, inside_rows, inside_columns,
                batch, n_pre, n_post, BATCH, PRECISION, UNITS,
            )  # fmt: skip
    return tile - change


@triton.jit
def taught_bias(bias, columns, inside_columns, factor, batch, n_post, BATCH: tl.constexpr):
    """Return the biases of a column of tiles plus the sum of `factor` over the batch."""
    shift = tl.load(bias + columns, mask=inside_columns, other=0.0)
    for first in range(0, batch, BATCH):
        shift += tl.sum(
            _of_streams(factor, first, columns, inside_columns, batch, n_post, BATCH), 0
        )
    tl.debug_barrier()  # each thread has read before one of them writes
    return shift


@triton.jit
def _sent(sent, gate, first, rows, inside, batch, n, GATED: tl.constexpr, BATCH: tl.constexpr):
    x = _of_streams(sent, first, rows, inside, batch, n, BATCH)
    if GATED:
        x *= _of_streams(gate, first, rows, inside, batch, n, BATCH)
    return x


@triton.jit
def multiplied(
    so_far, part, tile, index, rows, columns, inside_rows, inside_columns, sent, gate,
    batch, n_pre, n_post,
    GATED: tl.constexpr, SPIKES: tl.constexpr, BATCH: tl.constexpr, ONE: tl.constexpr,
    PRECISION: tl.constexpr, UNITS: tl.constexpr,
):  # fmt: skip
    """Return ``so_far + sent tile`` (``sent * gate`` if gated), or store it in `part`.

    `index` counts the tiles of this program. The sum stays in registers only if one tile of
    streams holds the whole batch.
    """
    if ONE:
        x = _sent(sent, gate, 0, rows, inside_rows, batch, n_pre, GATED, BATCH)
        so_far += product(x, tile, SPIKES, PRECISION, UNITS)
    else:
        for first in range(0, batch, BATCH):
            x = _sent(sent, gate, first, rows, inside_rows, batch, n_pre, GATED, BATCH)
            drive = product(x, tile, SPIKES, PRECISION, UNITS)
            streams = first + tl.arange(0, BATCH)
            here = part + streams[:, None] * n_post + columns[None, :]
            inside = (streams < batch)[:, None] & inside_columns[None, :]
            drive += tl.load(here, mask=inside & (index > 0), other=0.0)
            tl.store(here, drive, mask=inside)
        tl.debug_barrier()  # other threads of this program may read it back
    return so_far


@triton.jit
def leave(own, part, columns, inside_columns, batch, n_post, BATCH: tl.constexpr):
    """Store this program's part of the drive of the whole batch in `part`."""
    streams = tl.arange(0, BATCH)
    inside = (streams < batch)[:, None] & inside_columns[None, :]
    tl.store(part + streams[:, None] * n_post + columns[None, :], own, mask=inside)


@triton.jit
def is_last(tickets):
    """Return whether all other programs of this column of tiles have stored their parts.

    The barrier waits for the writes of all threads of this program, and the atomic ticket releases
    them to the GPU. The program with the last ticket has acquired the writes of all others.
    """
    tl.debug_barrier()
    ticket = tickets + tl.program_id(1)
    last = tl.atomic_add(ticket, 1, sem="acq_rel", scope="gpu") == tl.num_programs(0) - 1
    if last:
        tl.store(ticket, 0)  # for the next launch
    return last


@triton.jit
def added_up(partial, here, inside, batch, n_post):
    """Return the sum of all parts, from the lowest presynaptic neurons upwards."""
    total = tl.load(partial + here, mask=inside, other=0.0, cache_modifier=".cg")
    for split in tl.range(1, tl.num_programs(0), loop_unroll_factor=4):
        part = partial + tl.cast(split, tl.int64) * batch * n_post
        total += tl.load(part + here, mask=inside, other=0.0, cache_modifier=".cg")
    return total
