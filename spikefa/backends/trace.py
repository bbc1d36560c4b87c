"""Traces the operations of a step, and finds those that cannot be captured."""

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

TORCH = Path(torch.__file__).parent
VALUES = ("tolist", "numpy", "__array__", "item", "__bool__", "__int__", "__float__", "__index__")
"""Methods with which the host reads the values of a tensor."""


class NotCapturable(Exception):
    """A step cannot be captured; the message says why."""


class Trace(TorchDispatchMode):
    """A context that notes every tensor operation, and refuses those that no graph can hold.

    It refuses operations that read values on the host, or use tensors on another device.

    Parameters
    ----------
    device : torch.device
        Where the network lives.
    generators : sequence of torch.Generator
        The generators that a step may draw from.

    Attributes
    ----------
    calls : list of tuple
        The operations in order, each with its numbers.

    Raises
    ------
    NotCapturable
        At the first operation that no graph can hold, with file and line.
    """

    def __init__(self, device: torch.device, generators: Sequence[torch.Generator] = ()):
        super().__init__()
        self.calls: list[tuple[Any, ...]] = []
        self._device = device
        self._seeds = {source.initial_seed() for source in generators}
        self._inside = ExitStack()

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Return False: nothing here is compiled, and loading torch's compiler takes seconds."""
        return False

    def __enter__(self) -> "Trace":
        self._inside.enter_context(_NoValues())
        super().__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self._inside.close()

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Check and note the operation, then execute it."""
        kwargs = kwargs or {}
        self._check(func, args, kwargs)
        with torch._C.DisableTorchFunction():  # otherwise reading constants would be refused
            self.calls.append((str(func), *self._constants(func, args, kwargs)))
        return func(*args, **kwargs)

    def _check(self, func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        if _depends_on_data(func, args):
            refuse("asks for the values of a tensor")
        if torch.Tag.nondeterministic_seeded in func.tags:
            source = kwargs.get("generator")
            if source is None or source.initial_seed() not in self._seeds:
                refuse("draws random numbers for itself")
        written = [id(each) for each in _written(func, args, kwargs)]
        for tensor in filter(self._is_elsewhere, tree_leaves((args, kwargs))):
            if tensor.dim() or id(tensor) in written:
                refuse(f"uses a tensor on the {tensor.device.type}, which only the host can do")

    def _is_elsewhere(self, given: object) -> bool:
        return isinstance(given, Tensor) and given.device.type != self._device.type

    def _constants(
        self, func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Iterator[str]:
        """Yield the values that a graph would freeze: numbers, and tensors made of numbers."""
        made_of_numbers = func is torch.ops.aten.lift_fresh.default
        for given in tree_leaves((args, kwargs)):
            if isinstance(given, Tensor):
                if made_of_numbers or self._is_elsewhere(given):
                    yield str(given.tolist())
            elif not isinstance(given, torch.Generator):
                yield str(given)


class _NoValues(TorchFunctionMode):
    """Refuses methods that read values on the CPU without an operation; a GPU would wait."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if getattr(func, "__name__", "") in VALUES:
            refuse("asks for the values of a tensor")
        return func(*args, **(kwargs or {}))


def refuse(what: str) -> None:
    """Raise `NotCapturable`: `what` the calling code outside torch does, with file and line."""
    frames = traceback.extract_stack()[:-1]
    own = Path(__file__)
    outside = [
        frame
        for frame in frames
        if Path(frame.filename) != own and TORCH not in Path(frame.filename).parents
    ]
    file, line = Path(outside[-1].filename), outside[-1].lineno
    raise NotCapturable(f"{file.name}, line {line}, {what}")


def _written(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
    """Return the tensors that an operation changes."""
    parameters = func._schema.arguments
    named = {each.name: value for each, value in zip(parameters, args, strict=False)} | {**kwargs}
    changed = (each.name for each in parameters if each.alias_info and each.alias_info.is_write)
    return tree_leaves([named[name] for name in changed if name in named])


def _depends_on_data(func: Any, args: Sequence[Any]) -> bool:
    """Return whether the host has to wait for the result of `func` before it can continue."""
    if torch.Tag.data_dependent_output in func.tags:
        return True
    if func is torch.ops.aten.index.Tensor:  # only if the index is a mask
        return any(each is not None and each.dtype in (torch.bool, torch.uint8) for each in args[1])
    return torch.Tag.dynamic_output_shape in func.tags
