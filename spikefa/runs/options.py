"""Settings fields that are command-line options."""

from collections.abc import Callable, Sequence
from dataclasses import field, fields
from typing import Any

MOST_PARTS = 1_000_000
"""So many parts an option may divide another one into."""


def option(
    default: Any,
    text: str,
    fills: str = "",
    divides: Sequence[str] = (),
    names_code: Callable[[str], bool] | None = None,
) -> Any:
    """Return a dataclass field with a default and the text that ``--help`` shows.

    Parameters
    ----------
    default
        None for an option that fills an argument: the default of the class then applies.
    text : str
        Shown by ``--help``.
    fills : str, optional
        The argument of a rule, circuit or kind of synapses that the option sets, such as
        ``feedback.scale``. It is an error to give the option if the class has no such argument.
    divides : sequence of str, optional
        Other settings that this one divides into parts, `MOST_PARTS` at most: the updates between
        two looks divide all updates.
    names_code : callable, optional
        Returns whether a value of the option is the name of code, which is told before it runs and
        needs the user's consent if only a file names it.
    """
    return _field(default, text, fills=fills, divides=divides, names_code=names_code)


def bound(default: float, text: str) -> Any:
    """Return a field for a number by which a claim is judged, see `Claim`.

    It changes no run, so that a run is resumed, which judges it again, with another one too.

    Parameters
    ----------
    default : float
    text : str
        Shown by ``--help``: what the number bounds, and its unit.
    """
    return _field(default, f"to judge by: {text}", judges=True)


def bounds(settings: Any) -> list[str]:
    """Return the names of the settings that are a `bound`."""
    return [item.name for item in fields(settings) if item.metadata.get("judges")]


def _field(default: Any, text: str, **others: Any) -> Any:
    return field(default=default, metadata={"help": text, **others})
