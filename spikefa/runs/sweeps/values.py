"""The values of a swept setting, as a plan or the command line gives them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spikefa.errors import require
from spikefa.runs.several.stored import number
from spikefa.utils.printable import one_line
from spikefa.utils.yaml_text import parse_yaml

RANGE = re.compile(r"(-?\d+)\.\.(-?\d+)")
"""Whole numbers from one to another, both included: ``0..4``."""
MOST_VALUES = 10_000
BOUNDS = {"low", "high", "log"}
FLOAT = re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+")
"""What YAML takes for a word, since it has no point or no sign: ``1e-3``."""


@dataclass(frozen=True)
class Bounds:
    """Where a search looks for a number.

    Attributes
    ----------
    low, high : int or float
        Both included. Whole numbers if both are.
    log : bool
        Whether it looks at magnitudes alike.
    """

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        require(
            isinstance(self.log, bool), f"log is {one_line(repr(self.log))}: give true or false"
        )
        numbers = [number(each) is not None for each in (self.low, self.high)]
        require(
            all(numbers) and self.low < self.high and (not self.log or self.low > 0),
            f"a search between {one_line(repr(self.low))} and {one_line(repr(self.high))}"
            f"{' by magnitudes' if self.log else ''}: give low and high, two numbers, low being "
            "less and, with log: true, above 0",
        )

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are meant."""
        return isinstance(self.low, int) and isinstance(self.high, int)


def listed(name: str, given: Any) -> list[Any]:
    """Return the values of a setting in a grid: of a list, of ``0..4``, or a single one.

    Raises
    ------
    SpikefaError
        If there is none, one comes twice, or it is no plain value.
    """
    ends = RANGE.fullmatch(given.strip()) if isinstance(given, str) else None
    if ends is not None:
        first, last = int(ends[1]), int(ends[2])
        require(
            0 <= last - first < MOST_VALUES,
            f"{name} is {given}: give whole numbers from the lower to the higher, such as 0..4, "
            f"{MOST_VALUES:,} at most",
        )
        return list(range(first, last + 1))
    values = [numeric(value) for value in given] if isinstance(given, list) else [numeric(given)]
    require(len(values) > 0, f"the grid has no value for {name}: give some, or leave {name} out")
    for value in values:
        check_plain_value(name, value)
    require(
        len({repr(value) for value in values}) == len(values),
        f"a value of {name} comes twice in {one_line(values)}: give each once",
    )
    return values


def sought(name: str, given: Any) -> Bounds | list[Any]:
    """Return where a search looks for the values of a setting: bounds, or a list of values.

    Raises
    ------
    SpikefaError
        If it is neither ``{low: ..., high: ..., log: ...}`` nor a list of plain values.
    """
    if not isinstance(given, Mapping):
        found = listed(name, given)
        require(len(found) > 1, f"a search over one value of {name}: put it among the settings")
        return found
    unknown = set(given) - BOUNDS
    require(
        not unknown and {"low", "high"} <= set(given),
        f"the search over {name} has {one_line(', '.join(map(str, given)))}: give low, high and, "
        "for magnitudes, log: true",
    )
    return Bounds(numeric(given["low"]), numeric(given["high"]), given.get("log", False))


def check_plain_value(name: str, value: Any) -> None:
    """Refuse values that are no single number or word, or a list of such."""
    single = value if isinstance(value, list) else [value]
    require(
        all(each is None or isinstance(each, bool | int | float | str) for each in single),
        f"{name} cannot be {one_line(repr(value))}: give numbers or words; an argument of a rule "
        "or circuit has a name with a dot, such as feedback.gated",
    )


def typed(text: str) -> tuple[str, Any]:
    """Return name and values of ``learning_rate=1e-3,2e-3`` on the command line.

    Raises
    ------
    SpikefaError
        If it has another form.
    """
    name, equals, values = text.partition("=")
    name = name.strip().lstrip("-").replace("-", "_")
    require(
        bool(name and equals and values.strip()),
        f"--sweep {one_line(text)}: give a setting and its values, such as learning_rate=1e-3,2e-3 "
        "or seed=0..4",
    )
    if RANGE.fullmatch(values.strip()):
        return name, values.strip()
    return name, [numeric(parse_yaml(word, "--sweep")) for word in values.split(",")]


def numeric(value: Any) -> Any:
    """Return the number that a word such as ``1e-3`` means, and anything else as it is."""
    return float(value) if isinstance(value, str) and FLOAT.fullmatch(value) else value


def argument(name: str, value: Any) -> str:
    """Return a setting as an option of ``spikefa run``."""
    head, dot, rest = name.partition(".")
    flag = f"--{head.replace('_', '-')}{dot}{rest}"
    return f"{flag}={as_text(value)}"


def as_text(value: Any) -> str:
    """Return a value as the command line takes it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list):
        words = [json.dumps(each) if isinstance(each, str) else as_text(each) for each in value]
        return f"[{', '.join(words)}]"
    return repr(value) if isinstance(value, float) else str(value)
