"""What a piece of work may change, so that it can be done on trial and taken back."""

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
        Returns every tensor that it changes in place, by name.
    generators : mapping of str to torch.Generator
    objects : sequence of object
        Their attributes, and what these hold, may be changed too.
    """

    tensors: Callable[[], Mapping[str, Tensor]] = dict
    generators: MutableMapping[str, torch.Generator] = field(default_factory=dict)
    objects: Sequence[object] = ()

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Take back, at the end, whatever was done."""
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
        """Return the numbers that the objects hold: by whose they are, and their name or place."""
        return {
            (id(each), key): value
            for each in containers(*self.objects)
            for key, value in (each.items() if isinstance(each, dict) else enumerate(each))
            if isinstance(value, int | float)
        }

    def renew_generators(self) -> None:
        """Put new generators, in the same states, in the place of all.

        A capture that failed may have left the old ones waiting for its end.
        """
        for name, old in self.generators.items():
            self.generators[name] = torch.Generator(old.device)
            self.generators[name].set_state(old.get_state())


def containers(*objects: object) -> list[Container]:
    """Return the dictionaries and lists that objects are made of, those of attributes included.

    Tensors and classes are not looked into.
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
