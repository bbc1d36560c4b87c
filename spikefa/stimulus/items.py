"""The items of a presentation, given by a sampler or by a user."""

from typing import Any

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.utils.numbers import shown

INTEGERS = {torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64}


def check_items(items: Any, of: Tensor, count: int) -> None:
    """Refuse items that are no numbers of items, one for each stream.

    Whether there are such items is only looked at on the CPU: nothing may wait for a device.

    Parameters
    ----------
    items : int Tensor [streams]
    of : Tensor [streams]
        The tensor that takes them.
    count : int
        Number of items that there are.

    Raises
    ------
    SpikefaError
        If they are of another kind, shape or range.
    """
    fits = isinstance(items, Tensor) and items.dtype in INTEGERS and items.shape == of.shape
    require(
        fits,
        f"the items to show are {shown(items)}: give an int64 tensor of shape {tuple(of.shape)}, "
        "the number of an item for each stream",
    )
    if items.device.type == "cpu":
        low, high = (int(each) for each in items.aminmax())
        require(
            low >= 0 and high < count,
            f"the items to show are {low} to {high}: give 0 to {count - 1}",
        )
