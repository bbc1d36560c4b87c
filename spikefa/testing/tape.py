"""A recording of tensor operations that stands in for a CUDA graph, on any device."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from spikefa.backends.trace import Trace


class Tape(Trace):
    """Repeats operations as a CUDA graph does: the same ones, on the same tensors and numbers.

    While it records, every operation is executed, and kept with its tensors and numbers. A replay
    executes the operations again, without the Python code between them, and overwrites what they
    allocated when they were recorded. On a machine without a GPU, a difference between a replay
    and the Python code then shows that the code would not do the same every time.

    Parameters
    ----------
    device : torch.device
    generators : iterable of torch.Generator
        From which the work draws; a replay draws on.
    room : optional
        Ignored; CUDA graphs share memory.
    """

    def __init__(
        self, device: torch.device, generators: Iterable[torch.Generator] = (), room: Any = None
    ):
        super().__init__(device, list(generators))
        self._operations: list[tuple[Any, Sequence[Any], Mapping[str, Any], list[Any]]] = []

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Execute the operation and keep it."""
        result = super().__torch_dispatch__(func, types, args, kwargs)
        self._operations.append((func, args, kwargs or {}, tree_leaves(result)))
        return result

    def note(self, operation: Callable[[], None]) -> None:
        """Execute and keep an operation that torch does not see, such as a kernel."""
        operation()
        self._operations.append((operation, (), {}, tree_leaves(None)))

    def record(self, work: Callable[[], None]) -> None:
        """Execute the work and keep its operations."""
        with self:
            work()

    def replay(self) -> None:
        """Execute the same operations on the same tensors again."""
        for func, args, kwargs, kept in self._operations:
            with torch.no_grad():
                for old, new in zip(kept, tree_leaves(func(*args, **kwargs)), strict=True):
                    if isinstance(old, Tensor) and old.data_ptr() != new.data_ptr():
                        old.copy_(new)


class Recorded:
    """Work that is executed at the first call, and repeated from a tape at every later call.

    Parameters
    ----------
    work : callable
    device : torch.device
    """

    def __init__(self, work: Callable[[], None], device: torch.device):
        self._work = work
        self._tape = Tape(device)
        self._is_first = True

    def __call__(self) -> None:
        """Execute the work, or repeat it from the tape."""
        if self._is_first:
            self._tape.record(self._work)
        else:
            self._tape.replay()
        self._is_first = False
