"""Replicas side by side: a leading dimension on every tensor of a tree of objects.

All objects are built for a single network. `side_by_side` gives their tensors a leading dimension,
and `replica` returns one of the replicas: the same objects, on views of the tensors. So the code
for a single network also draws the weights, sets up the states and declares the variables of all.

Everything here takes `replicas=None` for a single network, which has no such dimension.
"""

import copy
from collections.abc import Callable, Iterable, Sequence
from math import isfinite, nan
from statistics import stdev
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from spikefa.errors import require
from spikefa.utils.numbers import whole_number
from spikefa.utils.scalars import is_number

Tree = TypeVar("Tree")


def side_by_side(
    tree: Tree, replicas: int | None, keep: Iterable[object] = (), beside: Iterable[Tensor] = ()
) -> Tree:
    """Return a copy of `tree` whose tensors hold `replicas` times what they held.

    A tensor `[...]` becomes `[replicas, ...]`, the same in each; views of one tensor stay views of
    one tensor. A scalar is not copied: it counts, or holds a rate, for all replicas.

    Parameters
    ----------
    tree : object
        Anything that can be copied deeply: dataclasses, collections, objects with attributes.
    replicas : int or None
        With None the tree itself is returned.
    keep : iterable of object
        Objects that are not copied, but shared by the tree that is returned.
    beside : iterable of Tensor
        Tensors that are side by side already, made by this function. Where `tree` has a view of the
        first replica of one, the tree that is returned has that view of all replicas.
    """
    if replicas is None:
        return tree
    rooms = {_storage(tensor): tensor for tensor in beside}

    def widened(tensor: Tensor) -> Tensor:
        if tensor.dim() == 0:
            return tensor
        place = _storage(tensor)
        if place not in rooms:
            whole = tensor.as_strided((_elements(tensor),), (1,), 0)
            rooms[place] = whole.expand(replicas, -1).clone()
        room = rooms[place]
        return _repeated(tensor, room, replicas, _elements(room) // replicas)

    return copied(tree, widened, keep)


def replica(tree: Tree, number: int, keep: Iterable[object] = ()) -> Tree:
    """Return what `side_by_side` was given, on views of the tensors of replica `number`.

    Parameters
    ----------
    tree : object
        As `side_by_side` returned it.
    number : int
        From 0.
    keep : iterable of object
        Objects that are not copied.
    """
    return copied(tree, lambda tensor: tensor[number] if tensor.dim() else tensor, keep)


def each_replica(tree: Tree, replicas: int | None, keep: Sequence[object] = ()) -> list[Tree]:
    """Return all replicas of `tree`; with None, the tree itself alone."""
    if replicas is None:
        return [tree]
    return [replica(tree, number, keep) for number in range(replicas)]


def become(thing: object, other: object) -> None:
    """Give an object all attributes of another one of its class.

    `side_by_side` copies, but a circuit must stay the object that its user holds: this is the only
    place where the attributes of an object are replaced from outside.
    """
    vars(thing).update(vars(other))


def across(views: Sequence[Tensor]) -> Tensor:
    """Return the tensor `[replicas, ...]` whose replicas are `views`, without a copy."""
    first, second = views[0], views[min(1, len(views) - 1)]
    step = int(second.storage_offset()) - int(first.storage_offset())
    return _repeated(first, first, len(views), step)


def seeds_of(seed: int | Sequence[int], replicas: int | None) -> list[int]:
    """Return the seed of each replica: those given, or `seed` and its successors.

    Raises
    ------
    SpikefaError
        If there are more or fewer seeds than replicas, or a seed is given twice.
    """
    wanted = 1 if replicas is None else replicas
    if is_number(seed):
        first = whole_number(seed, "a seed")
        return list(range(first, first + wanted))
    seeds = [whole_number(each, "a seed") for each in seed]  # type: ignore[union-attr]
    has = f"{wanted} replicas" if replicas else "no replicas"
    require(
        len(seeds) == wanted,
        f"{len(seeds)} seeds for a network that has {has}: give Network(..., replicas={len(seeds)})"
        f", or {wanted} seed{'s' * (wanted > 1)}",
    )
    require(
        len(set(seeds)) == wanted, f"a seed comes twice in {seeds}: two replicas would be the same"
    )
    return seeds


def copies(replicas: int | None) -> int:
    """Return how often tensors are in memory while `side_by_side` copies a single network."""
    return 1 if replicas is None else replicas + 1


def on_meta(tree: Tree, visit: Callable[[Tensor], object] | None = None) -> Tree:
    """Return a copy whose tensors are on torch's device "meta", so that they take no memory.

    `visit`, if given, is called with each of its tensors.
    """

    def moved(tensor: Tensor) -> Tensor:
        found = tensor.to("meta")
        if visit is not None:
            visit(found)
        return found

    return copied(tree, moved, ())


def visit_tensors(tree: object, visit: Callable[[Tensor], object]) -> None:
    """Call `visit` with every tensor of a tree of objects."""

    def seen(tensor: Tensor) -> Tensor:
        visit(tensor)
        return tensor

    copied(tree, seen, ())


def deviation(values: Sequence[float]) -> float:
    """Return the standard deviation over replicas, with n - 1.

    It is nan for fewer than two, or if one of them is no number.
    """
    return stdev(values) if len(values) > 1 and all(map(isfinite, values)) else nan


def copied(tree: Tree, replace: Callable[[Tensor], Tensor], keep: Iterable[object] = ()) -> Tree:
    """Return a deep copy in which `replace` says what each tensor becomes.

    `keep` are objects that are not copied.
    """
    with torch.no_grad(), _Replacing(replace):
        return copy.deepcopy(tree, {id(each): each for each in keep})


class _Replacing(TorchFunctionMode):
    """A context in which a deep copy of a tensor is what `replace` returns for it."""

    def __init__(self, replace: Callable[[Tensor], Tensor]):
        super().__init__()
        self.replace = replace

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if func is Tensor.__deepcopy__:
            return self.replace(args[0])
        return func(*args, **(kwargs or {}))


def _repeated(tensor: Tensor, room: Tensor, replicas: int, step: int) -> Tensor:
    """Return `tensor`, `replicas` times `step` elements apart, in the memory of `room`."""
    shape, stride = (replicas, *tensor.shape), (step, *tensor.stride())
    return room.as_strided(shape, stride, tensor.storage_offset())


def _storage(tensor: Tensor) -> int:
    return tensor.untyped_storage()._cdata


def _elements(tensor: Tensor) -> int:
    return tensor.untyped_storage().nbytes() // tensor.element_size()
