"""Experiments: find them by name, and turn their settings into command-line options.

An experiment is a module of `spikefa.experiments` with a frozen dataclass `Settings`, whose fields
are made by `option`, and a function ``run(settings, out, resume)``. It needs no registration.
"""

import pkgutil
import re
from dataclasses import asdict, field, fields
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, get_type_hints

from spikefa.errors import SpikefaError
from spikefa.plugins.choices import announce_code, default_of, seams
from spikefa.plugins.option_order import chosen_classes, order_options

if TYPE_CHECKING:
    from jsonargparse import ArgumentParser


def option(default: Any, text: str, fills: str = "") -> Any:
    """Return a dataclass field with a default and the text that ``--help`` shows.

    Parameters
    ----------
    default
        None, for an option that fills an argument: what the class itself has.
    text : str
        What ``--help`` shows.
    fills : str, optional
        The argument of a rule or circuit that it fills, such as ``feedback.scale``; to give it to
        a class without that argument is a mistake.
    """
    return field(default=default, metadata={"help": text, "fills": fills})


def experiment_names() -> list[str]:
    """Return the names of all experiments, ``paper.figure``."""
    package = import_module("spikefa.experiments")
    return sorted(
        f"{paper.name}.{figure.name}"
        for paper in pkgutil.iter_modules(package.__path__)
        if paper.ispkg
        for figure in pkgutil.iter_modules(
            import_module(f"spikefa.experiments.{paper.name}").__path__
        )
        if not figure.name.startswith("_")
    )


def load_experiment(name: str) -> ModuleType:
    """Return the module of the experiment called `name`.

    Raises
    ------
    SpikefaError
        If there is none, with the list of those there are.
    """
    names = experiment_names()
    if name not in names:
        raise SpikefaError(f"no experiment called {name!r}: there is {', '.join(names)}")
    return import_module(f"spikefa.experiments.{name}")


def summary_line(module: ModuleType) -> str:
    """Return the first line of a module's docstring."""
    return (module.__doc__ or "").strip().split("\n")[0]


def settings_parser(name: str, module: ModuleType) -> "ArgumentParser":
    """Return a parser with one option for each field of the experiment's `Settings`."""
    from jsonargparse import ActionConfigFile, ArgumentParser

    parser = ArgumentParser(
        prog=f"spikefa run {name}", description=module.__doc__, exit_on_error=False
    )
    parser.add_argument("--config", action=ActionConfigFile, help="YAML file with any of these")
    parser.add_argument("--out", type=str, help="folder to make for the run")
    parser.add_argument("--resume", type=str, help="folder of a run to continue")
    hints = get_type_hints(module.Settings)
    for item in fields(module.Settings):
        parser.add_argument(
            f"--{item.name.replace('_', '-')}",
            type=hints[item.name],
            default=default_of(item),
            help=item.metadata["help"],
            **_switch(hints[item.name]),
        )
    return parser


def _switch(hint: Any) -> dict[str, Any]:
    """Let an option that is true or false stand without a value for true."""
    return {"nargs": "?", "const": True} if hint is bool else {}


def full_help(name: str, module: ModuleType, arguments: list[str]) -> str:
    """Return the text of ``--help``; with the arguments of the classes that were chosen beside it.

    Raises
    ------
    SpikefaError
        If there is no such class.
    """
    parts = [settings_parser(name, module).format_help()]
    for choice, path in chosen_classes(module.Settings, arguments).items():
        from spikefa.plugins.arguments import class_help
        from spikefa.plugins.classes import load_class

        parts.append(class_help(load_class(path, seams(module.Settings)[choice]), choice) + "\n")
    return "\n".join(parts)


def parse_settings(
    name: str, module: ModuleType, arguments: list[str]
) -> tuple[Any, Path | None, Path | None]:
    """Return the settings, and the folders given with ``--out`` and ``--resume``.

    With ``--resume`` the settings are those of the run, and only its length, and what does not
    change its result, may be given anew.

    Raises
    ------
    SpikefaError
        If an option is unknown or has a value of the wrong kind, or the run to continue had
        another setting.
    """
    parser = settings_parser(name, module)
    arguments = order_options(module.Settings, arguments)
    given = _parse(parser, arguments)
    if given["resume"] is None:
        return _settings(module, given), _path(given["out"]), None
    if given["out"] is not None:
        raise SpikefaError("--resume continues in the folder of the run: leave out --out")
    folder = Path(given["resume"])
    stored = folder / "config.yaml"
    if not stored.is_file():
        raise SpikefaError(f"{folder} holds no run: there is no {stored.name} in it")
    before = _settings(module, _parse(parser, ["--config", str(stored)]))
    now = _settings(module, _parse(parser, ["--config", str(stored), *arguments]), before)
    for key, value in asdict(before).items():
        if key not in module.MAY_CHANGE_ON_RESUME and value != getattr(now, key):
            raise SpikefaError(
                f"the run in {folder} has --{key.replace('_', '-')} {value}, "
                f"{getattr(now, key)} given: leave it out, or start a new run"
            )
    return now, None, folder


def _settings(module: ModuleType, given: dict[str, Any], known: Any = None) -> Any:
    """Return the settings, complete; say what code that runs, unless `known` settings ran it."""
    settings = module.Settings(**{item.name: given[item.name] for item in fields(module.Settings)})
    for name in seams(settings):
        announce_code(name, getattr(settings, name), getattr(known, name, {}))
    return module.settle(settings) if hasattr(module, "settle") else settings


def _path(given: str | None) -> Path | None:
    return None if given is None else Path(given)


def _parse(parser: "ArgumentParser", arguments: list[str]) -> dict[str, Any]:
    from jsonargparse import ArgumentError

    try:
        return vars(parser.parse_args(arguments))
    except ArgumentError as error:
        raise SpikefaError(f"{_in_one_line(str(error))} (see {parser.prog} --help)") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SpikefaError(f"cannot read the --config file: {error}") from error


def _in_one_line(message: str) -> str:
    """Say with the option's own name what jsonargparse says with the parser's key."""
    line = " ".join(message.split())
    line = re.sub(r'Parser key "(\w+)":', lambda key: f"--{key[1].replace('_', '-')}:", line)
    line = re.sub(r"<class '(\w+)'>", r"\1", line.replace("typing.", ""))
    return line
