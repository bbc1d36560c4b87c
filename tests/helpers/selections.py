"""Selections as users write them, right and wrong, for property tests against NumPy."""

import numpy as np
import torch
from hypothesis import strategies as st

from spikefa.errors import SpikefaError

INTEGER_TYPES = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def whole_numbers(size):
    """Ints of Python, NumPy and torch, some just out of range."""
    number = st.integers(-size - 2, size + 2)
    return st.one_of(number, number.map(np.int64), number.map(np.int16), number.map(torch.tensor))


def not_numbers():
    """What a cast would take for a whole number, or not."""
    return st.sampled_from(
        [True, False, np.True_, 1.0, 2.5, np.float64(1), "1", None, 1 + 0j, torch.tensor(True)]
    )


def slices(size):
    part = st.none() | whole_numbers(size)
    return st.builds(slice, part, part, part) | st.builds(slice, not_numbers(), part)


def lists(size):
    number = st.integers(-size - 1, size)
    return st.one_of(
        st.lists(number, max_size=6),
        st.lists(number, max_size=6).map(tuple),
        st.lists(st.one_of(number, not_numbers()), max_size=4),
        st.lists(st.booleans(), min_size=max(0, size - 1), max_size=size + 1),
        st.builds(range, number, number),
        st.lists(st.integers(-(1 << 70), 1 << 70), max_size=3),
    )


def arrays(size):
    numbers = st.lists(st.integers(-size - 1, size), max_size=6)
    typed = st.builds(
        lambda values, kind: np.array(values).astype(kind), numbers, st.sampled_from(INTEGER_TYPES)
    )
    masks = st.integers(max(0, size - 1), size + 1).flatmap(
        lambda length: st.lists(st.booleans(), min_size=length, max_size=length).map(
            lambda values: np.array(values, dtype=bool)
        )
    )
    floats = numbers.map(lambda values: np.array(values, dtype=float))
    nested = typed.map(lambda values: values[:, None])
    given = st.one_of(typed, masks, floats, nested, typed.map(lambda values: values[::-1]))
    tensors = st.one_of(typed, masks).map(lambda values: torch.as_tensor(values.copy()))
    return given | tensors


def selections(size):
    """Everything that a user may give to select some of `size` things."""
    other = st.one_of(
        not_numbers(), st.just({0, 1}), st.just({0: 1}), st.just("all"), st.just(b"1")
    )
    return st.one_of(slices(size), lists(size), arrays(size), whole_numbers(size), other)


def answer(call):
    """Return what a call returns, or None if it refuses, as a user's mistake and in one line."""
    try:
        return call()
    except SpikefaError as error:
        said = str(error)
    assert "\n" not in said
    assert "damaged" not in said
    assert "cannot read" not in said
    return None


def as_numpy(given):
    """Return a selection in the form in which NumPy itself takes it for an index."""
    if isinstance(given, tuple | range):
        return list(given)
    if isinstance(given, torch.Tensor):
        return given.numpy()
    return given
