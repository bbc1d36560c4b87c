"""A field of settings that is an option of the command line."""

from dataclasses import field
from typing import Any


def option(default: Any, text: str, fills: str = "") -> Any:
    """Return a dataclass field with a default and the text that ``--help`` shows.

    Parameters
    ----------
    default
        None for an option that fills an argument: the default of the class then holds.
    text : str
        Shown by ``--help``.
    fills : str, optional
        The argument of a rule or circuit that the option fills, such as ``feedback.scale``. Giving
        the option to a class without that argument is an error.
    """
    return field(default=default, metadata={"help": text, "fills": fills})
