"""A selection means what NumPy means by it, or is refused; nothing is cast."""

import operator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefa.errors import SpikefaError
from spikefa.utils.indices import indices
from spikefa.utils.numbers import place, whole_number
from tests.helpers.selections import answer, as_numpy, not_numbers, selections, whole_numbers

SIZES = st.integers(0, 9)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_selection_is_that_of_numpy_or_refused(data):
    size = data.draw(SIZES)
    chosen = data.draw(selections(size))
    found = answer(lambda: indices(chosen, size, "the units"))
    if found is not None:
        assert found.dtype == np.int64
        np.testing.assert_array_equal(found, np.arange(size)[as_numpy(chosen)])


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_what_numpy_takes_as_indices_is_taken(data):
    """No refusal of lists, arrays, masks and slices that are right."""
    size = data.draw(st.integers(1, 9))
    number = st.integers(-size, size - 1)
    kind = data.draw(st.sampled_from([list, tuple, np.array, torch.tensor, np.int8, "mask", slice]))
    if kind == "mask":
        chosen = data.draw(st.lists(st.booleans(), min_size=size, max_size=size).map(np.array))
    elif kind is slice:
        chosen = slice(data.draw(st.none() | number), data.draw(st.none() | number))
    else:
        chosen = kind(data.draw(st.lists(number, min_size=1, max_size=5)))
    expected = np.arange(size)[as_numpy(chosen)]
    np.testing.assert_array_equal(indices(chosen, size, "the units"), expected)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_place_is_that_of_numpy_or_refused(data):
    size = data.draw(SIZES)
    number = data.draw(whole_numbers(size) | not_numbers())
    found = answer(lambda: place(number, size, "the stream"))
    if found is None:
        if "bool" not in str(getattr(number, "dtype", type(number))):
            with pytest.raises((TypeError, IndexError)):
                range(size)[operator.index(number)]
    else:
        assert type(found) is int
        assert found == range(size)[operator.index(number)]


@pytest.mark.parametrize("number", [3, np.uint8(3), np.array(3), torch.tensor(3, dtype=torch.int8)])
def test_whole_numbers_become_those_of_python(number):
    found = whole_number(number, "every", 1)
    assert type(found) is int
    assert found == 3


@pytest.mark.parametrize(
    "number", [2.0, True, np.True_, "2", None, [2], np.array([2]), float("nan")]
)
def test_2_0_and_true_are_no_whole_numbers(number):
    with pytest.raises(SpikefaError, match=r"every is .*: give a whole number, 1 or more"):
        whole_number(number, "every", 1)


@pytest.mark.parametrize("number", [0, -1, np.int64(0), 1 << 80])
def test_numbers_out_of_range_are_refused_with_the_range(number):
    with pytest.raises(SpikefaError, match="give a whole number from 1 to 9"):
        whole_number(number, "every", 1, 9)


@pytest.mark.parametrize("twice", [[3, 3], [9, -1], np.array([0, 5, 0], np.uint8)])
def test_what_must_be_distinct_is_not_given_twice(twice):
    with pytest.raises(SpikefaError, match="more than once"):
        indices(twice, 10, "the units", distinct=True)


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        ([True, False], "mask of 2 bools: give one of 10"),
        ([0, True], "give a list of whole numbers, a slice, or a mask of 10 bools"),
        ([0.0, 1.0], "a list of whole numbers"),
        (np.array([1.0]), "an array of float64 of shape"),
        (np.ma.array([1, 2], mask=[True, False]), "a list of whole numbers"),
        ([0, 10, -11], "no 10, -11: they are 0 to 9, or -1 to -10"),
        (np.array([2**63], np.uint64), "no 9223372036854775808"),
        (slice(0, 1.5), "the stop of the slice of the units is 1.5"),
        (slice(None, None, 0), "step is not 0"),
        (5, "a list of whole numbers"),
        ("all", "a list of whole numbers"),
    ],
)
def test_a_refusal_says_what_was_given_and_what_is_allowed(given_, says):
    with pytest.raises(SpikefaError, match=says):
        indices(given_, 10, "the units")


def test_a_number_of_thousands_of_digits_is_refused_in_a_line():
    """Python refuses to write it."""
    with pytest.raises(SpikefaError, match="every is a number of about 5000 digits: give"):
        whole_number(10**5000, "every", 1, 9)
