"""What an option takes, in words: for ``--help``, and for whoever gave something else."""

import json
import re
from argparse import Action
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

import yaml
from jsonargparse import DefaultHelpFormatter

from spikefa.utils.checking import alternatives, number_of
from spikefa.utils.numbers import MOST_SAID, shown
from spikefa.utils.suggesting import did_you_mean

_GIVEN = re.compile(r'Parser key "([\w.]+)":.* (?:Got value|Given value): (.*)$')
"""What a message of jsonargparse says of a value that it refuses."""
_DEFAULT = "default:"


class HelpFormatter(DefaultHelpFormatter):
    """A formatter that says in words what an option takes, and its default."""

    def _expand_help(self, action: Action) -> str:
        text, hint = super()._expand_help(action), getattr(action, "_typehint", None)
        text = re.sub(r" \((?:required, )?(?:type|default): .*\)$", "", text, flags=re.DOTALL)
        if hint is None:
            return text
        shows_words = "{" in self._format_action_invocation(action)
        notes = [] if shows_words else [allowed(hint)]
        if action.required:
            notes.append("required")
        elif action.default is not None or _DEFAULT not in text:
            notes.append(f"{_DEFAULT} {_written(action.default)}")
        return f"{text} ({'; '.join(filter(None, notes))})" if any(notes) else text

    def _format_action_invocation(self, action: Action) -> str:
        """Leave out ``--option+``, which appends to a list."""
        names = super()._format_action_invocation(action).split(", ")
        return ", ".join(name for name in names if not name.split(" ")[0].endswith("+"))

    def _format_args(self, action: Action, default_metavar: str) -> str:
        """Leave out null, which stands for an option that is not given."""
        return super()._format_args(action, default_metavar).replace(",null}", "}")


def allowed(hint: Any) -> str:
    """Return what an option with this annotation takes; "" for text of any kind."""
    singles = list(dict.fromkeys(filter(None, map(_kind, alternatives(hint)))))
    several = [one for one in alternatives(hint) if _is_sequence(one)]
    for one in several:
        each = _kind(get_args(one)[0])
        singles.append("several" if each in singles else f"several, each {each or 'a word'}")
    return ", or ".join(singles)


def is_list(hint: Any) -> bool:
    """Return whether an option with this annotation can take several values."""
    return any(_is_sequence(one) for one in alternatives(hint))


def in_words(message: str, hints: Mapping[str, Any], flag: Callable[[str], str]) -> str:
    """Return a message of jsonargparse in words of the command line.

    Parameters
    ----------
    message : str
    hints : mapping
        Annotations by the parser's keys.
    flag : callable
        Returns the option of a key.
    """
    line = " ".join(message.split())
    found = _GIVEN.search(line)
    if found is None or found[1] not in hints:
        return re.sub(r'Parser key "([\w.]+)":', lambda key: f"{flag(key[1])}:", line)
    words, wanted = _words(hints[found[1]]), allowed(hints[found[1]])
    given = shown(yaml_value(found[2]))
    return f"{flag(found[1])} is {given}{did_you_mean(found[2], words)}: give {wanted or 'text'}"


def yaml_value(text: str) -> Any:
    """Return the value that a text stands for on the command line; the text itself if none."""
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return text


def _words(hint: Any) -> list[str]:
    """Return the words that an annotation allows."""
    choices = [get_args(one) for one in alternatives(hint) if get_origin(one) is Literal]
    return [str(word) for words in choices for word in words]


def _kind(one: Any) -> str:
    """Return what a member of a union allows."""
    number, inner = number_of(one), get_args(one)
    if number is not None:
        return _unlimited(number.kind) if number.range.most > MOST_SAID else str(number)
    if one is bool:
        return "true or false"
    if get_origin(one) is Literal:
        return " or ".join(filter(None, [", ".join(inner[:-1]), inner[-1]]))
    if get_origin(one) is Callable:
        return "a function, package.module.NAME"
    return _unlimited(one)


def _unlimited(kind: Any) -> str:
    """Return what a number without a range is called; "" for anything else."""
    return {int: "a whole number", float: "a number"}.get(kind, "")


def _is_sequence(one: Any) -> bool:
    origin = get_origin(one)
    return isinstance(origin, type) and issubclass(origin, Sequence)


def _written(default: Any) -> str:
    """Return a default as one would type it."""
    if isinstance(default, Mapping) and "class" in default:
        return str(default["class"])
    if default is None:
        return "none"
    return str(default) if isinstance(default, str) else json.dumps(default)
