"""spikefa's own parts as class name and plain arguments, in text that can run nothing."""

from dataclasses import fields, is_dataclass
from typing import Any

from spikefa.errors import SpikefaError, require
from spikefa.plugins.classes import SEAMS, built_in
from spikefa.utils.printable import one_line
from spikefa.utils.scalars import plain

PLACED = {"device", "dtype", "size", "neuron"}
"""Arguments that the network, or the node, gives."""


def described(kind: str, part: object) -> dict[str, Any] | None:
    """Return class and arguments of a part; None if it is not spikefa's own, or not plain.

    Parameters
    ----------
    kind : {"rules", "feedback", "neurons"}
    part : object
    """
    cls = type(part)
    if built_in(SEAMS[kind]).get(cls.__name__) is not cls or not is_dataclass(part):
        return None
    arguments = {
        each.name: plain(getattr(part, each.name))
        for each in fields(part)
        if each.init and each.name not in PLACED
    }
    if not all(map(_is_plain, arguments.values())):
        return None
    return {"class": cls.__name__, "arguments": arguments}


def made(kind: str, description: object, *first: Any) -> Any:
    """Return a new part of spikefa's own, as `described` has described it.

    Nothing but the name of one of spikefa's own classes is looked up, and every argument is
    checked as one that a user gives.

    Raises
    ------
    SpikefaError
        If there is no such class, or it does not take the arguments.
    """
    require(isinstance(description, dict), f"its {kind} are described by no mapping")
    assert isinstance(description, dict)
    name, arguments = description.get("class"), description.get("arguments")
    own = built_in(SEAMS[kind])
    require(
        isinstance(name, str) and name in own,
        f"it names {one_line(repr(name), 60)}, which is none of spikefa's own {kind}",
    )
    cls: Any = own[str(name)]
    known = {each.name for each in fields(cls) if each.init} - PLACED
    fits = isinstance(arguments, dict) and set(arguments) <= known
    require(fits, f"the arguments of its {name} are others than those of {cls.__name__}")
    assert isinstance(arguments, dict)
    require(all(map(_is_plain, arguments.values())), f"an argument of its {name} is no plain data")
    try:
        return cls(*first, **arguments)
    except (TypeError, ValueError) as error:
        raise SpikefaError(f"its {name} cannot be made: {one_line(error)}") from error


def _is_plain(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(isinstance(each, bool | int | float | str) for each in value)
    return value is None or isinstance(value, bool | int | float | str)
