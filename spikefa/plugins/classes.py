"""Rules, circuits and neurons by name: built in, of an installed package, or of the user's file.

Wherever a class is asked for it may be given as

- a name of the list: ``FA``, or one that an installed package offers as an entry point;
- a dotted path: ``spikefa.feedback.FA``, ``mypackage.module.Class`` or ``mypackage.module:Class``;
- a file and a class in it: ``my_rules.py:Decorrelated``.

A package offers a class with an entry point in the group ``spikefa.rules``, ``spikefa.feedback`` or
``spikefa.neurons``.
"""

import importlib
import inspect
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from spikefa.errors import SpikefaError, require
from spikefa.plugins.user_code import from_file, import_file, source_file


@dataclass(frozen=True)
class Seam:
    """A place where classes of others fit.

    Attributes
    ----------
    kind : str
        What `spikefa list` calls them.
    package : str
        The module that has the built-in ones in its ``__all__``.
    base : str
        The class in it that all of them subclass.
    """

    kind: str
    package: str
    base: str

    @property
    def group(self) -> str:
        """The group of entry points."""
        return f"spikefa.{self.kind}"

    def base_class(self) -> type:
        """Return the class that all of them subclass."""
        found: type = getattr(importlib.import_module(self.package), self.base)
        return found


SEAMS = {
    seam.kind: seam
    for seam in (
        Seam("rules", "spikefa.plasticity", "PlasticityRule"),
        Seam("feedback", "spikefa.feedback", "FeedbackCircuit"),
        Seam("neurons", "spikefa.neurons", "Population"),
    )
}


def built_in(seam: Seam) -> dict[str, type]:
    """Return the classes that spikefa brings, by name."""
    package, base = importlib.import_module(seam.package), seam.base_class()
    exported = {name: getattr(package, name) for name in sorted(package.__all__)}
    return {
        name: item
        for name, item in exported.items()
        if inspect.isclass(item) and issubclass(item, base) and not inspect.isabstract(item)
    }


def offered(seam: Seam) -> dict[str, EntryPoint]:
    """Return what installed packages offer, by name; nothing of it is imported."""
    return {point.name: point for point in entry_points(group=seam.group)}


def describe(seam: Seam) -> list[tuple[str, str]]:
    """Return name and first docstring line of every class there is to choose from.

    A class of an installed package that cannot be imported is listed with the reason.
    """
    lines = {name: _first_line(item) for name, item in built_in(seam).items()}
    for name, point in sorted(offered(seam).items()):
        try:
            text = (
                _first_line(load_class(name, seam)) if name not in lines else "hidden by spikefa's"
            )
        except SpikefaError as error:
            text = f"cannot be used: {error}"
        label = name if name not in lines else f"{point.value}"
        lines[label] = f"{text} [{point.value}]"
    return list(lines.items())


def _first_line(cls: type) -> str:
    return (inspect.getdoc(cls) or "").split("\n")[0]


def load_class(given: str, seam: Seam) -> type:
    """Return the class that `given` names, see the top of this module.

    Raises
    ------
    SpikefaError
        If there is none, its module does not import, or it is no class of this seam.
    """
    if ":" in given:
        where, name = given.rsplit(":", 1)
        module = import_file(Path(where)) if _is_file(where) else _import(where, given)
        found = _attribute(module, name, where)
    elif _is_file(given):
        raise SpikefaError(f"{given!r} names no class: give {_suggested(given, seam)}")
    elif "." in given:
        where, name = given.rsplit(".", 1)
        found = _attribute(_import(where, given), name, where)
    else:
        found = _by_name(given, seam)
    return _checked(found, given, seam)


def full_name(cls: type) -> str:
    """Return a class path that `load_class` understands from any folder."""
    if from_file(cls):
        return f"{source_file(cls)}:{cls.__qualname__}"
    return f"{cls.__module__}.{cls.__qualname__}"


def _is_file(text: str) -> bool:
    return text.endswith(".py") or "/" in text or "\\" in text


def _suggested(file: str, seam: Seam) -> str:
    """Return what to write instead of the name of a file alone."""
    module, base = import_file(Path(file)), seam.base_class()
    fitting = [name for name, item in _own_classes(module).items() if issubclass(item, base)]
    return " or ".join(f"{file}:{name}" for name in fitting) or (
        f"{file}:CLASS, once it has a subclass of {seam.base}"
    )


def _own_classes(module: ModuleType) -> dict[str, type]:
    """Return the classes that are written in a module, not those that it imports."""
    return {
        key: item
        for key, item in vars(module).items()
        if inspect.isclass(item) and item.__module__ == module.__name__
    }


def _by_name(name: str, seam: Seam) -> Any:
    known, points = built_in(seam), offered(seam)
    if name in known:
        return known[name]
    if name not in points:
        raise SpikefaError(
            f"no {seam.base} called {name!r}: there is {', '.join([*known, *points])}; "
            f"or give FILE.py:CLASS or package.module.CLASS"
        )
    try:
        return points[name].load()
    except Exception as error:
        raise SpikefaError(
            f"{name!r}, which an installed package offers as {points[name].value}, "
            f"cannot be imported: {type(error).__name__}: {error}"
        ) from error


def _import(module: str, given: str) -> Any:
    try:
        return importlib.import_module(module)
    except Exception as error:
        said = " ".join(str(error).split())
        raise SpikefaError(
            f"{given!r} cannot be imported: {type(error).__name__}: {said}; "
            "a class in a file of yours is given as FILE.py:CLASS"
        ) from error


def _attribute(module: Any, name: str, where: str) -> Any:
    if not hasattr(module, name):
        own = _own_classes(module)
        there = f"it has {', '.join(own)}" if own else "it has no class"
        raise SpikefaError(f"there is no {name!r} in {where}: {there}")
    return getattr(module, name)


def _checked(found: Any, given: str, seam: Seam) -> type:
    require(inspect.isclass(found), f"{given!r} is no class but a {type(found).__name__}")
    base = seam.base_class()
    require(issubclass(found, base), f"{given!r} is no {seam.base}: make it a subclass of that")
    missing = sorted(getattr(found, "__abstractmethods__", ()))
    require(
        not missing,
        f"{given!r} is not complete: it lacks the method{'s'[: len(missing) > 1]} "
        f"{', '.join(missing)}",
    )
    checked: type = found
    return checked
