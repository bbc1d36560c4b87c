"""Products of one stream on a CPU, where they are as fast as the memory that holds the matrix.

The library that multiplies matrices reads all of a matrix, and on one thread if a single row is to
be multiplied with it. Here a matrix is cut into parts that threads share, always the same ones,
and the rows of neurons that are silent are left out.
"""

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

LEAST = 1 << 18
"""Weights from which on reading them takes longer than to prepare for that."""
PARTS = 8
"""Parts of a sum, whatever the number of threads is, so that this changes no bit."""


def rows_to_read(pre: Tensor, weight: Tensor) -> Tensor | None:
    """Return the neurons that spiked, if it is worth while to read their weights alone.

    It is for one stream of spikes, and nothing but spikes, on a CPU, where to look at them means no
    waiting, and for weights that are too many to stay in the cache.

    Parameters
    ----------
    pre : Tensor [..., batch, n_pre]
    weight : Tensor [..., n_pre, n_post]

    Returns
    -------
    int64 Tensor [n_spikes], or None if all are to be read
    """
    if not _is_alone(pre, weight):
        return None
    stream = pre[0]
    rows = stream.nonzero()[:, 0]
    return rows if bool((stream[rows] == 1).all()) else None


def sum_of_rows(rows: Tensor, weight: Tensor, out: Tensor) -> None:
    """Write the sum of these rows of `weight` into `out` [1, n_post]."""
    _add_up(embedding_bag(rows, weight, _starts(len(rows)), mode="sum"), out)


def product(sent: Tensor, matrix: Tensor, out: Tensor) -> None:
    """Write ``sent matrix`` into `out` `[..., batch, n_to]`, shared among threads if it pays.

    Parameters
    ----------
    sent : Tensor [..., batch, n_from]
    matrix : Tensor [..., n_from, n_to]
    out : Tensor [..., batch, n_to]
    """
    if torch.get_num_threads() == 1 or not _is_alone(sent, matrix):
        torch.matmul(sent, matrix, out=out)
        return
    rows = torch.arange(len(matrix))
    starts = _starts(len(matrix))
    _add_up(embedding_bag(rows, matrix, starts, mode="sum", per_sample_weights=sent[0]), out)


def _is_alone(sent: Tensor, matrix: Tensor) -> bool:
    """Return whether it is one stream, on a CPU, before a matrix that is worth the effort."""
    alone = sent.dim() == 2 and sent.shape[0] == 1 and matrix.dim() == 2
    plain = sent.is_cpu and not sent.requires_grad and not matrix.requires_grad
    return alone and plain and matrix.numel() >= LEAST


def _starts(rows: int) -> Tensor:
    """Return where each part of so many rows begins."""
    return torch.arange(PARTS) * rows // PARTS


def _add_up(parts: Tensor, out: Tensor) -> None:
    torch.sum(parts, 0, keepdim=True, out=out)
