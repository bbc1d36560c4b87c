"""Descriptions are plain data that tell apart what differs, and nothing else."""

import copy
from functools import partial

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from spikefa.plugins.describing import code_of, describe

NUMBERS = st.integers(-(2**40), 2**40) | st.floats() | st.booleans()
LEAVES = (
    NUMBERS
    | st.none()
    | st.text(max_size=5)
    | st.binary(max_size=5)
    | hnp.arrays(st.sampled_from(["f4", "i8", "?"]), hnp.array_shapes(min_side=0, max_side=3))
)
TREES = st.recursive(
    LEAVES,
    lambda each: (
        st.lists(each, max_size=4)
        | st.tuples(each)
        | st.dictionaries(st.text("abc", min_size=1, max_size=3), each, max_size=3)
    ),
    max_leaves=8,
)


def is_plain(value):
    if type(value) is list:
        return all(map(is_plain, value))
    if type(value) is dict:
        return all(type(name) is str and is_plain(each) for name, each in value.items())
    return value is None or type(value) in (bool, int, float, str)


@given(TREES)
def test_anything_is_described_by_plain_data_equal_to_itself(tree):
    described = describe("thing", tree)
    assert is_plain(described)
    assert described == describe("thing", copy.deepcopy(tree))


@given(hnp.arrays("f8", (3, 2), elements=st.floats(-9, 9)), st.integers(0, 5))
def test_an_array_is_told_from_another(array, place):
    other = array.copy()
    other.flat[place] += 1
    assert describe("a", array) != describe("a", other)
    assert describe("a", array) != describe("a", array.astype("f4"))
    assert describe("a", array) != describe("a", array.T.copy())
    assert describe("a", array) == describe("a", np.asfortranarray(array))
    assert describe("a", array) == describe("a", torch.from_numpy(array))


@given(st.lists(NUMBERS, min_size=101, max_size=120), st.integers(0, 100))
def test_long_lists_are_told_apart(values, place):
    others = [*values]
    others[place] = "another"
    assert describe("a", values) != describe("a", others)


class Part:
    def __init__(self, x=1, *, y=2):
        self.x, self.kept, self._hidden, self.tensor = x, y, y, torch.zeros(1)


def test_arguments_and_plain_attributes_make_up_a_part():
    assert describe("part", Part(np.float32(0.5))) == {
        "class of part": f"{__name__}.Part",
        "x of part": 0.5,
        "kept of part": 2,
    }


def test_what_holds_itself_comes_to_an_end():
    loop = Part()
    loop.x = [loop]
    assert describe("part", loop)["x of part"] == ["Part"]

    def again():
        return again

    assert describe("f", again)["again of f"] == "function"


def test_functions_by_name_defaults_and_what_they_close_over():
    def made(a, b):
        return lambda x, y=b: a * x + y

    assert describe("f", made(1, 2)) == describe("f", made(1, 2))
    assert describe("f", made(1, 2)) != describe("f", made(3, 2))
    assert describe("f", made(1, 2)) != describe("f", made(1, 3))
    assert describe("f", partial(made, 1)) != describe("f", partial(made, 2))
    assert describe("f", partial(made, a=1))["a of f"] == 1
    assert describe("f", Part(7).__init__)["x of object of f"] == 7
    assert describe("f", torch.tanh) != describe("f", torch.relu)


def test_no_address_gets_into_a_description():
    things = [object(), torch.Generator(), (n for n in []), iter([]), np.sin, len, torch.float32]
    assert " at 0x" not in str([describe("a", thing) for thing in things])


def test_only_code_of_the_user_is_noted():
    assert code_of(torch.nn.Linear(1, 1), np.sin, len, {"a": 1}) == {}
    assert list(code_of(Part(Part()))) == [f"{__name__}.Part"]
    assert list(code_of([lambda: 0])) == [
        f"{__name__}.test_only_code_of_the_user_is_noted.<locals>.<lambda>"
    ]
