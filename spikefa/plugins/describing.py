"""Describe the parts of a run as plain data, so that two runs can be compared.

A part is described by its class and its arguments; an array by a hash of its content; a function by
its name, its defaults and what it has closed over. Code of the user is told apart by a hash, which
is kept separately: changed code may still be meant as the same.
"""

import hashlib
import inspect
import math
from collections.abc import Iterator, Mapping, Set
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import cache, partial
from pathlib import PurePath
from types import FunctionType, MethodType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from spikefa.plugins.user_code import (
    DIGITS,
    code_hash,
    from_file,
    in_standard_library,
    is_users,
    source_file,
)
from spikefa.utils.scalars import plain

Description = dict[str, Any]
"""Names to numbers, strings, None, and lists of them. The names of what belongs to a part end with
the name of the part: ``cap of encoding``."""

LONGEST = 100
"""Longer lists are described by a hash."""
NOT_NOTED = {"numpy", "torch"}
"""Packages whose code is not the user's; other packages offer rules, circuits and neurons."""
WHERE = {"device", "dtype"}
"""Arguments that are the same for all parts of a network, and compared once."""
DEEPEST = 12
"""Parts of parts are described down to this depth."""


class Describer:
    """Describes parts, and collects the hashes of the user's code that they use.

    Parameters
    ----------
    arrays : bool, default True
        Whether arrays are described; if not, only that there are some.

    Attributes
    ----------
    code : dict of str
        Hashes of the user's classes and functions, by name.
    """

    def __init__(self, arrays: bool = True):
        self.arrays = arrays
        self.code: dict[str, str] = {}
        self._inside: list[int] = []

    def describe(self, name: str, value: object) -> Description:
        """Return the description of a part that is called `name`."""
        return dict(_flat(name, self._content(value)))

    def _content(self, value: Any) -> Any:
        value = plain(value)
        if value is None or isinstance(value, bool | int | str):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if isinstance(value, np.ndarray | Tensor):
            return self._array(value)
        if isinstance(value, bytes | bytearray):
            return _hash(bytes(value))
        if id(value) in self._inside or len(self._inside) >= DEEPEST:
            return type(value).__name__  # it holds itself
        self._inside.append(id(value))
        try:
            return self._composed(value)
        finally:
            self._inside.pop()

    def _composed(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {_key(name): self._content(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return _short([self._content(each) for each in value])
        if isinstance(value, Set):
            return _short(sorted((self._content(each) for each in value), key=repr))
        if isinstance(value, type):
            return self._named(value)
        if isinstance(value, FunctionType):
            return self._function(value)
        if isinstance(value, MethodType):
            return {"method": value.__name__, "object": self._content(value.__self__)}
        if isinstance(value, partial):
            arguments = {str(n): each for n, each in enumerate(value.args)} | value.keywords
            return {
                "": self._content(value.func),
                **{name: self._content(each) for name, each in arguments.items()},
            }
        if isinstance(value, torch.dtype | torch.device | PurePath | range):
            return str(value)
        if callable(value) and hasattr(value, "__name__"):  # of a compiled module
            return f"{getattr(value, '__module__', '')}.{value.__name__}"
        arguments = {name: self._content(each) for name, each in _arguments(value)}
        return {"class": self._named(type(value)), **arguments}

    def _array(self, array: np.ndarray | Tensor) -> str:
        if not self.arrays:
            return "array"
        if isinstance(array, Tensor):
            array = array.detach().cpu().numpy()
        shape = "x".join(map(str, array.shape))
        content = _hash(np.ascontiguousarray(array).data)[:DIGITS]
        return f"{array.dtype} array {shape} {content}"

    def _named(self, cls: type) -> str:
        """Return the name of a class; note its code and that of its bases, if a user wrote it."""
        for each in cls.__mro__:
            self._note(each)
        return name_of(cls)

    def _function(self, function: FunctionType) -> Description:
        self._note(function)
        described = {"": name_of(function), **self._content(_closed_over(function))}
        if function.__defaults__:
            described["defaults"] = self._content(function.__defaults__)
        return described

    def _note(self, thing: type | FunctionType) -> None:
        """Keep the hash of the code of a class or function that a user wrote."""
        package = thing.__module__.split(".")[0]
        if not is_users(thing) or in_standard_library(thing) or package in NOT_NOTED:
            return
        code = code_hash(thing)
        if code is not None:
            self.code[name_of(thing)] = code


def describe(name: str, value: object) -> Description:
    """Return the description of a part that is called `name`; see `Describer`."""
    return Describer().describe(name, value)


def code_of(*values: object) -> dict[str, str]:
    """Return the hashes of the user's code that these parts use, by name."""
    describer = Describer(arrays=False)
    for value in values:
        describer.describe("", value)
    return describer.code


def name_of(thing: type | FunctionType) -> str:
    """Return the name of a class or function; of one in a user's file ``FILE:NAME``."""
    file = source_file(thing) if from_file(thing) else None
    return (
        f"{file.name}:{thing.__qualname__}" if file else f"{thing.__module__}.{thing.__qualname__}"
    )


def _arguments(part: object) -> Iterator[tuple[str, Any]]:
    """Yield the arguments that a part was made with, and other attributes that are plain data."""
    made = {item.name for item in fields(part) if not item.init} if is_dataclass(part) else set()
    cls: Any = type(part)
    given = [name for name in _parameters(cls) if name not in made | WHERE]
    others = [
        name
        for name, value in getattr(part, "__dict__", {}).items()
        if not name.startswith("_") and name not in {*made, *given, *WHERE} and _is_plain(value)
    ]
    for name in (*given, *others):
        try:
            yield name, getattr(part, name)
        except AttributeError:  # an argument that the part does not keep
            continue


@cache
def _parameters(cls: Any) -> list[str]:
    try:
        return list(inspect.signature(cls).parameters)
    except (TypeError, ValueError):
        return []


def _is_plain(value: object) -> bool:
    value = plain(value)
    if isinstance(value, tuple | list):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)


def _flat(name: str, content: Any) -> Iterator[tuple[str, Any]]:
    """Yield every number, string and list in nested mappings under a name of its own."""
    if not isinstance(content, dict):
        yield name, content
        return
    for own, each in content.items():
        yield from _flat(f"{own} of {name}" if own and name else own or name, each)


def _short(content: list[Any]) -> list[Any] | str:
    if len(content) <= LONGEST:
        return content
    return f"{len(content)} values, sha256 {_hash(repr(content).encode())}"


def _key(name: Any) -> str:
    return repr(float(name)) if isinstance(plain(name), int | float) else str(name)


def _hash(content: bytes | memoryview) -> str:
    return hashlib.sha256(content).hexdigest()


def _closed_over(function: FunctionType) -> dict[str, Any]:
    """Return the variables outside a function that it uses, except the global ones."""
    inner = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    found = {}
    for name, cell in inner:
        with suppress(ValueError):  # the variable is not set yet
            found[name] = cell.cell_contents
    return found
