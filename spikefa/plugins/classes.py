"""Find rules, circuits and neurons by name: of spikefa, of installed packages, or of a user's file.

A class can be named in three ways:

- by its name, ``FA``, if it is one of spikefa's or an installed package offers it;
- by a dotted path, ``spikefa.feedback.FA``, ``package.module.Class`` or ``package.module:Class``;
- by a file and a class in it, ``my_rules.py:Decorrelated``.

A package offers a class with an entry point in the group ``spikefa.rules``, ``spikefa.feedback``,
``spikefa.neurons`` or ``spikefa.synapses``.
"""

import importlib
import inspect
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from spikefa.errors import SpikefaError, require
from spikefa.plugins.user_code import from_file, import_file, imported, source_file
from spikefa.utils.suggesting import did_you_mean


@dataclass(frozen=True)
class Seam:
    """A kind of part that users can write themselves.

    Attributes
    ----------
    kind : str
        Name of the kind, as in ``spikefa list rules``.
    package : str
        The module whose ``__all__`` names the built-in classes.
    base : str
        Name of the base class in it.
    """

    kind: str
    package: str
    base: str

    @property
    def group(self) -> str:
        """The group of entry points in which packages offer classes."""
        return f"spikefa.{self.kind}"

    def base_class(self) -> type:
        """Return the base class."""
        found: type = getattr(importlib.import_module(self.package), self.base)
        return found


SEAMS = {
    seam.kind: seam
    for seam in (
        Seam("rules", "spikefa.plasticity", "PlasticityRule"),
        Seam("feedback", "spikefa.feedback", "FeedbackCircuit"),
        Seam("neurons", "spikefa.neurons", "Population"),
        Seam("synapses", "spikefa.synapses", "Connectivity"),
    )
}


def built_in(seam: Seam) -> dict[str, type]:
    """Return spikefa's own classes by name."""
    package, base = importlib.import_module(seam.package), seam.base_class()
    exported = {name: getattr(package, name) for name in sorted(package.__all__)}
    return {
        name: item
        for name, item in exported.items()
        if inspect.isclass(item) and issubclass(item, base) and not inspect.isabstract(item)
    }


def offered(seam: Seam) -> dict[str, EntryPoint]:
    """Return the entry points of installed packages by name, without importing them."""
    return {point.name: point for point in entry_points(group=seam.group)}


def describe(seam: Seam) -> list[tuple[str, str]]:
    """Return the name and the first docstring line of every class that can be chosen by name.

    A class of an installed package that cannot be imported is listed with the reason.
    """
    lines = {name: _first_line(item) for name, item in built_in(seam).items()}
    for name, point in sorted(offered(seam).items()):
        if name in lines:
            lines[point.value] = f"hidden by spikefa's [{point.value}]"
            continue
        try:
            text = _first_line(load_class(name, seam))
        except SpikefaError as error:
            text = f"cannot be used: {error}"
        lines[name] = f"{text} [{point.value}]"
    return list(lines.items())


def _first_line(cls: type) -> str:
    return (inspect.getdoc(cls) or "").split("\n")[0]


def load_class(given: str, seam: Seam) -> type:
    """Return the class that `given` names in one of the ways above.

    Raises
    ------
    SpikefaError
        If there is no such class, its module cannot be imported, or it is not a concrete subclass
        of the seam's base class.
    """
    if ":" in given:
        source, name = given.rsplit(":", 1)
        module = (
            import_file(Path(source)) if names_file(source) else imported(source, given, "class")
        )
        found = _attribute(module, name, source)
    elif names_file(given):
        raise SpikefaError(f"{given!r} names no class: give {_suggested(given, seam)}")
    elif "." in given:
        source, name = given.rsplit(".", 1)
        found = _attribute(imported(source, given, "class"), name, source)
    else:
        found = _by_name(given, seam)
    return _checked(found, given, seam)


def full_name(cls: type) -> str:
    """Return the name under which `load_class` finds a class from any folder."""
    if from_file(cls):
        return f"{source_file(cls)}:{cls.__qualname__}"
    return f"{cls.__module__}.{cls.__qualname__}"


def names_file(text: str) -> bool:
    """Return whether `text`, of a name without its class, is the path of a file."""
    return text.endswith(".py") or "/" in text or "\\" in text


def _suggested(file: str, seam: Seam) -> str:
    """Return the names to give instead of the file alone: one for each class that fits."""
    module, base = import_file(Path(file)), seam.base_class()
    fitting = [name for name, item in _own_classes(module).items() if issubclass(item, base)]
    return " or ".join(f"{file}:{name}" for name in fitting) or (
        f"{file}:CLASS, once it has a subclass of {seam.base}"
    )


def _own_classes(module: ModuleType) -> dict[str, type]:
    """Return the classes that a module defines, without those that it imports."""
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
            f"no {seam.base} called {name!r}{did_you_mean(name, [*known, *points])}: "
            f"there is {', '.join([*known, *points])}; "
            f"or give FILE.py:CLASS or package.module.CLASS"
        )
    try:
        return points[name].load()
    except Exception as error:
        raise SpikefaError(
            f"{name!r}, which an installed package offers as {points[name].value}, "
            f"cannot be imported: {type(error).__name__}: {error}"
        ) from error


def _attribute(module: Any, name: str, source: str) -> Any:
    if not hasattr(module, name):
        own = _own_classes(module)
        raise SpikefaError(
            f"there is no {name!r} in {source}{did_you_mean(name, own)}: "
            f"it has {', '.join(own) or 'no class'}"
        )
    return getattr(module, name)


def _checked(found: Any, given: str, seam: Seam) -> type:
    require(inspect.isclass(found), f"{given!r} is not a class but a {type(found).__name__}")
    base = seam.base_class()
    require(issubclass(found, base), f"{given!r} is not a subclass of {seam.base}: make it one")
    missing = sorted(getattr(found, "__abstractmethods__", ()))
    require(
        not missing,
        f"{given!r} is incomplete: it lacks the method{'s'[: len(missing) > 1]} "
        f"{', '.join(missing)}",
    )
    checked: type = found
    return checked
