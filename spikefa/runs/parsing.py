"""Read settings from the command line and ``config.yaml``; produce the text of ``--help``."""

import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from jsonargparse import ActionConfigFile, ArgumentError, ArgumentParser

from spikefa.errors import SpikefaError
from spikefa.plugins.arguments import HelpFormatter, class_help
from spikefa.plugins.choices import announce_code, default_of, seams
from spikefa.plugins.classes import load_class
from spikefa.plugins.option_order import chosen_classes, order_options
from spikefa.runs.directory import RunDirectory
from spikefa.runs.settings import flag, options
from spikefa.utils.checking import annotations, number_of

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
        prog=f"spikefa run {name}",
        description=description,
        exit_on_error=False,
        formatter_class=HelpFormatter,
    )
    parser.add_argument("--config", action=ActionConfigFile, help="YAML file with any of these")
    parser.add_argument("--out", type=str, help="folder to make for the run")
    parser.add_argument("--resume", type=str, help="folder of a run to continue")
    hints = annotations(settings)
    for item in options(settings):
        parser.add_argument(
            flag(item.name),
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
    arguments = order_options(settings, arguments)
    given = _parse(name, settings, arguments)
    if given["resume"] is None:
        found = _settings(settings, given)
        announce(found)
        return Request(found, _path(given["out"]), None)
    if given["out"] is not None:
        raise SpikefaError("--resume continues in the folder of the run: leave out --out")
    run = RunDirectory.open(Path(given["resume"]))
    known = read_settings(name, settings, run)
    found = _settings(settings, _parse(name, settings, ["--config", str(run.config), *arguments]))
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
    return _settings(settings, _parse(name, settings, ["--config", str(run.config)]))


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


def _parse(name: str, settings: type, arguments: list[str]) -> dict[str, Any]:
    parser = settings_parser(name, settings)
    try:
        return vars(parser.parse_args(arguments))
    except ArgumentError as error:
        message = _in_one_line(str(error), annotations(settings))
        raise SpikefaError(f"{message} (see {parser.prog} --help)") from error
    except OverflowError as error:  # jsonargparse lets it through, without the option
        raise SpikefaError(
            f"a number has too many digits: {error} (see {parser.prog} --help)"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SpikefaError(f"cannot read the --config file: {error}") from error


def _in_one_line(message: str, hints: Mapping[str, Any]) -> str:
    """Replace the parser's keys in a message of jsonargparse with options, and name their range."""
    line = " ".join(message.split())
    line = re.sub(r"<class '(\w+)'>", r"\1", line.replace("typing.", ""))
    line = re.sub(r"Annotated\[(\w+), [^\]]*\]", r"\1", line)
    key = re.search(r'Parser key "(\w+)":', line)
    if key is None:
        return line
    line, number = line.replace(key[0], f"{flag(key[1])}:"), number_of(hints.get(key[1]))
    return line if number is None else f"{line}; give {number}"
