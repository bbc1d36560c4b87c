"""Trees of tensors: naming every tensor of a state, copying one state into another.

State consists of dataclasses, lists and dictionaries whose leaves are tensors that are updated in
place. Checkpoints, snapshots and comparisons rely on nothing else.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import torch
from torch import Tensor

from spikefa.errors import SpikefaError

Variable = Tensor | Callable[[], Tensor]
"""A tensor [batch, n] updated in place, or a function that returns one; [1, n] if shared."""
SUBNORMAL = {
    dtype: torch.finfo(dtype).tiny * (1 - torch.finfo(dtype).eps)
    for dtype in (torch.float32, torch.float64)
}
"""The largest number of each dtype that has lost digits because it is too small."""
CONSTANT = {"constant": True}
"""Metadata of a dataclass field whose tensors never change; `named_tensors` ignores it."""
LASTING = {"lasting": True}
"""Metadata of a dataclass field that does not return to rest with the activity of its stream."""


def current(variable: Variable) -> Tensor:
    """Return the present tensor of `variable`."""
    return variable if isinstance(variable, Tensor) else variable()


def named_tensors(tree: Any, prefix: str = "", *, lasting: bool = True) -> dict[str, Tensor]:
    """Return every tensor in `tree` under its dotted path.

    Parameters
    ----------
    tree : Tensor, dataclass, mapping or sequence
        The state to walk. Leaves that are not tensors are ignored.
    prefix : str
        Prepended to each name.
    lasting : bool, default True
        Whether to include fields that are declared `LASTING`.

    Examples
    --------
    >>> sorted(named_tensors({"hidden1": [torch.zeros(2), torch.ones(1)]}))
    ['hidden1.0', 'hidden1.1']
    """
    if isinstance(tree, Tensor):
        return {prefix: tree}
    found: dict[str, Tensor] = {}
    for name, branch in _branches(tree, lasting):
        found |= named_tensors(branch, f"{prefix}.{name}" if prefix else name, lasting=lasting)
    return found


def _branches(tree: Any, lasting: bool) -> Iterator[tuple[str, Any]]:
    if is_dataclass(tree):
        without = ["constant", *([] if lasting else ["lasting"])]
        changing = (item.name for item in fields(tree) if not any(map(item.metadata.get, without)))
        yield from ((name, getattr(tree, name)) for name in changing)
    elif isinstance(tree, Mapping):
        yield from ((str(name), branch) for name, branch in tree.items())
    elif isinstance(tree, list | tuple):
        yield from ((str(index), branch) for index, branch in enumerate(tree))


def flush(tensor: Tensor) -> Tensor:
    """Set subnormal numbers to 0 in place, on a CPU, and return the tensor; NaN stays.

    What decays towards 0 would otherwise go through numbers below 1.2e-38 (in float32), with which
    many processors compute products 2 to 4 times more slowly. GPUs do not.
    """
    if tensor.is_cpu:
        torch.hardshrink(tensor, SUBNORMAL[tensor.dtype], out=tensor)
    return tensor


def leak(potential: Tensor, drive: Tensor, tau: float) -> None:
    """Let a potential leak, and add a drive: ``V <- (1 - tau) V + tau drive``, in place."""
    potential.lerp_(drive, tau)
    if tau < 1:
        flush(potential)


def add_product(to: Tensor, a: Tensor, b: Tensor, alpha: float = 1.0) -> None:
    """Add ``alpha a b`` in place to `to`, `[n, m]` or `[replicas, n, m]`.

    For a single stream this is an outer product, which matrix libraries compute on one thread only;
    it is then computed elementwise.
    """
    if a.shape[-1] == 1:
        to.addcmul_(a, b, value=alpha)
        return
    add = to.addmm_ if to.dim() == 2 else to.baddbmm_
    add(a, b, alpha=alpha)


def copy_into(target: Mapping[str, Tensor], source: Mapping[str, Any]) -> None:
    """Copy every tensor of `source` into the tensor of that name in `target`, in place.

    Nothing is copied unless all names, shapes and dtypes agree; see `check_same`.
    """
    check_same(target, source)
    for name, tensor in target.items():
        tensor.copy_(source[name])


def check_same(target: Mapping[str, Tensor], source: Mapping[str, Any]) -> None:
    """Check that `source` has the names, shapes and dtypes of `target`.

    Raises
    ------
    SpikefaError
        If a name is missing on one side, or a shape or dtype differs.
    """
    different = sorted(set(target) ^ set(source))
    if different:
        raise SpikefaError(f"another network: {different[0]!r} is in only one of the two")
    for name, tensor in target.items():
        given = source[name]
        if not isinstance(given, Tensor):
            raise SpikefaError(f"another network: {name!r} is not a tensor")
        if given.shape != tensor.shape or given.dtype != tensor.dtype:
            raise SpikefaError(
                f"another network: {name!r} is {given.dtype} {list(given.shape)}, "
                f"expected {tensor.dtype} {list(tensor.shape)}"
            )


def all_finite(tensors: Mapping[str, Tensor]) -> bool:
    """Return whether every tensor is free of NaN and infinity, with one wait for each device.

    The sums are checked: a finite sum has finite terms only. A sum that overflows counts as
    infinite too.
    """
    sums: dict[torch.device, list[Tensor]] = {}
    for tensor in tensors.values():
        sums.setdefault(tensor.device, []).append(tensor.sum())
    return all(bool(torch.isfinite(torch.stack(own)).all()) for own in sums.values())
