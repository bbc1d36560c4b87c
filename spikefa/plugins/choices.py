"""A rule or a circuit as a setting of an experiment: its class and its arguments.

In the settings a choice is a mapping, ``{"class": "PFA", "expansion": 10}``; on the command line it
is ``--feedback PFA --feedback.expansion 10``. Arguments are checked against the signature of the
class. An option of the experiment, such as ``--feedback-scale``, can fill an argument of the class;
an argument given by its own name takes precedence.
"""

import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from spikefa.errors import require
from spikefa.plugins.arguments import (
    argument_names,
    list_options,
    parsed_arguments,
    plain_arguments,
)
from spikefa.plugins.classes import SEAMS, Seam, full_name, load_class
from spikefa.plugins.user_code import blaming, class_files, from_file, sha256, source_file

Plain = bool | int | float | str | None
Choice = dict[str, Plain | list[Plain]]
"""The type of such a setting. It is plain data, so that reading settings imports no class."""

Offers = Mapping[str, Mapping[str, Any]]
"""For each choice the arguments that options fill, with their values; None fills nothing."""

_CODE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+|.*:[A-Za-z_]\w*")
Settings = TypeVar("Settings")


def choice(kind: str, default: str, text: str) -> Any:
    """Return a dataclass field for a class of the seam `kind`; `default` is a built-in class."""
    return field(
        default_factory=lambda: {"class": default}, metadata={"help": text, "seam": SEAMS[kind]}
    )


def seams(settings: Any) -> dict[str, Seam]:
    """Return the seam of every field made by `choice`; `settings` is a dataclass or its object."""
    return {
        item.name: item.metadata["seam"] for item in fields(settings) if "seam" in item.metadata
    }


def fillers(settings: Any, name: str) -> dict[str, str]:
    """Return the options that fill an argument of the choice `name`: option to argument.

    Only options whose default is None are returned; None stands for the default of the class.
    """
    return {
        item.name: item.metadata["fills"].partition(".")[2]
        for item in fields(settings)
        if item.metadata.get("fills", "").partition(".")[0] == name and item.default is None
    }


def announce_code(name: str, given: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """Print which code of the user a choice will run, unless `known` settings had it already.

    A configuration file can name code, and the user should see that before it runs.
    """
    for argument, value in given.items():
        if value == known.get(argument) or not isinstance(value, str):
            continue
        if _CODE.fullmatch(value) and not value.startswith("spikefa."):
            option = name if argument == "class" else f"{name}.{argument}"
            print(f"running {value} as --{option}")


def settle(settings: Settings, offers: Offers) -> Settings:
    """Return the settings with every choice complete, so that they can be written and read again.

    An argument that an option fills is stored under that option; all others with the class.

    Parameters
    ----------
    settings : dataclass
    offers : mapping
        For each choice the arguments that options fill; None fills nothing.

    Raises
    ------
    SpikefaError
        If a class is not found or has other arguments, or if an option was given that the class
        has no argument for.
    """
    changed: dict[str, Any] = {}
    for name in seams(settings):
        chosen = _chosen(settings, name, offers[name])
        _refuse_useless_options(settings, chosen)
        values = chosen.plain()
        for option, argument in fillers(settings, name).items():
            if argument in values and argument not in chosen.given:
                value = values.pop(argument)
                if getattr(settings, option) is None:
                    changed[option] = value
        path = full_name(chosen.cls) if from_file(chosen.cls) else chosen.given["class"]
        changed[name] = {"class": path, **values}
    return replace(settings, **changed)  # type: ignore[type-var]


def make(settings: Any, name: str, offers: Offers) -> Any:
    """Return the object that the choice `name` of the settings describes.

    Raises
    ------
    SpikefaError
        As `settle`. If the class itself refuses its arguments or fails, the message names its file
        and line.
    """
    chosen = _chosen(settings, name, offers[name])
    arguments = {
        **parsed_arguments(chosen.cls, name, chosen.given, chosen.filled),
        **chosen.filled,
    }
    with blaming(f"{chosen.cls.__name__}.__init__", *class_files(chosen.cls)):
        return chosen.cls(**arguments)


def files_of(settings: Any) -> list[Path]:
    """Return the files in which the user wrote the classes of all choices."""
    classes = [_chosen(settings, name, {}).cls for name in seams(settings)]
    return [file for cls in classes for file in class_files(cls)]


def describe_choice(settings: Any, name: str, offers: Offers) -> dict[str, Any]:
    """Return class and arguments as plain data, with the checksum of the user's file."""
    chosen = _chosen(settings, name, offers[name])
    described = {"class": full_name(chosen.cls), **chosen.plain(), **chosen.filled}
    file = source_file(chosen.cls)
    if from_file(chosen.cls) and file is not None:
        described["sha256"] = sha256(file)
    return described


def default_of(item: "Field[Any]") -> Any:
    """Return the default of a dataclass field."""
    return item.default if item.default_factory is MISSING else item.default_factory()


@dataclass(frozen=True)
class _Chosen:
    """The class of a choice, the arguments given by name, and those that options fill."""

    name: str
    cls: type
    given: dict[str, Any]
    filled: dict[str, Any]

    def plain(self) -> dict[str, Any]:
        """Return all arguments but the filled ones as plain data."""
        return plain_arguments(self.cls, self.name, self.given, self.filled)


def _chosen(settings: Any, name: str, offered: Mapping[str, Any]) -> _Chosen:
    given = dict(getattr(settings, name))
    require(isinstance(given.get("class"), str), f"--{name} names no class")
    cls = load_class(given["class"], seams(settings)[name])
    known = argument_names(cls) if offered else []
    filled = {
        argument: value
        for argument, value in offered.items()
        if value is not None and argument in known and argument not in given
    }
    return _Chosen(name, cls, given, filled)


def _refuse_useless_options(settings: Any, chosen: _Chosen) -> None:
    """Refuse an option that was given to fill an argument which the class does not have."""
    known = argument_names(chosen.cls)
    for item in fields(settings):
        seam, _, argument = item.metadata.get("fills", "").partition(".")
        if seam != chosen.name or argument in known:
            continue
        value = getattr(settings, item.name)
        require(
            value is None or value == default_of(item),
            f"--{item.name.replace('_', '-')} {value} is of no use to {chosen.cls.__name__}, "
            f"which has no argument {argument!r}: leave it out; "
            f"there is {list_options(known, chosen.name)}",
        )
