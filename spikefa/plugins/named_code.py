"""Code outside spikefa that settings name: found before any of it runs, and told."""

import os
import re
from collections.abc import Iterator, Mapping
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from spikefa.errors import require
from spikefa.plugins.classes import Seam, built_in, names_file, offered
from spikefa.plugins.user_code import sha256
from spikefa.utils.printable import printable

PACKAGE = Path(__file__).resolve().parents[1]
_OWN = re.compile(r"(spikefa(?:\.[A-Za-z]\w*)*)[.:][A-Za-z]\w*", re.ASCII)


class Code(NamedTuple):
    """Code that an option names.

    Attributes
    ----------
    option : str
        Such as ``rule`` or ``feedback.combine``.
    name : str
        As given.
    """

    option: str
    name: str

    @property
    def place(self) -> str:
        """The name with the absolute path of its file, if it names a file."""
        file, colon, cls = self._split()
        return f"{os.path.realpath(file)}{colon}{cls}" if names_file(file) else self.name

    @property
    def checksum(self) -> str:
        """The SHA-256 of the file, or "" if it names none or an installed module."""
        file = Path(self._split()[0])
        return sha256(file) if names_file(str(file)) and os.path.isfile(file) else ""

    def announce(self) -> None:
        """Print that it will run; nothing if there is no such file or package, so nothing runs."""
        file, colon, cls = self._split()
        if not colon and "." in file and not names_file(file):
            file, colon, cls = file.rpartition(".")
        source = _source(file, bool(colon))
        if source is None:
            return
        what = self.name
        if source and cls and cls.rpartition(".")[2] not in source:
            what = f"{file} to look for {cls}"  # which it may make when it runs
        print(f"running {printable(what)} as --{self.option}", flush=True)

    def _split(self) -> tuple[str, str, str]:
        file, colon, cls = self.name.rpartition(":")
        return (file, colon, cls) if colon else (cls, "", "")


def _source(place: str, is_module: bool) -> set[str] | None:
    """Return the words in the code at a place, none if it cannot be read; None if nothing is there.

    A module is found without an import of the packages that it is in; these run in any case.
    """
    if names_file(place):
        return _words_in(Path(place)) if os.path.isfile(place) else None
    if not is_module:  # what an installed package offers
        return set()
    first, *others = place.split(".")
    try:
        spec, name = find_spec(first), first
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        return None
    for part in others:
        name = f"{name}.{part}"
        folders = spec.submodule_search_locations
        spec = PathFinder.find_spec(name, folders) if folders else None
        if spec is None:
            return {""}
    return _words_in(Path(spec.origin or ""))


def _words_in(file: Path) -> set[str]:
    """Return every word in a file of Python, in code, strings and comments alike."""
    try:
        text = file.read_text(encoding="utf-8") if file.suffix == ".py" else ""
    except (OSError, ValueError):
        return set()
    return set(re.findall(r"\w+", text))


def code_in(choices: Mapping[str, Any], seams: Mapping[str, Seam]) -> list[Code]:
    """Return all code outside spikefa that choices name, in the order of the options.

    More is taken for code than is: any text with a dot in it could be the name of a function.

    Parameters
    ----------
    choices : mapping
        A mapping for each choice, ``{"class": ..., argument: ...}``, by option.
    seams : mapping
        What can be chosen, by option.

    Raises
    ------
    SpikefaError
        If a name cannot be that of a file.
    """
    found = []
    for option, seam in seams.items():
        given = choices.get(option)
        for argument, value in given.items() if isinstance(given, Mapping) else ():
            name = option if argument == "class" else f"{option}.{argument}"
            texts = _texts(value)
            found += [
                Code(name, text)
                for text in texts
                if (_class_is_code(text, seam) if argument == "class" else _may_be_code(text))
            ]
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        require("\0" not in value, f"{value!r:.60} has a zero byte, which no file name has")
        yield value
    for each in value if isinstance(value, list | tuple) else ():
        yield from _texts(each)


def _class_is_code(name: str, seam: Seam) -> bool:
    """Return whether the name of a class stands for code outside spikefa."""
    if _is_own(name):
        return False
    if any(mark in name for mark in ".:/\\"):
        return True
    return name not in built_in(seam) and name in offered(seam)


def _may_be_code(value: str) -> bool:
    if _is_own(value):
        return False
    try:
        float(value)
    except ValueError:
        return "." in value or ":" in value
    return False


def _is_own(name: str) -> bool:
    """Return whether a dotted name is that of something in a module of spikefa."""
    found = _OWN.fullmatch(name)
    if found is None or names_file(name.rpartition(":")[0] or name):
        return False
    module = PACKAGE.joinpath(*found[1].split(".")[1:])
    return module.with_suffix(".py").is_file() or (module / "__init__.py").is_file()
