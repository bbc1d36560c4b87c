"""Rasters and curves in characters say what the arrays hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from spikefa.analysis.in_characters import BLOCKS, LEVELS, PLAIN, text_curve, text_raster

SHAPES = st.tuples(st.integers(1, 20), st.integers(1, 9))


@given(arrays.arrays(bool, SHAPES), st.booleans())
def test_every_spike_of_a_raster_can_be_read_back(spikes, plain):
    characters = PLAIN if plain else BLOCKS
    lines = text_raster(spikes, plain=plain)
    pairs = np.array([[characters.index(each) for each in line] for line in lines])
    read = np.stack([pairs & 1, pairs >> 1], 1).reshape(-1, spikes.shape[0]).T
    np.testing.assert_array_equal(read[:, : spikes.shape[1]], spikes)
    assert not read[:, spikes.shape[1] :].any()


def test_a_curve_goes_from_its_lowest_to_its_highest_value():
    assert text_curve(np.array([0.0, 0.5, 1.0]), 40) == "▁▅█"
    assert text_curve(np.array([3.0, 3.0]), 40) == "▁▁"
    assert text_curve(np.array([1.0, np.nan, 2.0]), 40) == "▁ █"
    assert text_curve(np.array([np.nan]), 40) == " "
    assert text_curve(np.array([]), 40) == ""
    assert text_curve(np.array([0.0, 1.0]), 40, plain=True) == "_@"


@pytest.mark.parametrize("count", [39, 40, 41, 1000])
def test_a_long_curve_is_of_means(count):
    drawn = text_curve(np.arange(count), 40)
    assert len(drawn) == min(count, 40)
    assert list(drawn) == sorted(drawn, key=LEVELS.index)
