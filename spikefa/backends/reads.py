"""Notices who reads weights that stand still within a presentation."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from spikefa.plasticity.base import Change
from spikefa.synapses import Synapses, Transmitting


class Reads(TorchDispatchMode):
    """A context that notes the projections whose weights or biases an operation reads.

    Parameters
    ----------
    synapses : sequence of Synapses

    Attributes
    ----------
    found : set of int
        Numbers of the projections that were read outside `allowed`.
    """

    def __init__(self, synapses: Sequence[Synapses]):
        super().__init__()
        self.found: set[int] = set()
        self._projections = {
            tensor.untyped_storage().data_ptr(): number
            for number, each in enumerate(synapses)
            for tensor in (each.weight, each.bias)
        }
        self._allowed = False

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Return False: nothing here is compiled, and loading torch's compiler takes seconds."""
        return False

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """Note nothing in this block."""
        self._allowed = True
        try:
            yield
        finally:
            self._allowed = False

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Note the weights that the operation reads, then execute it; a view reads nothing."""
        kwargs = kwargs or {}
        if not self._allowed and not func.is_view:
            for given in tree_leaves((args, kwargs)):
                if isinstance(given, Tensor):
                    number = self._projections.get(given.untyped_storage().data_ptr())
                    self.found |= set() if number is None else {number}
        return func(*args, **kwargs)


@dataclass(eq=False)
class Watched:
    """Lets a projection read its own weights while others are watched."""

    inner: Transmitting
    reads: Reads

    def drive(self, pre: Tensor, out: Tensor) -> None:
        """Write the drive."""
        with self.reads.allowed():
            self.inner.drive(pre, out)

    def apply(self, change: Change) -> None:
        """Take a change."""
        with self.reads.allowed():
            self.inner.apply(change)
