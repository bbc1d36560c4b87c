"""The items of a presentation, given by a sampler or by a user."""

from typing import Any, NoReturn

import torch
from torch import Tensor

from spikefa.errors import SpikefaError, require
from spikefa.utils.numbers import shown

INTEGERS = {torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64}


def check_items(items: Any, of: Tensor) -> None:
    """Refuse items that are not whole numbers, one for each stream.

    Whether there are such items is not looked at, since nothing may wait for a device; see `pick`.

    Parameters
    ----------
    items : int Tensor [streams]
    of : Tensor [streams]
        The tensor that takes them.

    Raises
    ------
    SpikefaError
        If they are of another kind or shape.
    """
    require(
        isinstance(items, Tensor) and items.dtype in INTEGERS and items.shape == of.shape,
        f"the items to show are {shown(items)}: give an int64 tensor of shape {tuple(of.shape)}, "
        "the number of an item for each stream",
    )


def pick(rows: Tensor, items: Tensor, out: Tensor) -> None:
    """Write the rows of `items` into `out`.

    Raises
    ------
    SpikefaError
        On a CPU, if there is no such row.
    """
    try:
        torch.index_select(rows, 0, items, out=out)
    except IndexError as error:
        refuse_items(len(rows), error)


def refuse_items(count: int, cause: Exception | None = None) -> NoReturn:
    """Refuse items that are not among those there are, which are `count`."""
    raise SpikefaError(
        f"the items to show are not all from 0 to {count - 1}: give such numbers"
    ) from cause
