"""Single whole numbers given by users: Python's, NumPy's and torch's, checked and made Python's."""

import operator
from typing import Any

import numpy as np

from spikefa.errors import SpikefaError, require

MOST_TEXT = 60
"""Characters of a given value that a message shows."""

MOST_SAID = 1 << 32
"""Limits above this one are said only to those who exceed them."""


def is_whole(given: Any) -> bool:
    """Return whether `given` is one whole number.

    True and False are none, nor is 2.0: what was meant cannot be told. Arrays and tensors of an
    integer type count if they have no dimension.
    """
    if isinstance(given, bool | np.bool_) or getattr(given, "ndim", 0) != 0:
        return False
    if "bool" in str(getattr(given, "dtype", "")):
        return False
    try:
        operator.index(given)
    except TypeError:
        return False
    return True


def whole_number(given: Any, what: str, least: int | None = None, most: int | None = None) -> int:
    """Return a whole number as an int of Python.

    Parameters
    ----------
    given : int
        Of Python, NumPy or torch.
    what : str
        What the number is, for the message: ``"settle"``, ``"the length of window 'late'"``.
    least, most : int, optional
        The smallest and the largest number allowed.

    Raises
    ------
    SpikefaError
        If it is not a whole number, or not in this range.
    """
    if is_whole(given):
        number = operator.index(given)
        if (least is None or number >= least) and (most is None or number <= most):
            return number
        if most is not None and number <= most > MOST_SAID:
            most = None
    raise SpikefaError(f"{what} is {shown(given)}: give a whole number{_range(least, most)}")


def place(given: Any, size: int, what: str) -> int:
    """Return the place of one of `size` things; negative numbers count from the end.

    Parameters
    ----------
    given : int
        Of Python, NumPy or torch, ``-size <= given < size``.
    size : int
    what : str
        What the number chooses, for the message: ``"stream"``.

    Raises
    ------
    SpikefaError
        If it is not such a number.
    """
    require(size > 0, f"{what} is {shown(given)}, but there is none")
    number = whole_number(given, what, -size, size - 1)
    return number + size if number < 0 else number


def shown(given: Any) -> str:
    """Return what was given as a short text on one line.

    Python refuses to write integers of more than 4,300 digits.
    """
    if isinstance(given, int) and given.bit_length() > 100:
        return f"a number of about {round(given.bit_length() * 0.30103)} digits"
    if getattr(given, "ndim", 0):
        kind = str(given.dtype).removeprefix("torch.")
        return f"an array of {kind} of shape {tuple(given.shape)}"
    text = " ".join(repr(given).split())
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}..."


def _range(least: int | None, most: int | None) -> str:
    if least is None:
        return "" if most is None else f", at most {most}"
    return f", {least} or more" if most is None else f" from {least} to {most}"
