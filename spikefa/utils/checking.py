"""Check numbers against the ranges of their annotations, see `spikefa.utils.ranges`.

`in_range` checks one value, `check_fields` the fields of a dataclass, and `ranged` the arguments of
a function. Numbers of NumPy become numbers of Python.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache, wraps
from types import UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    ParamSpec,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from spikefa.errors import SpikefaError
from spikefa.utils.numbers import shown
from spikefa.utils.ranges import Range
from spikefa.utils.scalars import plain, plain_sequence
from spikefa.utils.suggesting import did_you_mean

P = ParamSpec("P")
R = TypeVar("R")


class Number(NamedTuple):
    """A kind of number with its range."""

    kind: type
    range: Range

    def __str__(self) -> str:
        return f"{'a whole number' if self.kind is int else 'a number'} {self.range}"

    def accepts(self, value: Any) -> bool:
        """Return whether this is such a number of Python, in the range; a bool is no number."""
        kinds = int if self.kind is int else (int, float)
        return isinstance(value, kinds) and not isinstance(value, bool) and value in self.range


def number_of(hint: Any) -> Number | None:
    """Return the kind of number that `hint` allows, if it has a range: of ``Size | None`` `Size`.

    An int and a float with ranges of their own are not allowed side by side.
    """
    for one in alternatives(hint):
        if get_origin(one) is Annotated:
            kind, *others = get_args(one)
            for limits in others:
                if isinstance(limits, Range):
                    return Number(kind, limits)
    return None


def alternatives(hint: Any) -> Iterator[Any]:
    """Yield the members of a union; of another type the type itself."""
    if get_origin(hint) in (Union, UnionType):
        for one in get_args(hint):
            yield from alternatives(one)
    else:
        yield hint


def has_range(hint: Any) -> bool:
    """Return whether there is a range anywhere in an annotation."""
    return isinstance(hint, Range) or any(map(has_range, get_args(hint)))


def in_range(value: Any, hint: Any, name: str, of: str = "") -> Any:
    """Return `value` with numbers of Python, after a check against the ranges in `hint`.

    Parameters
    ----------
    value : Any
        A number, or a sequence or mapping of numbers, or what else `hint` allows.
    hint : Any
        Its annotation, such as ``Size | None`` or ``list[Rate]``. Without ranges nothing is
        checked.
    name, of : str
        What the value is, and what it belongs to (" of CLASS"), for the message.

    Raises
    ------
    SpikefaError
        If a number is out of range, or something else stands where a number belongs.
    """
    if not has_range(hint):
        return value
    value = plain_sequence(value)
    for one in alternatives(hint):
        number, inner = number_of(one), get_args(one)
        if number is not None:
            if number.accepts(value):
                return value
        elif _is_sequence(one, value):
            fixed = get_origin(one) is tuple and inner[-1] is not ...
            pairs = zip(value, inner if fixed else [inner[0]] * len(value), strict=True)
            found = [in_range(*pair, f"{name}[{n}]", of) for n, pair in enumerate(pairs)]
            return tuple(found) if get_origin(one) is tuple else found
        elif get_origin(one) in (dict, Mapping) and isinstance(value, Mapping):
            return {
                in_range(key, inner[0], "a key", f" of {name}{of}"): in_range(
                    item, inner[1], f"{name}[{key}]", of
                )
                for key, item in value.items()
            }
        elif _is_one(one, value):
            return value
    raise SpikefaError(f"{name}{of} is {shown(value)}: give {_wanted(hint)}")


def check_one_of(what: str, given: object, known: Iterable[str], more: str = "") -> None:
    """Refuse a word that is none of `known`.

    Parameters
    ----------
    what : str
        What the word chooses, for the message.
    given : object
    known : iterable of str
    more : str, optional
        What else is allowed, for the message.

    Raises
    ------
    SpikefaError
        With the words that are allowed, and the one that may have been meant.
    """
    words = list(known)
    if given not in words:
        raise SpikefaError(
            f"{what} must be one of {', '.join(words)}{more}, {shown(given)} given"
            f"{did_you_mean(given, words)}"
        )


@cache
def annotations(of: Callable[..., Any]) -> dict[str, Any]:
    """Return the annotations with their ranges; of a user's class those that can be resolved."""
    try:
        return get_type_hints(of, include_extras=True)
    except (NameError, TypeError):  # names that only type checkers see
        bases = of.__bases__ if isinstance(of, type) else ()
        return {name: hint for base in bases for name, hint in annotations(base).items()}


def check_fields(thing: Any, name: Callable[[str], str] = str, of: str | None = None) -> None:
    """Check the fields of a dataclass object, and make their numbers numbers of Python.

    Parameters
    ----------
    thing : dataclass
        Call this first in its ``__post_init__``.
    name : callable, optional
        Returns what a field is called in a message; default: its name.
    of : str, optional
        What it belongs to; default: " of CLASS".
    """
    of = f" of {type(thing).__name__}" if of is None else of
    hints = annotations(type(thing))  # type: ignore[arg-type]
    for item in fields(thing):
        if item.init and hasattr(thing, item.name):
            given = plain(getattr(thing, item.name))
            checked = in_range(given, hints.get(item.name), name(item.name), of)
            object.__setattr__(thing, item.name, checked)


def ranged(function: Callable[P, R]) -> Callable[P, R]:
    """Check the arguments of a function, or of an ``__init__``, against their annotations."""
    signature = inspect.signature(function)
    owner = function.__qualname__.removesuffix(".__init__")

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        given, hints = signature.bind(*args, **kwargs), annotations(function)
        for name, value in given.arguments.items():
            if name in hints:
                given.arguments[name] = in_range(value, hints[name], name, f" of {owner}")
        return function(*given.args, **given.kwargs)

    return checked


def _is_sequence(hint: Any, value: Any) -> bool:
    """Return whether the value is a sequence, of as many as the hint says, and may be one."""
    origin, inner = get_origin(hint), get_args(hint)
    if not (isinstance(origin, type) and issubclass(origin, Sequence) and has_range(hint)):
        return False
    fixed = origin is tuple and inner[-1] is not ...
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str | bytes)
        and (not fixed or len(value) == len(inner))
    )


def _is_one(hint: Any, value: Any) -> bool:
    """Return whether a value that is no number is what an annotation without ranges allows."""
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if isinstance(hint, type) and get_origin(hint) is None:
        return isinstance(value, hint)
    return not has_range(hint)


def _wanted(hint: Any) -> str:
    """Return what to give: the kind of number, and whether it may be a list."""
    number = number_of(hint)
    if number is not None:
        return str(number)
    kinds = {str(found) for each in alternatives(hint) if (found := _inside(each))}
    return f"several, each {' or '.join(sorted(kinds))}"


def _inside(hint: Any) -> Number | None:
    return next(filter(None, map(number_of, get_args(hint))), None)
