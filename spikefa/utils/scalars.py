"""Numbers of NumPy, torch and the standard library, converted to those of Python.

A number of another library computes like one of Python, but cannot be written to a checkpoint, a
configuration or a recording. So every part converts the numbers that it is given.
"""

from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal
from fractions import Fraction
from numbers import Number
from typing import Any

from spikefa.errors import SpikefaError
from spikefa.utils.numbers import shown


def plain(value: Any) -> Any:
    """Return a number as an int, float or bool of Python; collections of them likewise.

    Everything else, also an array with dimensions, is returned as it is.
    """
    if isinstance(value, bool | int | float | str):
        return _builtin(value)
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):  # of NumPy or torch
        return value.item()
    if isinstance(value, Fraction | Decimal):
        return float(value)
    if type(value) in (list, tuple):
        return type(value)(map(plain, value))
    if type(value) is dict:
        return {plain(name): plain(each) for name, each in value.items()}
    return value


def _builtin(value: bool | int | float | str) -> Any:
    """Return a value without a subclass, such as `numpy.float64`, which is a float."""
    kind = next(kind for kind in (bool, int, float, str) if isinstance(value, kind))
    return value if type(value) is kind else kind(value)


def plain_sequence(value: Any) -> Any:
    """Return a number, or a sequence or array of numbers, as a number or a list of Python's."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return plain(list(value) if isinstance(value, Sequence) and not _is_text(value) else value)


def _is_text(value: object) -> bool:
    return isinstance(value, str | bytes)


def plain_fields(instance: Any, *sequences: str) -> None:
    """Convert the arguments of a dataclass, which calls this as it begins its ``__post_init__``.

    Parameters
    ----------
    instance : dataclass
        May be frozen.
    *sequences : str
        Arguments that may be sequences or arrays of numbers, see `plain_sequence`.
    """
    for item in fields(instance):
        if item.init:
            convert = plain_sequence if item.name in sequences else plain
            object.__setattr__(instance, item.name, convert(getattr(instance, item.name)))


def real(value: Any, what: str) -> float:
    """Return a real number as one of Python.

    Raises
    ------
    SpikefaError
        If it is none; `what` names it.
    """
    found = plain(value)
    if isinstance(found, int | float):
        return found
    raise SpikefaError(f"{what} must be a number, {shown(value)} given")


def is_number(value: Any) -> bool:
    """Return whether a value is one number: of Python, NumPy or torch."""
    return isinstance(plain(value), Number)
