"""A rule or a circuit as a setting of an experiment: its class and its arguments.

In the settings a choice is a mapping, ``{"class": "PFA", "expansion": 10}``; on the command line it
is ``--feedback PFA --feedback.expansion 10``. Arguments are checked against the signature of the
class. An option of the experiment, such as ``--feedback-scale``, can fill an argument of the class;
an argument given by its own name takes precedence.
"""

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
from spikefa.plugins.named_code import Code, code_in
from spikefa.plugins.user_code import blaming, class_files, from_file, sha256, source_file

Plain = bool | int | float | str | None
Choice = dict[str, Plain | list[Plain]]
"""The type of such a setting. It is plain data, so that reading settings imports no class."""

Settings = TypeVar("Settings")
Offers = Mapping[str, Mapping[str, Any]]
"""For each choice the arguments that options fill, with their values; None fills nothing."""


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


def named_code(settings: Any) -> list[Code]:
    """Return the code outside spikefa that a dataclass of settings names."""
    found = seams(settings)
    named = code_in({name: getattr(settings, name) for name in found}, found)
    for item in fields(settings):
        names_code = item.metadata.get("names_code")
        given = getattr(settings, item.name)
        if names_code is not None and isinstance(given, str) and names_code(given):
            named.append(Code(item.name, given))
    return named


@dataclass(frozen=True)
class Chosen:
    """The class that a choice names, with its arguments.

    Attributes
    ----------
    name : str
        Name of the choice, such as ``rule``.
    cls : type
    given : mapping
        Arguments given by their own names.
    filled : mapping
        Arguments that options of the experiment fill.
    """

    name: str
    cls: type
    given: Mapping[str, Any]
    filled: Mapping[str, Any]

    def make(self) -> Any:
        """Return the object.

        Raises
        ------
        SpikefaError
            If the class refuses its arguments or fails; the message names its file and line.
        """
        arguments = {
            **parsed_arguments(self.cls, self.name, self.given, self.filled),
            **self.filled,
        }
        with blaming(f"{self.cls.__name__}.__init__", *class_files(self.cls)):
            return self.cls(**arguments)

    def plain(self) -> dict[str, Any]:
        """Return all arguments but the filled ones, as a configuration file has them.

        Raises
        ------
        SpikefaError
            If an argument is unknown, has the wrong type, or is missing.
        """
        return plain_arguments(self.cls, self.name, self.given, self.filled)

    def describe(self) -> dict[str, Any]:
        """Return class and arguments as plain data, with the checksum of the user's file."""
        described = {"class": full_name(self.cls), **self.plain(), **self.filled}
        file = source_file(self.cls)
        if from_file(self.cls) and file is not None:
            described["sha256"] = sha256(file)
        return described


def chosen(settings: Any, offers: Offers) -> dict[str, Chosen]:
    """Return the class and the arguments of every choice of the settings, by name.

    Parameters
    ----------
    settings : dataclass
    offers : mapping
        For each choice the arguments that options fill; None fills nothing.

    Raises
    ------
    SpikefaError
        If a class is not found, or an option is given to fill an argument that it does not have.
    """
    found = {}
    for name, seam in seams(settings).items():
        given = _given(settings, name)
        cls = load_class(given["class"], seam)
        _refuse_useless_options(settings, name, cls)
        found[name] = Chosen(name, cls, given, _filled(cls, given, offers[name]))
    return found


def complete(settings: Settings, choices: Mapping[str, Chosen]) -> Settings:
    """Return the settings with every choice complete, so that they can be written and read again.

    An argument that an option fills is stored under that option; all others with the class.

    Parameters
    ----------
    settings : dataclass
    choices : mapping
        The return value of `chosen`.

    Raises
    ------
    SpikefaError
        If an argument is unknown, has the wrong type, or is missing, or the class refuses it.
    """
    changed: dict[str, Any] = {}
    for name, choice in choices.items():
        choice.make()  # the class checks its arguments before anything else is read or made
        values = choice.plain()
        for option, argument in fillers(settings, name).items():
            if argument in values and argument not in choice.given:
                value = values.pop(argument)
                if getattr(settings, option) is None:
                    changed[option] = value
        path = full_name(choice.cls) if from_file(choice.cls) else choice.given["class"]
        changed[name] = {"class": path, **values}
    return replace(settings, **changed)  # type: ignore[type-var]


def files_of(settings: Any) -> list[Path]:
    """Return the files in which the user wrote the classes of all choices."""
    classes = [
        load_class(_given(settings, name)["class"], seam) for name, seam in seams(settings).items()
    ]
    return [file for cls in classes for file in class_files(cls)]


def _given(settings: Any, name: str) -> dict[str, Any]:
    given = dict(getattr(settings, name))
    require(isinstance(given.get("class"), str), f"--{name} names no class")
    return given


def _refuse_useless_options(settings: Any, name: str, cls: type) -> None:
    """Refuse an option that was given to fill an argument which the class does not have."""
    known = argument_names(cls)
    for item in fields(settings):
        seam, _, argument = item.metadata.get("fills", "").partition(".")
        if seam != name or argument in known:
            continue
        value = getattr(settings, item.name)
        require(
            value is None or value == default_of(item),
            f"--{item.name.replace('_', '-')} {value} is of no use to {cls.__name__}, "
            f"which has no argument {argument!r}: leave it out; "
            f"there is {list_options(known, name)}",
        )


def default_of(item: "Field[Any]") -> Any:
    """Return the default of a dataclass field."""
    return item.default if item.default_factory is MISSING else item.default_factory()


def _filled(cls: type, given: Mapping[str, Any], offered: Mapping[str, Any]) -> dict[str, Any]:
    """Return the offered arguments that the class has and that were not given by name."""
    known = argument_names(cls)
    return {
        argument: value
        for argument, value in offered.items()
        if value is not None and argument in known and argument not in given
    }
