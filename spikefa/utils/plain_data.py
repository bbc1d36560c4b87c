"""Check data that was read from a file: plain, not too deep, no endless numbers."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from spikefa.errors import require

DEEPEST = 50
"""Containers within each other. Whoever looks at them in turn needs some frames for each."""

LARGEST = 1 << 64
"""Integers are smaller: those of a thousand digits are no floating-point number, or no text."""

PLAIN = (str, float, bool, type(None), date)


def check_plain(content: Any, more: tuple[type, ...] = (), most: int | None = None) -> None:
    """Refuse what is no plain data: text, numbers, and lists and mappings of them.

    Parameters
    ----------
    content
    more : tuple of type, optional
        Other types that are allowed.
    most : int, optional
        Upper bound of the values. Where a container can be referred to several times, a few bytes
        can stand for billions.

    Raises
    ------
    SpikefaError
    """
    for number, (value, depth) in enumerate(values_in(content)):
        require(most is None or number <= most, f"it holds more than {most} values")
        require(depth <= DEEPEST, "it is nested too deeply")
        if isinstance(value, int):
            require(abs(value) < LARGEST, "it has an integer of more than 64 bits")
        else:
            known = isinstance(value, (*PLAIN, dict, list, tuple, *more))
            require(known, f"it holds a {type(value).__name__}")


def values_in(content: Any) -> Iterator[tuple[Any, int]]:
    """Yield every value in mappings and lists with its depth, containers before what they hold."""
    waiting = [(content, 0)]
    while waiting:
        value, depth = waiting.pop()
        yield value, depth
        if isinstance(value, dict):
            waiting += [(each, depth + 1) for pair in value.items() for each in pair]
        elif isinstance(value, list | tuple):
            waiting += [(each, depth + 1) for each in value]
