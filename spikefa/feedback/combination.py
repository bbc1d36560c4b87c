"""Functions F of the general feedback rule, which combine the errors that meet in a population."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor

CombinationName = Literal["mean", "sum", "tanh"]
Combination = Callable[[Sequence[Tensor], Tensor], None]
"""Writes a combination of several tensors `[..., batch, n]` into its second argument. The value of
each neuron depends only on the errors that arrive at that neuron."""


def total(terms: Sequence[Tensor], out: Tensor) -> None:
    """Write the sum of the terms."""
    out.copy_(terms[0])
    for term in terms[1:]:
        out.add_(term)


def mean(terms: Sequence[Tensor], out: Tensor) -> None:
    """Write the mean of the terms, as the experiments of the paper do."""
    total(terms, out)
    out.div_(len(terms))


def tanh(terms: Sequence[Tensor], out: Tensor) -> None:
    """Write tanh of the sum, so that neurons interleave linear and nonlinear operations."""
    total(terms, out)
    torch.tanh(out, out=out)


COMBINATIONS: Mapping[str, Combination] = {"mean": mean, "sum": total, "tanh": tanh}
