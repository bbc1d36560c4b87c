"""Settings fields that are command-line options."""

from collections.abc import Sequence
from dataclasses import field
from typing import Any

MOST_PARTS = 1_000_000
"""So many parts an option may divide another one into."""


def option(default: Any, text: str, fills: str = "", divides: Sequence[str] = ()) -> Any:
    """Return a dataclass field with a default and the text that ``--help`` shows.

    Parameters
    ----------
    default
        None for an option that fills an argument: the default of the class then applies.
    text : str
        Shown by ``--help``.
    fills : str, optional
        The argument of a rule or circuit that the option sets, such as ``feedback.scale``. It is an
        error to give the option if the class has no such argument.
    divides : sequence of str, optional
        Other settings that this one divides into parts, `MOST_PARTS` at most: the updates between
        two looks divide all updates.
    """
    return field(default=default, metadata={"help": text, "fills": fills, "divides": divides})
