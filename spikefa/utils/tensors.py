"""Trees of tensors: name every tensor of a state, copy one state into another.

All state in spikefa is visible: dataclasses, lists and dictionaries whose leaves are tensors that
are updated in place. That is all a checkpoint, a snapshot or a comparison needs to know.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import torch
from torch import Tensor

from spikefa.errors import SpikefaError

Variable = Tensor | Callable[[], Tensor]
"""A tensor [batch, n] that is updated in place, or what returns one; [1, n] if streams share it."""
CONSTANT = {"constant": True}
"""Metadata of a dataclass field whose tensors never change: `named_tensors` passes it over."""


def current(variable: Variable) -> Tensor:
    """Return the tensor of `variable` as it is now."""
    return variable if isinstance(variable, Tensor) else variable()


def named_tensors(tree: Any, prefix: str = "") -> dict[str, Tensor]:
    """Return every tensor in `tree` under its dotted path.

    Parameters
    ----------
    tree : Tensor, dataclass, mapping or sequence
        The state to walk. Leaves that are not tensors are passed over.
    prefix : str
        Put before each name.

    Examples
    --------
    >>> sorted(named_tensors({"hidden1": [torch.zeros(2), torch.ones(1)]}))
    ['hidden1.0', 'hidden1.1']
    """
    if isinstance(tree, Tensor):
        return {prefix: tree}
    found: dict[str, Tensor] = {}
    for name, branch in _branches(tree):
        found |= named_tensors(branch, f"{prefix}.{name}" if prefix else name)
    return found


def _branches(tree: Any) -> Iterator[tuple[str, Any]]:
    if is_dataclass(tree):
        changing = (item.name for item in fields(tree) if not item.metadata.get("constant"))
        yield from ((name, getattr(tree, name)) for name in changing)
    elif isinstance(tree, Mapping):
        yield from ((str(name), branch) for name, branch in tree.items())
    elif isinstance(tree, list | tuple):
        yield from ((str(index), branch) for index, branch in enumerate(tree))


def add_product(to: Tensor, a: Tensor, b: Tensor, alpha: float = 1.0) -> None:
    """Add ``alpha a b`` to `to`, in place; `[..., n, m]`, with at most one dimension in front.

    Of a single stream it is an outer product, which matrix libraries do not share among threads.
    """
    if a.shape[-1] == 1:
        to.addcmul_(a, b, value=alpha)
        return
    add = to.addmm_ if to.dim() == 2 else to.baddbmm_
    add(a, b, alpha=alpha)


def copy_into(target: Mapping[str, Tensor], source: Mapping[str, Any]) -> None:
    """Copy every tensor of `source` into the tensor of that name in `target`, in place.

    Nothing is copied unless all of them agree; see `check_same`.
    """
    check_same(target, source)
    for name, tensor in target.items():
        tensor.copy_(source[name])


def check_same(target: Mapping[str, Tensor], source: Mapping[str, Any]) -> None:
    """Check that `source` has the names, shapes and dtypes of `target`.

    Raises
    ------
    SpikefaError
        If a name is missing on either side, or a shape or dtype differs.
    """
    different = sorted(set(target) ^ set(source))
    if different:
        raise SpikefaError(f"another network: {different[0]!r} is only in one of the two")
    for name, tensor in target.items():
        given = source[name]
        if not isinstance(given, Tensor):
            raise SpikefaError(f"another network: {name!r} is no tensor")
        if given.shape != tensor.shape or given.dtype != tensor.dtype:
            raise SpikefaError(
                f"another network: {name!r} is {given.dtype} {list(given.shape)}, "
                f"expected {tensor.dtype} {list(tensor.shape)}"
            )


def all_finite(tensors: Mapping[str, Tensor]) -> bool:
    """Return whether every tensor is free of NaN and infinity, with one wait for the device.

    A sum that is finite has only finite terms; one that is not has met NaN or infinity (or
    overflowed, which for a state of this size says the same).
    """
    sums = torch.stack([tensor.sum() for tensor in tensors.values()])
    return bool(torch.isfinite(sums).all())
