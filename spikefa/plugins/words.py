"""Rules and circuits on the command line: ``--rule CLASS --rule.alpha 0.1``, in any order."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from spikefa.plugins.choices import fillers, seams


def in_order(settings: Any, arguments: Sequence[str]) -> list[str]:
    """Return command-line arguments in such an order that what is more particular comes last.

    First ``--config``, then other options, then the choices, then their arguments. A class named
    on the command line comes without what the configuration file says of the class named there:
    neither its arguments, nor the options that fill them.

    Parameters
    ----------
    settings : type
        The dataclass of the experiment.
    arguments : sequence of str
        As typed.

    Returns
    -------
    list of str
        As a parser with an option of type dict for every choice understands them.
    """
    ranked: list[list[str]] = [[], [], [], [], []]
    for words in _options(arguments):
        name, _, argument = words[0].partition("=")[0].removeprefix("--").partition(".")
        if name == "config":
            ranked[0] += words
        elif name not in seams(settings):
            ranked[2] += words
        elif argument in ("", "class"):
            ranked[1] += [f"--{other.replace('_', '-')}=null" for other in fillers(settings, name)]
            ranked[3] += _chosen(name, words)
        else:
            _, sign, value = words[0].partition("=")
            ranked[4] += [f"--{name}.{argument.replace('-', '_')}{sign}{value}", *words[1:]]
    if not ranked[0]:
        ranked[1] = []
    return [word for words in ranked for word in words]


def chosen_classes(settings: Any, arguments: Sequence[str]) -> dict[str, str]:
    """Return the class that was typed for each choice, if one was."""
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


def _chosen(name: str, words: list[str]) -> list[str]:
    """Return ``--rule CLASS`` as the mapping that the parser expects."""
    value = words[0].partition("=")[2] or " ".join(words[1:])
    if not value or value.startswith("{"):
        return words
    return [f"--{name}={json.dumps({'class': value})}"]
