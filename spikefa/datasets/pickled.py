"""Pickles of bytes, lists, text and arrays of bytes, read as data: nothing in them is run.

Python's own reader imports and calls whatever a pickle names, so a file for it is a program. This
one only reads: of the instructions of the format it knows those that make plain values, and of all
names the four with which NumPy and Python write an array of bytes. It takes these for data and
calls none of them. Everything else is refused.
"""

import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from spikefa.errors import SpikefaError, require
from spikefa.utils.printable import one_line

BYTES, ARRAY, RESTORE, TYPE = "bytes", "array", "restore", "type"
NAMES = MappingProxyType(
    {
        "_codecs encode": BYTES,
        "numpy ndarray": ARRAY,
        "numpy.core.multiarray _reconstruct": RESTORE,
        "numpy._core.multiarray _reconstruct": RESTORE,
        "numpy dtype": TYPE,
    }
)
"""The names that a pickle of such an array holds, as Python 2 and 3, and NumPy 1 and 2, write."""
UINT8 = ("u1", b"u1")
"""What NumPy calls the type of a byte."""
LATIN = ("latin1", "latin-1", b"latin1")
"""How Python 3 writes bytes for Python 2: as text of one byte for each letter."""
VALUES = frozenset(
    "BININT BININT1 BININT2 LONG1 BINUNICODE SHORT_BINUNICODE BINBYTES SHORT_BINBYTES".split()
)
"""Instructions whose argument is the value itself."""
STRINGS = frozenset({"BINSTRING", "SHORT_BINSTRING"})
"""Strings of Python 2, which are bytes."""
CONSTANTS: Mapping[str, Any] = MappingProxyType({"NONE": None, "NEWTRUE": True, "NEWFALSE": False})
IGNORED = frozenset({"PROTO", "FRAME", "STOP"})
TUPLES = MappingProxyType({"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3})


@dataclass(frozen=True)
class _Name:
    """What one of `NAMES` stands for."""

    means: str


@dataclass
class _Array:
    """An array of bytes; its content comes after it."""

    content: np.ndarray | None = None


def read_pickle(content: bytes) -> dict[str, Any]:
    """Return the dictionary in a pickle; arrays are read-only.

    Parameters
    ----------
    content : bytes
        Of protocol 2 to 4.

    Returns
    -------
    dict of str
        With bytes, str, int, lists of them, and arrays of uint8.

    Raises
    ------
    SpikefaError
        If it is damaged or holds anything else. The message does not name the file.
    """
    reader = _Reader(len(content))
    try:
        for opcode, argument, _ in pickletools.genops(content):
            reader.do(opcode.name, argument)
        found = reader.pop()
        require(isinstance(found, dict), "it holds no dictionary")
        return {_text(key): _value(each) for key, each in found.items()}
    except SpikefaError:
        raise
    except Exception as error:  # of pickletools, NumPy, and of a stack that is empty
        reason = one_line(str(error) or type(error).__name__)
        raise SpikefaError(f"it is damaged ({reason})") from error


def _text(key: Any) -> str:
    return key if isinstance(key, str) else key.decode("latin-1")


def _value(held: Any) -> Any:
    return held.content if isinstance(held, _Array) else held


@dataclass
class _Reader:
    """Follows the instructions of a pickle of `size` bytes, on a stack of values."""

    size: int
    stack: list[Any] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)
    encoded: int = 0

    def do(self, name: str, argument: Any) -> None:
        """Follow one instruction."""
        if name in VALUES:
            self.stack.append(argument)
        elif name in STRINGS:
            self.stack.append(argument.encode("latin-1"))
        elif name in CONSTANTS:
            self.stack.append(CONSTANTS[name])
        elif name in TUPLES:
            self.stack.append(self._last(TUPLES[name]))
        elif name in _STEPS:
            _STEPS[name](self, argument)
        else:
            require(name in IGNORED, f"it could run code (instruction {name}): it was not followed")

    def pop(self) -> Any:
        """Return the value on top."""
        return self.stack.pop()

    def _last(self, count: int) -> tuple[Any, ...]:
        """Take so many values."""
        first = len(self.stack) - count
        require(first >= 0, "it is damaged (a value is missing)")
        taken = tuple(self.stack[first:])
        del self.stack[first:]
        return taken

    def _marked(self) -> tuple[Any, ...]:
        """Take the values behind the last mark."""
        return self._last(len(self.stack) - self.marks.pop())

    def mark(self, _: Any) -> None:
        self.marks.append(len(self.stack))

    def make_tuple(self, _: Any) -> None:
        self.stack.append(self._marked())

    def make_list(self, _: Any) -> None:
        self.stack.append([])

    def make_dict(self, _: Any) -> None:
        self.stack.append({})

    def append(self, _: Any) -> None:
        self._extend(self._last(1))

    def appends(self, _: Any) -> None:
        self._extend(self._marked())

    def _extend(self, values: tuple[Any, ...]) -> None:
        require(isinstance(self.stack[-1], list), "it is damaged (a list is missing)")
        self.stack[-1].extend(values)

    def set_item(self, _: Any) -> None:
        self._update(self._last(2))

    def set_items(self, _: Any) -> None:
        self._update(self._marked())

    def _update(self, values: tuple[Any, ...]) -> None:
        require(isinstance(self.stack[-1], dict), "it is damaged (a dictionary is missing)")
        for key, value in zip(values[::2], values[1::2], strict=True):
            require(isinstance(key, str | bytes), "it has a key that is no text")
            self.stack[-1][key] = value

    def put(self, number: int | None) -> None:
        self.memo[len(self.memo) if number is None else number] = self.stack[-1]

    def get(self, number: int) -> None:
        self.stack.append(self.memo[number])

    def name(self, words: str) -> None:
        require(
            words in NAMES, f"it names {one_line(words)} and could run code: it was not followed"
        )
        self.stack.append(_Name(NAMES[words]))

    def name_on_stack(self, _: Any) -> None:
        module, name = self._last(2)
        require(isinstance(module, str) and isinstance(name, str), "it is damaged (a name)")
        self.name(f"{module} {name}")

    def reduce(self, _: Any) -> None:
        """Take a name with its arguments for what the two make together."""
        name, given = self._last(2)
        means = name.means if isinstance(name, _Name) and isinstance(given, tuple) else ""
        if means == BYTES and _are(given, str, str | bytes) and given[1] in LATIN:
            # One text may be named again and again: a few bytes would become gigabytes.
            self.encoded += len(given[0])
            require(self.encoded <= self.size, "it unpacks to more bytes than it has")
            self.stack.append(given[0].encode("latin-1"))
        elif means == RESTORE and given and given[0] == _Name(ARRAY):
            self.stack.append(_Array())
        elif means == TYPE and given and _are(given[:1], str | bytes) and given[0] in UINT8:
            self.stack.append(_Name(UINT8[0]))
        else:
            raise SpikefaError("it holds more than arrays of bytes: it was not followed")

    def build(self, _: Any) -> None:
        """Give an array its content; the type of a byte has none."""
        (state,) = self._last(1)
        into = self.stack[-1]
        if isinstance(into, _Array):
            into.content = _array(state)
        else:
            more = "it holds more than arrays of bytes: it was not followed"
            require(isinstance(into, _Name) and into.means == UINT8[0], more)


def _are(values: tuple[Any, ...], *types: Any) -> bool:
    return len(values) == len(types) and all(map(isinstance, values, types))


def _array(state: Any) -> np.ndarray:
    """Return the array that NumPy describes by version, shape, type, order and bytes."""
    whole = isinstance(state, tuple) and _are(state, int, tuple, _Name, int, bytes)
    require(whole and all(isinstance(n, int) for n in state[1]), "it has a damaged array")
    _, shape, kind, by_columns, content = state
    require(kind.means == UINT8[0], "it has an array that is not of bytes")
    return np.frombuffer(content, np.uint8).reshape(shape, order="F" if by_columns else "C")


_STEPS: Mapping[str, Callable[[_Reader, Any], None]] = MappingProxyType(
    {
        "MARK": _Reader.mark,
        "TUPLE": _Reader.make_tuple,
        "EMPTY_LIST": _Reader.make_list,
        "EMPTY_DICT": _Reader.make_dict,
        "APPEND": _Reader.append,
        "APPENDS": _Reader.appends,
        "SETITEM": _Reader.set_item,
        "SETITEMS": _Reader.set_items,
        "BINPUT": _Reader.put,
        "LONG_BINPUT": _Reader.put,
        "MEMOIZE": _Reader.put,
        "BINGET": _Reader.get,
        "LONG_BINGET": _Reader.get,
        "GLOBAL": _Reader.name,
        "STACK_GLOBAL": _Reader.name_on_stack,
        "REDUCE": _Reader.reduce,
        "BUILD": _Reader.build,
    }
)
"""What the other instructions do."""
