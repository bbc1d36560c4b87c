"""Settings fields that are command-line options."""

from dataclasses import field
from typing import Any


def option(default: Any, text: str, fills: str = "") -> Any:
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
    """
    return field(default=default, metadata={"help": text, "fills": fills})
