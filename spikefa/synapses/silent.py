"""One stream on a CPU: the weights of silent neurons are not read."""

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

LEAST = 1 << 18
"""Weights from which on reading them takes longer than finding out who is silent."""


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
    alone = pre.dim() == 2 and pre.shape[0] == 1 and weight.dim() == 2
    if not alone or weight.numel() < LEAST or not pre.is_cpu or pre.requires_grad:
        return None
    stream = pre[0]
    rows = stream.nonzero()[:, 0]
    return rows if bool((stream[rows] == 1).all()) else None


def sum_of_rows(rows: Tensor, weight: Tensor, out: Tensor) -> None:
    """Write the sum of these rows of `weight` into `out` [1, n_post].

    They are added up one after the other, as the product with a vector of zeros and ones does it
    that was tried (MKL): the result is then the same, bit for bit.
    """
    start = torch.zeros(1, dtype=torch.int64)
    out.copy_(embedding_bag(rows, weight, start, mode="sum"))
