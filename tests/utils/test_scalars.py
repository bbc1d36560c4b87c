"""Numbers of other libraries become numbers of Python; everything else is refused or left."""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from spikefa.errors import SpikefaError
from spikefa.utils.scalars import plain, plain_fields, plain_sequence, real

TYPES = hnp.scalar_dtypes().filter(lambda dtype: dtype.kind in "biuf")


@given(TYPES.flatmap(lambda dtype: hnp.arrays(dtype, ())))
def test_every_scalar_of_numpy(array):
    for value in (array, array[()]):
        found = plain(value)
        assert type(found) in (bool, int, float)
        assert found == value or np.isnan(value)


@given(st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(), st.booleans()))
def test_every_scalar_of_torch(value):
    found = plain(torch.tensor(value, dtype=torch.float64 if type(value) is float else None))
    assert type(found) is type(value)
    assert found == value or value != value


@given(
    st.recursive(
        st.sampled_from([np.float64(0.5), np.int8(3), torch.tensor(2), True, "a"]),
        lambda each: st.lists(each) | st.tuples(each) | st.dictionaries(st.text(), each),
    )
)
def test_collections_keep_their_type_and_hold_numbers_of_python(value):
    def check(found, before):
        if type(before) in (list, tuple):
            assert type(found) is type(before)
            for pair in zip(found, before, strict=True):
                check(*pair)
        elif type(before) is dict:
            assert list(found) == list(before)
            for name in before:
                check(found[name], before[name])
        else:
            assert type(found) in (bool, int, float, str)
            assert found == before

    check(plain(value), value)


def test_arrays_and_other_things_are_left_alone():
    array, tensor, thing = np.zeros(2), torch.zeros(1), object()
    assert plain(array) is array
    assert plain(tensor) is tensor
    assert plain(thing) is thing
    assert plain_sequence(array) == [0.0, 0.0]
    assert plain_sequence((np.int8(1), 2)) == [1, 2]
    assert plain_sequence("word") == "word"


def test_what_is_no_number_is_refused_by_name():
    assert real(Fraction(1, 4), "eta") == 0.25
    assert type(real(Decimal("0.25"), "eta")) is float
    for wrong in ("3", None, np.zeros(2), 1j, [1]):
        with pytest.raises(SpikefaError, match="eta must be a number"):
            real(wrong, "eta")


@dataclass(frozen=True)
class Part:
    tau: float
    rates: object = 1
    made: object = field(default=np.int64(1), init=False)

    def __post_init__(self):
        plain_fields(self, "rates")


def test_a_dataclass_converts_its_arguments_even_if_frozen():
    part = Part(np.float32(0.5), torch.tensor([1.0, 2.0]))
    assert (type(part.tau), part.rates) == (float, [1.0, 2.0])
    assert type(part.made) is np.int64, "which is no argument"
