"""Products of a single stream with large matrices on a CPU, which are bound by memory bandwidth.

Matrix libraries multiply a single row with a matrix on one thread, and read the whole matrix. The
functions here split the matrix into parts that threads share, and skip the rows of silent neurons.
The parts do not depend on the number of threads, so neither do the results.
"""

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

LEAST = 1 << 18
"""Least number of weights for which this is faster than an ordinary product."""
PARTS = 8
"""Parts of a sum, for any number of threads."""
FEW = 10
"""Most rows whose outer products with others are faster added one by one than as one product."""


def rows_to_read(pre: Tensor, weight: Tensor) -> Tensor | None:
    """Return the neurons that spiked, if reading only their weights is faster.

    It is faster for a single stream whose activity is 0 or 1, on a CPU, where reading the spikes
    needs no synchronisation, and for weights that do not fit into the cache.

    Parameters
    ----------
    pre : Tensor [..., batch, n_pre]
    weight : Tensor [..., n_pre, n_post]

    Returns
    -------
    int64 Tensor [n_spikes], or None if all weights should be read
    """
    if not _is_single(pre, weight):
        return None
    stream = pre[0]
    rows = stream.nonzero()[:, 0]
    return rows if bool((stream[rows] == 1).all()) else None


def sum_of_rows(rows: Tensor, weight: Tensor, out: Tensor) -> None:
    """Write the sum of some rows of `weight` into `out` [1, n_post]."""
    _add_up(embedding_bag(rows, weight, _starts(len(rows)), mode="sum"), out)


def product(sent: Tensor, matrix: Tensor, out: Tensor) -> None:
    """Write ``sent matrix`` into `out`, shared among threads if that is faster.

    Parameters
    ----------
    sent : Tensor [..., batch, n_from]
    matrix : Tensor [..., n_from, n_to]
    out : Tensor [..., batch, n_to]
    """
    shared = torch.get_num_threads() > 1 and matrix.is_contiguous()
    if not shared or not _is_single(sent, matrix):
        torch.matmul(sent, matrix, out=out)
        return
    rows = torch.arange(len(matrix))
    starts = _starts(len(matrix))
    _add_up(embedding_bag(rows, matrix, starts, mode="sum", per_sample_weights=sent[0]), out)


def better_one_by_one(factor: Tensor, weight: Tensor) -> bool:
    """Return whether a sum of outer products is added to `weight` faster one by one.

    Matrix libraries take two to three times as long for a product over very few rows.

    Parameters
    ----------
    factor : Tensor [..., rows, n_pre]
    weight : Tensor [..., n_pre, n_post]
    """
    large = weight.dim() == 2 and weight.numel() >= LEAST
    return weight.is_cpu and large and factor.shape[-2] <= FEW


def _is_single(sent: Tensor, matrix: Tensor) -> bool:
    """Return whether `sent` is a single stream on a CPU and `matrix` is large."""
    single = sent.dim() == 2 and sent.shape[0] == 1 and matrix.dim() == 2
    plain = sent.is_cpu and not sent.requires_grad and not matrix.requires_grad
    return single and plain and matrix.numel() >= LEAST


def _starts(rows: int) -> Tensor:
    """Return the first row of each part of `rows` rows."""
    return torch.arange(PARTS) * rows // PARTS


def _add_up(parts: Tensor, out: Tensor) -> None:
    torch.sum(parts, 0, keepdim=True, out=out)
