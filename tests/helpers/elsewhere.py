"""A second device without a GPU: tensors that say that they are elsewhere, and are on the CPU.

As on a GPU, an operation that meets tensors of both devices fails, unless those on the CPU are
single numbers, and NumPy cannot look at what is elsewhere. Use `Elsewhere` as a context manager,
and `DEVICE` as the device.
"""

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

DEVICE = torch.device("meta")
"""The only device besides the CPU that torch needs no library for; `There` lends it memory."""
INNER = ("data_ptr", "untyped_storage", "tolist")
ALIGNS = {torch.ops.aten.copy_.default, torch.ops.aten._to_copy.default}
INDEXES = {
    torch.ops.aten.index.Tensor,
    torch.ops.aten.index_put_.default,
    torch.ops.aten.index_put.default,
}


class MixedDevices(RuntimeError):
    """An operation has met tensors of two devices."""


class There(Tensor):
    """A tensor that is elsewhere; `inner` is what it holds."""

    inner: Tensor

    @staticmethod
    def __new__(cls, inner):
        made = Tensor._make_wrapper_subclass(
            cls,
            inner.shape,
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            device=DEVICE,
        )
        made.inner = inner
        return made

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        name = getattr(func, "__name__", "")
        if name in INNER:
            return func(args[0].inner)
        if name in ("numpy", "__array__"):
            if (kwargs or {}).get("force"):
                return args[0].inner.numpy()
            raise TypeError("NumPy cannot look at a tensor elsewhere: copy it with cpu() first")
        with torch._C.DisableTorchFunctionSubclass():  # what it returns may be on the CPU
            return func(*args, **(kwargs or {}))

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return carried_out(func, args, kwargs or {})


class FromNumbers(TorchFunctionMode):
    """Makes tensors of numbers on the CPU and moves them, since torch would drop the numbers."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func in (torch.tensor, torch.as_tensor) and _is_there(kwargs.get("device")):
            return func(*args, **kwargs | {"device": "cpu"}).to(DEVICE)
        return func(*args, **kwargs)


class Elsewhere(TorchDispatchMode):
    """A context in which tensors can be made elsewhere."""

    def __enter__(self):
        self._making = FromNumbers()
        self._making.__enter__()
        return super().__enter__()

    def __exit__(self, *failure):
        super().__exit__(*failure)
        self._making.__exit__(*failure)

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return carried_out(func, args, kwargs or {})


def carried_out(func, args, kwargs):
    """Carry out an operation on the CPU; what it makes is where it would be."""
    tensors = [each for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor)]
    there = [each for each in tensors if isinstance(each, There)]
    asked = kwargs.get("device")
    if func not in ALIGNS:
        _check(func, tensors, there)
    if _is_there(asked):
        kwargs = {**kwargs, "device": torch.device("cpu")}
        made_there = True
    else:
        made_there = bool(there) and asked is None
    result = func(*tree_map(_inner, args), **tree_map(_inner, kwargs))
    if func is torch.ops.aten._to_copy.default and asked is not None and _shares(result, tensors):
        result = result.clone()
    if not made_there:
        return result
    known = {id(each.inner): each for each in there}
    return tree_map(lambda part: _outer(part, known), result)


def _is_there(device):
    return device is not None and torch.device(device).type == DEVICE.type


def _check(func, tensors, there):
    """Refuse tensors of two devices, but for single numbers and indices, as CUDA does."""
    if not there or (func in INDEXES and isinstance(tensors[0], There)):
        return
    strangers = [each for each in tensors if not isinstance(each, There) and each.dim()]
    if strangers:
        raise MixedDevices(
            f"{func} has met a tensor {tuple(strangers[0].shape)} on the CPU and one "
            f"{tuple(there[0].shape)} elsewhere"
        )


def _shares(result, tensors):
    return any(_inner(each) is result for each in tensors)


def _inner(part):
    return part.inner if isinstance(part, There) else part


def _outer(part, known):
    if not isinstance(part, Tensor) or isinstance(part, There):
        return part
    seen = known.get(id(part))
    return There(part) if seen is None else seen
