"""All that a piece of work may change, so that a trial can be undone."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from spikefa.utils.tensors import copy_into

Container = dict[Any, Any] | list[Any]


@dataclass
class Scope:
    """Tensors, generators and Python objects that a step of some streams may change.

    Attributes
    ----------
    tensors : callable
        Returns every tensor that the step changes in place, by name.
    generators : mapping of str to torch.Generator
    objects : sequence of object
        Objects whose attributes, and the containers in them, may change too.
    """

    tensors: Callable[[], Mapping[str, Tensor]] = dict
    generators: MutableMapping[str, torch.Generator] = field(default_factory=dict)
    objects: Sequence[object] = ()

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Restore everything at the end of the block."""
        tensors = {name: tensor.clone() for name, tensor in self.tensors().items()}
        states = {name: source.get_state() for name, source in self.generators.items()}
        contents = [(each, each.copy()) for each in containers(*self.objects)]
        try:
            yield
        finally:
            for container, content in contents:
                _put_back(container, content)
            copy_into(self.tensors(), tensors)
            for name, source in self.generators.items():
                source.set_state(states[name])

    def numbers(self) -> dict[tuple[int, Any], float]:
        """Return the numbers that the objects hold, by container and name or index."""
        return {
            (id(each), key): value
            for each in containers(*self.objects)
            for key, value in (each.items() if isinstance(each, dict) else enumerate(each))
            if isinstance(value, int | float)
        }

    def renew_generators(self) -> None:
        """Replace all generators by new ones in the same states.

        After a failed capture the old generators may still be registered with its graph.
        """
        for name, old in self.generators.items():
            self.generators[name] = torch.Generator(old.device)
            self.generators[name].set_state(old.get_state())


def containers(*objects: object) -> list[Container]:
    """Return all dictionaries and lists in the objects and their attributes.

    The contents of tensors, classes and modules are left out.
    """
    found: list[Container] = []
    seen: set[int] = set()
    waiting = list(objects)
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or isinstance(thing, Tensor | type | ModuleType):
            continue
        seen.add(id(thing))
        if isinstance(thing, dict | list):
            found.append(thing)
            waiting += thing.values() if isinstance(thing, dict) else thing
        elif isinstance(thing, tuple):
            waiting += thing
        else:
            waiting.append(getattr(thing, "__dict__", ()))
    return found


def _put_back(container: Container, content: Any) -> None:
    if isinstance(container, list):
        container[:] = content
    else:
        container.update(content)
        for key in set(container) - set(content):
            del container[key]
