"""Batch normalisation without weights, and its transpose, by torch's own kernels."""

from collections.abc import Iterator

import torch
from torch import Tensor

_OPS = torch.ops.aten


def standardise(
    x: Tensor, z: Tensor, inverse: Tensor, means: tuple[Tensor, Tensor], momentum: float, eps: float
) -> None:
    """Write ``z = (x - mean) / sqrt(variance + eps)``, over batch and positions.

    Parameters
    ----------
    x, z : Tensor [..., batch, channels, positions]
    inverse : Tensor [..., channels]
        Receives ``1 / sqrt(variance + eps)``.
    means : (Tensor, Tensor) [..., channels]
        Running mean and variance without bias, which follow with weight `momentum`.
    momentum, eps : float
    """
    for own, out, scale, mean, variance in _replicas(x, z, inverse, *means):
        how = None, None, mean, variance, True, momentum, eps
        unused = torch.empty_like(scale)
        _OPS.native_batch_norm.out(own, *how, out=out, save_mean=unused, save_invstd=scale)


def transpose(e: Tensor, z: Tensor, slope: Tensor, d: Tensor) -> None:
    """Write ``d = slope (e - mean(e) - z mean(e z))``, over batch and positions.

    With ``slope = weight / sqrt(variance + eps)`` this is the gradient for x, given that for
    ``weight z + bias``.

    Parameters
    ----------
    e, z, d : Tensor [..., batch, channels, positions]
    slope : Tensor [..., channels]
    """
    for error, own, scale, out in _replicas(e, z, slope, d):
        none, unused = torch.zeros_like(scale), [torch.empty_like(scale) for _ in range(2)]
        how = scale, None, None, none, none + 1, True, 0.0, [True, True, True]
        places = {"out0": out, "out1": unused[0], "out2": unused[1]}
        _OPS.native_batch_norm_backward.out(error, own, *how, **places)


def _replicas(first: Tensor, *others: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Yield the tensors of each replica; those of a single network as they are."""
    yield from [(first, *others)] if first.dim() == 3 else zip(first, *others, strict=True)
