"""Selections: which of a number of things a user means. NumPy's meaning, or a refusal."""

import operator
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from spikefa.errors import SpikefaError, require
from spikefa.utils.numbers import is_whole, shown, whole_number


class Array(Protocol):
    """Anything that NumPy takes for an array, such as a tensor of torch."""

    def __array__(self) -> NDArray[Any]:
        """Return the array."""
        ...


Selection = Sequence[int] | slice | NDArray[Any] | Array
"""Indices in any order, negative ones counted from the end; a slice; or a mask, one bool each."""

FORMS = "give a list of whole numbers, a slice, or a mask of {size} bools"


def indices(given: Any, size: int, what: str, *, distinct: bool = False) -> np.ndarray:
    """Return the indices that a selection of `size` things means, as NumPy would for an array.

    Parameters
    ----------
    given : sequence, slice, array or tensor
        Whole numbers (lists, tuples, ranges, arrays and tensors of an integer type) from ``-size``
        to ``size - 1``, where negative ones count from the end; a slice; or `size` bools.
    size : int
    what : str
        What is selected, for the message: ``"units of 'hidden1'"``.
    distinct : bool, default False
        Whether nothing may be selected twice.

    Returns
    -------
    ndarray of int64
        0 to ``size - 1``, in the order of the selection; empty if it selects nothing.

    Raises
    ------
    SpikefaError
        If it is something else: a single number, text, floats, bools between numbers, a mask of
        another length, a number out of range, or one that comes twice and must not.
    """
    if isinstance(given, slice):
        return np.arange(size)[whole_slice(given, what)]
    values = _values(given, size, what)
    if values.dtype == np.bool_:
        require(
            len(values) == size,
            f"{what} are a mask of {len(values)} bools: give one of {size}, one for each",
        )
        return np.flatnonzero(values)
    wrong = values[(values < -size) | (values >= size)]
    require(
        len(wrong) == 0,
        f"{what} have no {', '.join(map(str, wrong[:5]))}: "
        + (f"they are 0 to {size - 1}, or -1 to -{size} from the end" if size else "there is none"),
    )
    found = values.astype(np.int64)
    found[found < 0] += size
    if distinct:
        _require_distinct(found, what)
    return found


def whole_slice(given: slice, what: str, *, steps: bool = True) -> slice:
    """Return a slice whose parts are None or ints of Python.

    Parameters
    ----------
    given : slice
    what : str
    steps : bool, default True
        Whether it may leave out elements, ``slice(start, stop, step)``.

    Raises
    ------
    SpikefaError
        If a part is not a whole number, or the step is 0 or not allowed.
    """
    parts = {"start": given.start, "stop": given.stop, "step": given.step}
    found = {
        name: None if part is None else whole_number(part, f"the {name} of the slice of {what}")
        for name, part in parts.items()
    }
    step = found["step"]
    require(step != 0, f"{what} are {shown(given)}: give a slice whose step is not 0")
    require(
        steps or step in (None, 1),
        f"{what} are {shown(given)}: give a slice of all of them, and take every k-th row",
    )
    return slice(found["start"], found["stop"], step)


def _values(given: Any, size: int, what: str) -> np.ndarray:
    """Return whole numbers or bools in one dimension; Python's int where int64 is too small."""
    refusal = f"{what} are {shown(given)}: {FORMS.format(size=size)}"
    if isinstance(given, list | tuple | range):
        elements = list(given)
        if elements and all(isinstance(each, bool | np.bool_) for each in elements):
            return np.array(elements, dtype=np.bool_)
        require(all(map(is_whole, elements)), refusal)
        return _exact([operator.index(each) for each in elements])
    if hasattr(given, "requires_grad"):  # a tensor, without an import of torch, which takes long
        try:
            given = given.numpy(force=True)
        except (RuntimeError, TypeError) as error:  # sparse, or a type that NumPy lacks
            raise SpikefaError(refusal) from error
    require(
        not isinstance(given, str | bytes | dict | set | frozenset | np.ma.MaskedArray)
        and hasattr(given, "__array__"),
        refusal,
    )
    array = np.asarray(given)
    require(array.ndim == 1 and array.dtype.kind in "iub", refusal)
    return array


def _exact(numbers: list[int]) -> np.ndarray:
    """Return numbers of any size as int64, or as objects if they do not fit."""
    try:
        return np.array(numbers, dtype=np.int64)
    except OverflowError:
        return np.array(numbers, dtype=object)


def _require_distinct(found: np.ndarray, what: str) -> None:
    numbers, times = np.unique(found, return_counts=True)
    twice = numbers[times > 1]
    require(
        len(twice) == 0,
        f"{what} have {', '.join(map(str, twice[:5]))} more than once: give each once",
    )
