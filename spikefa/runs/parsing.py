"""Read settings from the command line and ``config.yaml``; produce the text of ``--help``."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from jsonargparse import ActionConfigFile, ArgumentError, ArgumentParser

from spikefa.errors import SpikefaError, require
from spikefa.plugins.arguments import class_help
from spikefa.plugins.choices import default_of, named_code, seams
from spikefa.plugins.classes import load_class
from spikefa.plugins.named_code import Code, code_in
from spikefa.plugins.option_help import HelpFormatter, in_words
from spikefa.plugins.option_order import chosen_classes, order_options
from spikefa.plugins.trust import check_trusted
from spikefa.runs.directory import RunDirectory
from spikefa.runs.settings import flag, options
from spikefa.utils.checking import annotations
from spikefa.utils.files import read_text
from spikefa.utils.showing import PROGRESS, Progress
from spikefa.utils.suggesting import did_you_mean
from spikefa.utils.yaml_text import parse_named

S = TypeVar("S")
TYPED = {
    **dict.fromkeys(("config", "resume", "sweep")),
    **dict.fromkeys(("all", "trust"), False),
    "progress": "auto",
}
"""Options that only the command line can give, and what they are if it does not."""
SHOWN: dict[str, Any] = {"progress": Progress, "figures": bool}
"""Options that are no settings, but have values that can be wrong."""
SWEPT = "NAME=VALUES: run with each value, such as seed=0..4; --workers N does several at once"
OUT = "folder to make for the run; default: one in runs, with the name of the experiment"
WHOLE = "run every cell that is missing, in a new folder or in that of an earlier run"
FIGURES = "draw the figures at the end; `spikefa figure` draws them later"


class Request(NamedTuple):
    """The settings and folders given on the command line.

    Attributes
    ----------
    settings : Any
        The settings as given, not yet completed.
    out, resume : Path, optional
        The folders of ``--out`` and ``--resume``.
    progress : {"auto", "bar", "log", "none"}
        See `spikefa.utils.showing`.
    figures : bool
        Whether the run draws its figures at its end.
    """

    settings: Any
    out: Path | None
    resume: Path | None
    progress: Progress
    figures: bool


def settings_parser(name: str, settings: type, description: str = "") -> ArgumentParser:
    """Return a parser with one option for each field of the dataclass `settings`."""
    parser = ArgumentParser(
        prog=f"spikefa run {name}",
        description=description,
        exit_on_error=False,
        allow_abbrev=False,
        formatter_class=HelpFormatter,
    )
    parser.add_argument("--config", action=ActionConfigFile, help="YAML file with any of these")
    parser.add_argument("--out", type=str, help=OUT)
    parser.add_argument("--resume", type=str, help="folder of a run to continue")
    if "cells" in {item.name for item in options(settings)}:
        parser.add_argument("--all", action="store_true", help=WHOLE)
    parser.add_argument("--sweep", type=str, help=SWEPT)
    parser.add_argument(
        "--trust",
        action="store_true",
        help="run code that --config or --resume names, though it was not run here before",
    )
    parser.add_argument("--progress", type=Progress, default="auto", help=PROGRESS)
    parser.add_argument("--figures", type=bool, default=True, help=FIGURES, **_switch(bool))
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
        for code in code_in({choice: {"class": path}}, {choice: seams(settings)[choice]}):
            code.announce()
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
    trust = "--trust" in arguments
    words = words_of(arguments)
    arguments = order_options(settings, arguments)
    given = _parse(name, settings, arguments)
    if given["resume"] is None:
        found = _settings(settings, given)
        for config in given["config"] or ():
            _check_trusted(found, Path(str(config)), words, trust)
        _announce(found)
        return Request(found, _path(given["out"]), None, given["progress"], given["figures"])
    if given["out"] is not None:
        raise SpikefaError("--resume continues in the folder of the run: leave out --out")
    run = RunDirectory.open(Path(given["resume"]))
    known = read_settings(name, settings, run)
    found = _settings(settings, _parse(name, settings, ["--config", str(run.config), *arguments]))
    _check_trusted(known, run.config, words, trust, resuming=True)
    for config in given["config"] or ():
        _check_trusted(found, Path(str(config)), [*words, *_places(known)], trust)
    _announce(known, found)
    return Request(found, None, run.path, given["progress"], given["figures"])


def trusted_settings(
    name: str, settings: type[S], run: RunDirectory, changes: Mapping[str, Any], trust: bool
) -> S:
    """Return the settings of a run with changes of the user, after telling which code they run.

    Raises
    ------
    SpikefaError
        If the settings are damaged, or name code that was not run here before; see `check_trusted`.
    """
    found = replace(read_settings(name, settings, run), **changes)  # type: ignore[type-var]
    words = [each for each in changes.values() if isinstance(each, str)]
    _check_trusted(found, run.config, words, trust, resuming=True)
    _announce(found)
    return found


def planned_settings(
    name: str,
    settings: type[S],
    arguments: Sequence[str],
    file: Path,
    words: Collection[str] = (),
    trust: bool = False,
) -> S:
    """Return the settings that a file asks for, as options of the command line.

    Parameters
    ----------
    name : str
        Of the experiment.
    settings : type
        Of the experiment.
    arguments : sequence of str
        Such as ``--learning-rate=0.001``.
    file : Path
        Where they are from, for the message.
    words : collection of str, optional
        What the user has typed: code that is named there may run.
    trust : bool, default False
        Whether code that the file names may run, though it was not run here before.

    Raises
    ------
    SpikefaError
        If an option is unknown or has a value of the wrong type, or code is not trusted.
    """
    found = _settings(settings, _parse(name, settings, order_options(settings, list(arguments))))
    _check_trusted(found, file, words, trust)
    return found


def read_settings(name: str, settings: type[S], run: RunDirectory) -> S:
    """Return the settings stored in the ``config.yaml`` of a run.

    Raises
    ------
    SpikefaError
        If the file is missing, or has an unknown option or a value of the wrong type.
    """
    return _settings(settings, _parse(name, settings, ["--config", str(run.config)]))


def _announce(*several: Any) -> None:
    """Print which code of the user the settings run, each once."""
    named = {code: None for settings in several for code in named_code(settings)}
    for code in named:
        code.announce()


def _check_trusted(
    settings: Any, config: Path, words: Collection[str], trust: bool, resuming: bool = False
) -> None:
    """Refuse code of the settings that is neither on the command line nor trusted."""
    given = {Code("", word).place for word in words}
    check_trusted(named_code(settings), config, given, trust=trust, resuming=resuming)


def _places(settings: Any) -> list[str]:
    return [code.place for code in named_code(settings)]


def words_of(arguments: Sequence[str]) -> list[str]:
    """Return the words of a command line, and what follows the equals signs in them."""
    return [part for word in arguments for part in (word, word.partition("=")[2]) if part]


def _switch(hint: Any) -> dict[str, Any]:
    """Make an option of type bool mean true if it has no value."""
    return {"nargs": "?", "const": True} if hint is bool else {}


def _settings(settings: type[S], given: dict[str, Any]) -> S:
    return settings(**{item.name: given[item.name] for item in fields(settings)})  # type: ignore[arg-type]


def _path(given: str | None) -> Path | None:
    return None if given is None else Path(given)


def _parse(name: str, settings: type, arguments: list[str]) -> dict[str, Any]:
    for config in _configs(arguments):
        _check_config(config)
    parser = settings_parser(name, settings)
    try:
        return vars(parser.parse_args(arguments))
    except ArgumentError as error:
        message = _refused(str(error), settings)
        raise SpikefaError(f"{message} (see {parser.prog} --help)") from error
    except OverflowError as error:  # jsonargparse lets it through, without the option
        raise SpikefaError(
            f"a number has too many digits: {error} (see {parser.prog} --help)"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SpikefaError(f"cannot read the --config file: {error}") from error


def _configs(arguments: Sequence[str]) -> list[Path]:
    """Return the files that are given with ``--config``."""
    after = [following for word, following in pairwise(arguments) if word == "--config"]
    within = [word.partition("=")[2] for word in arguments if word.startswith("--config=")]
    return [Path(name) for name in (*after, *within)]


def _check_config(path: Path) -> None:
    """Refuse a configuration that is no plain list of settings, before the parser reads it."""
    named = parse_named(read_text(path), path)
    for option, unset in TYPED.items():  # which --print_config writes as well
        given = named.get(option)
        require(
            not given or given == unset,
            f"{path} has {option!r}, which only the command line can give",
        )


def _refused(message: str, settings: type) -> str:
    """Return a message of jsonargparse in words, with what may have been meant."""
    unknown = re.search(r"unrecognized arguments: (--[^\s=]+)|Option '([^']+)' is not", message)
    if unknown is None:
        return in_words(message, annotations(settings) | SHOWN, flag)
    own = [*(item.name for item in fields(settings)), "out", *SHOWN, *TYPED]
    name = unknown[1] or flag(unknown[2])
    others = [flag(each) for each in own if flag(each) != name]  # --all is an option of tables
    return f"there is no option {name}{did_you_mean(name, others)}"
