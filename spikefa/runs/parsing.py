"""Read settings from the command line and ``config.yaml``; produce the text of ``--help``."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_type_hints

from jsonargparse import ActionConfigFile, ArgumentError, ArgumentParser

from spikefa.errors import SpikefaError
from spikefa.plugins.arguments import class_help
from spikefa.plugins.choices import announce_code, default_of, seams
from spikefa.plugins.classes import load_class
from spikefa.plugins.option_order import chosen_classes, order_options
from spikefa.runs.directory import RunDirectory
from spikefa.runs.settings import options

S = TypeVar("S")


class Request(NamedTuple):
    """The settings and folders given on the command line.

    Attributes
    ----------
    settings : Any
        The settings as given, not yet completed.
    out, resume : Path, optional
        The folders of ``--out`` and ``--resume``.
    """

    settings: Any
    out: Path | None
    resume: Path | None


def settings_parser(name: str, settings: type, description: str = "") -> ArgumentParser:
    """Return a parser with one option for each field of the dataclass `settings`."""
    parser = ArgumentParser(
        prog=f"spikefa run {name}", description=description, exit_on_error=False
    )
    parser.add_argument("--config", action=ActionConfigFile, help="YAML file with any of these")
    parser.add_argument("--out", type=str, help="folder to make for the run")
    parser.add_argument("--resume", type=str, help="folder of a run to continue")
    hints = get_type_hints(settings)
    for item in options(settings):
        parser.add_argument(
            f"--{item.name.replace('_', '-')}",
            type=hints[item.name],
            default=default_of(item),
            help=item.metadata.get("help", ""),
            **_switch(hints[item.name]),
        )
    return parser


def full_help(name: str, settings: type, arguments: list[str], description: str = "") -> str:
    """Return the text of ``--help``, including the arguments of the chosen classes.

    Raises
    ------
    SpikefaError
        If a chosen class does not exist.
    """
    parts = [settings_parser(name, settings, description).format_help()]
    for choice, path in chosen_classes(settings, arguments).items():
        parts.append(class_help(load_class(path, seams(settings)[choice]), choice) + "\n")
    return "\n".join(parts)


def parse_settings(name: str, settings: type[Any], arguments: list[str]) -> Request:
    """Return the settings and the folders given by command-line arguments.

    With ``--resume``, the settings of that run apply unless they are given again.

    Raises
    ------
    SpikefaError
        If an option is unknown or has a value of the wrong type.
    """
    parser = settings_parser(name, settings)
    arguments = order_options(settings, arguments)
    given = _parse(parser, arguments)
    if given["resume"] is None:
        found = _settings(settings, given)
        announce(found)
        return Request(found, _path(given["out"]), None)
    if given["out"] is not None:
        raise SpikefaError("--resume continues in the folder of the run: leave out --out")
    run = RunDirectory.open(Path(given["resume"]))
    known = read_settings(name, settings, run)
    found = _settings(settings, _parse(parser, ["--config", str(run.config), *arguments]))
    announce(known)
    announce(found, known)
    return Request(found, None, run.path)


def read_settings(name: str, settings: type[S], run: RunDirectory) -> S:
    """Return the settings stored in the ``config.yaml`` of a run.

    Raises
    ------
    SpikefaError
        If the file is missing, or has an unknown option or a value of the wrong type.
    """
    parser = settings_parser(name, settings)
    return _settings(settings, _parse(parser, ["--config", str(run.config)]))


def announce(settings: Any, known: Any = None) -> None:
    """Print which user code the settings run, except code that the settings `known` already ran."""
    for name in seams(settings):
        announce_code(name, getattr(settings, name), getattr(known, name, {}))


def _switch(hint: Any) -> dict[str, Any]:
    """Make an option of type bool mean true if it has no value."""
    return {"nargs": "?", "const": True} if hint is bool else {}


def _settings(settings: type[S], given: dict[str, Any]) -> S:
    return settings(**{item.name: given[item.name] for item in fields(settings)})  # type: ignore[arg-type]


def _path(given: str | None) -> Path | None:
    return None if given is None else Path(given)


def _parse(parser: ArgumentParser, arguments: list[str]) -> dict[str, Any]:
    try:
        return vars(parser.parse_args(arguments))
    except ArgumentError as error:
        raise SpikefaError(f"{_in_one_line(str(error))} (see {parser.prog} --help)") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SpikefaError(f"cannot read the --config file: {error}") from error


def _in_one_line(message: str) -> str:
    """Replace the parser's keys in a message of jsonargparse with the names of the options."""
    line = " ".join(message.split())
    line = re.sub(r'Parser key "(\w+)":', lambda key: f"--{key[1].replace('_', '-')}:", line)
    line = re.sub(r"<class '(\w+)'>", r"\1", line.replace("typing.", ""))
    return line
