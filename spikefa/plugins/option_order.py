"""Choices on the command line: ``--rule CLASS --rule.alpha 0.1``, in any order."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from spikefa.plugins.choices import fillers, seams
from spikefa.plugins.option_help import is_list
from spikefa.utils.checking import annotations


def order_options(settings: Any, arguments: Sequence[str]) -> list[str]:
    """Return command-line arguments in an order in which later ones override earlier ones.

    ``--config`` comes first, then other options, then the classes of the choices, then their
    arguments. A class named on the command line replaces that of the configuration file together
    with its arguments and with the options that fill them. Several values of an option that takes a
    list, as in ``--hidden 20 10`` or ``--hidden 20,10``, become the one that the parser expects.

    Parameters
    ----------
    settings : type
        The dataclass of the experiment's settings.
    arguments : sequence of str
        As typed.

    Returns
    -------
    list of str
        Arguments for a parser with an option of type dict for every choice.
    """
    config: list[str] = []
    forgotten: list[str] = []
    others: list[str] = []
    classes: list[str] = []
    class_arguments: list[str] = []
    choices, hints = seams(settings), annotations(settings)
    for words in _options(arguments):
        name, _, argument = words[0].partition("=")[0].removeprefix("--").partition(".")
        if argument or is_list(hints.get(name.replace("-", "_"))):
            words = _as_one(words)
        if name == "config":
            config += words
        elif name not in choices:
            others += words
        elif argument in ("", "class"):
            filled = fillers(settings, name)
            forgotten += [f"--{option.replace('_', '-')}=null" for option in filled]
            classes += _class_option(name, words)
        else:
            _, sign, value = words[0].partition("=")
            class_arguments += [f"--{name}.{argument.replace('-', '_')}{sign}{value}", *words[1:]]
    return [*config, *(forgotten if config else ()), *others, *classes, *class_arguments]


def chosen_classes(settings: Any, arguments: Sequence[str]) -> dict[str, str]:
    """Return the class that the command line names for each choice, if it names one."""
    found = {}
    for words in _options(arguments):
        name, _, value = " ".join(words).replace("=", " ", 1).removeprefix("--").partition(" ")
        if name in seams(settings) and value:
            found[name] = value
    return found


def _options(arguments: Sequence[str]) -> Iterator[list[str]]:
    """Yield each option together with its values."""
    words: list[str] = []
    for word in arguments:
        if word.startswith("--") and words:
            yield words
            words = []
        words.append(word)
    if words:
        yield words


def _as_one(words: list[str]) -> list[str]:
    """Return an option with its values as one list, if there are several."""
    name, _, first = words[0].partition("=")
    values = [value for word in (first, *words[1:]) for value in word.split(",") if value]
    if len(values) < 2 or any(set("[]{}'\"") & set(value) for value in values):
        return words
    return [f"{name}=[{','.join(values)}]"]


def _class_option(name: str, words: list[str]) -> list[str]:
    """Return ``--rule CLASS`` as the mapping that the parser expects."""
    value = words[0].partition("=")[2] or " ".join(words[1:])
    if not value or value.startswith("{"):
        return words
    return [f"--{name}={json.dumps({'class': value})}"]
