"""The arguments of a rule or circuit: its signature as command-line options, checked, with help."""

import json
from collections.abc import Collection, Mapping
from typing import Any

import yaml
from docstring_parser import DocstringStyle
from jsonargparse import (
    ArgumentError,
    ArgumentParser,
    Namespace,
    set_parsing_settings,
)

from spikefa.errors import SpikefaError
from spikefa.plugins.option_help import HelpFormatter, in_words
from spikefa.utils.checking import annotations
from spikefa.utils.suggesting import did_you_mean


def class_parser(cls: type, name: str, skip: Collection[str] = ()) -> ArgumentParser:
    """Return a parser of the arguments of a class, ``--name.argument``, with its docstring as help.

    Parameters
    ----------
    cls : type
    name : str
        Name of the choice, such as ``rule``.
    skip : collection of str
        Arguments to leave out.
    """
    set_parsing_settings(docstring_parse_style=DocstringStyle.NUMPYDOC)
    parser = ArgumentParser(
        prog="",
        usage="",
        add_help=False,
        exit_on_error=False,
        allow_abbrev=False,
        formatter_class=HelpFormatter,
    )
    parser.add_class_arguments(cls, name, as_group=False, skip=set(skip))
    return parser


def argument_names(cls: type) -> list[str]:
    """Return the names of the arguments of a class, including those that ``**kwargs`` passes on."""
    parser = ArgumentParser(exit_on_error=False, add_help=False)
    return [key.partition(".")[2] for key in parser.add_class_arguments(cls, "x", as_group=False)]


def class_help(cls: type, name: str) -> str:
    """Return the section of ``--help`` about the arguments of a class."""
    options = class_parser(cls, name).format_help().partition("options:\n")[2].rstrip()
    summary = (cls.__doc__ or "").strip().split("\n")[0]
    return f"--{name} {cls.__name__}: {summary}\n{options or '  (no arguments)'}"


def parsed_arguments(
    cls: type, name: str, given: Mapping[str, Any], skip: Collection[str]
) -> dict[str, Any]:
    """Return all arguments but those in `skip`, with defaults, converted to the annotated types.

    Parameters
    ----------
    cls : type
    name : str
        Name of the choice.
    given : mapping
        Argument to value, as in the settings; may contain ``class``, which is no argument.
    skip : collection of str
        Arguments to leave out.

    Raises
    ------
    SpikefaError
        If an argument is unknown, has the wrong type, or is missing.
    """
    values = _parse(class_parser(cls, name, skip), cls, name, given).get(name)
    return dict(vars(values)) if values else {}


def plain_arguments(
    cls: type, name: str, given: Mapping[str, Any], skip: Collection[str]
) -> dict[str, Any]:
    """Return the same as numbers, strings, lists and mappings, as a configuration file has them."""
    parser = class_parser(cls, name, skip)
    values = _parse(parser, cls, name, given)
    return dict((yaml.safe_load(parser.dump(values)) or {}).get(name, {}))


def list_options(arguments: Collection[str], name: str) -> str:
    """Return these arguments as a list of options for a message."""
    return ", ".join(f"--{name}.{argument}" for argument in arguments) or "no argument"


def _parse(parser: ArgumentParser, cls: type, name: str, given: Mapping[str, Any]) -> Namespace:
    known = argument_names(cls)
    unknown = [argument for argument in given if argument not in (*known, "class")]
    if unknown:
        raise SpikefaError(
            f"{cls.__name__} has no argument {unknown[0]!r}{did_you_mean(unknown[0], known)}: "
            f"there is {list_options(known, name)}"
        )
    words = [
        f"--{name}.{argument}={value if isinstance(value, str) else json.dumps(value)}"
        for argument, value in given.items()
        if argument != "class"
    ]
    try:
        return parser.parse_args(words)
    except (ArgumentError, OverflowError) as error:
        message = in_words(str(error), _hints(cls, name), "--{}".format)
        raise SpikefaError(
            f"{cls.__name__}: {message} (see --{name} {cls.__name__} --help)"
        ) from error


def _hints(cls: Any, name: str) -> dict[str, Any]:
    """Return the annotations of the arguments of a class by the parser's keys."""
    hints = annotations(cls) | annotations(cls.__init__)
    return {f"{name}.{argument}": hint for argument, hint in hints.items()}
