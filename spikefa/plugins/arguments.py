"""The arguments of a rule or circuit: its signature as options, checked, with help."""

import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from spikefa.errors import SpikefaError

if TYPE_CHECKING:
    from jsonargparse import ArgumentParser, Namespace


def class_parser(cls: type, name: str, skip: Collection[str] = ()) -> "ArgumentParser":
    """Return a parser of the arguments of a class, ``--name.argument``, with its docstring as help.

    Parameters
    ----------
    cls : type
    name : str
        Of the choice, such as ``rule``.
    skip : collection of str
        Arguments to leave out.
    """
    from docstring_parser import DocstringStyle
    from jsonargparse import ArgumentParser, set_parsing_settings

    set_parsing_settings(docstring_parse_style=DocstringStyle.NUMPYDOC)
    parser = ArgumentParser(prog="", usage="", add_help=False, exit_on_error=False)
    parser.add_class_arguments(cls, name, as_group=False, skip=set(skip))
    return parser


def argument_names(cls: type) -> list[str]:
    """Return the names of the arguments that a class takes, those of its ``**kwargs`` included."""
    from jsonargparse import ArgumentParser

    parser = ArgumentParser(exit_on_error=False, add_help=False)
    return [key.partition(".")[2] for key in parser.add_class_arguments(cls, "x", as_group=False)]


def class_help(cls: type, name: str) -> str:
    """Return the part of ``--help`` that is about the arguments of a class."""
    options = class_parser(cls, name).format_help().partition("options:\n")[2].rstrip()
    first = (cls.__doc__ or "").strip().split("\n")[0]
    return f"--{name} {cls.__name__}: {first}\n{options or '  (no arguments)'}"


def parsed_arguments(
    cls: type, name: str, given: Mapping[str, Any], taken: Collection[str]
) -> dict[str, Any]:
    """Return all arguments but those `taken`, with defaults, converted to the annotated types.

    Raises
    ------
    SpikefaError
        If one is unknown, of another type, or missing.
    """
    values = _parse(cls, name, given, taken)[1].get(name)
    return dict(vars(values)) if values else {}


def plain_arguments(
    cls: type, name: str, given: Mapping[str, Any], taken: Collection[str]
) -> dict[str, Any]:
    """Return the same as numbers, strings, lists and mappings, as a configuration file has them."""
    import yaml

    parser, values = _parse(cls, name, given, taken)
    return dict((yaml.safe_load(parser.dump(values)) or {}).get(name, {}))


def listed(known: Collection[str], name: str) -> str:
    """Return the options for these arguments, in words."""
    return ", ".join(f"--{name}.{argument}" for argument in known) or "no argument"


def _parse(
    cls: type, name: str, given: Mapping[str, Any], taken: Collection[str]
) -> "tuple[ArgumentParser, Namespace]":
    from jsonargparse import ArgumentError

    known = argument_names(cls)
    unknown = [argument for argument in given if argument not in (*known, "class")]
    if unknown:
        raise SpikefaError(
            f"{cls.__name__} has no argument {unknown[0]!r}: there is {listed(known, name)}"
        )
    parser = class_parser(cls, name, taken)
    words = [
        f"--{name}.{argument}={value if isinstance(value, str) else json.dumps(value)}"
        for argument, value in given.items()
        if argument != "class"
    ]
    try:
        return parser, parser.parse_args(words)
    except ArgumentError as error:
        said = " ".join(str(error).split()).replace(f'Parser key "{name}.', f'"--{name}.')
        raise SpikefaError(
            f"{cls.__name__}: {said} (see --{name} {cls.__name__} --help)"
        ) from error
