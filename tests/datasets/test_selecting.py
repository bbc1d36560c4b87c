"""Held-out images and subsets: ordered as ever, shuffled, or with a share of every class."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefa.datasets import Dataset, Images
from spikefa.errors import SpikefaError


def dataset(labels):
    """Images whose pixels are their number, so that every image can be told."""
    numbers = np.arange(len(labels))
    pixels = np.stack([numbers // 256, numbers % 256], 1).astype(np.uint8)[:, None, :]
    images = Images(pixels, np.array(labels, np.uint8), n_classes=256)
    return Dataset("some", images, images)


def numbers(images):
    return (images.pixels[:, 0, 0].astype(int) * 256 + images.pixels[:, 0, 1]).tolist()


@pytest.mark.parametrize("selection", ["ordered", "shuffled", "stratified"])
@settings(max_examples=40, deadline=None)
@given(labels=st.lists(st.integers(0, 5), min_size=2, max_size=60), data=st.data())
def test_nothing_is_lost_or_shown_twice(selection, labels, data):
    n = data.draw(st.integers(1, len(labels) - 1))
    held = dataset(labels).hold_out(n, selection, seed=3)
    assert len(held.validation) == n
    assert sorted(numbers(held.train) + numbers(held.validation)) == list(range(len(labels)))
    for images in (held.train, held.validation):
        assert numbers(images) == sorted(numbers(images))
        np.testing.assert_array_equal(images.labels, np.array(labels)[numbers(images)])


@settings(max_examples=60, deadline=None)
@given(labels=st.lists(st.integers(0, 5), min_size=2, max_size=60), data=st.data())
def test_every_class_has_its_share(labels, data):
    """To less than one image."""
    n = data.draw(st.integers(1, len(labels) - 1))
    held = dataset(labels).hold_out(n, "stratified").validation
    for label in set(labels):
        share = n * labels.count(label) / len(labels)
        assert abs(held.labels.tolist().count(label) - share) < 1


def test_shares_agree_with_those_of_scikit_learn():
    from sklearn.model_selection import train_test_split

    labels = np.repeat([0, 1, 2, 3], [40, 30, 20, 10])
    held = dataset(labels).hold_out(20, "stratified").validation
    _, theirs = train_test_split(labels, test_size=20, stratify=labels, random_state=0)
    np.testing.assert_array_equal(np.bincount(held.labels), np.bincount(theirs))


@pytest.mark.parametrize("selection", ["shuffled", "stratified"])
def test_the_seed_selects(selection):
    mine = dataset(np.arange(200) % 4)
    first, again, other = (
        numbers(mine.hold_out(50, selection, seed).validation) for seed in (1, 1, 2)
    )
    assert first == again != other
    assert numbers(mine.subset(50, 20, selection, 1).train) != list(range(50))
    assert len(mine.subset(50, 20, selection, 1).test) == 20


def test_ordered_is_the_default():
    mine = dataset(np.arange(20) % 4)
    assert numbers(mine.hold_out(5).validation) == [15, 16, 17, 18, 19]
    assert numbers(mine.subset(3).train) == [0, 1, 2]


def test_sorted_images_are_warned_of():
    mine = dataset(np.repeat([0, 1, 2], 10))
    with pytest.warns(UserWarning, match='held out are of 1 of 3 classes.*"stratified"'):
        mine.hold_out(5)
    with pytest.warns(UserWarning, match="the 12 training images of some that are kept are of 2"):
        mine.subset(12)
    assert np.bincount(mine.subset(12, selection="stratified").train.labels).tolist() == [4, 4, 4]


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        (("sorted",), "selection must be one of ordered, shuffled, stratified, 'sorted' given"),
        (("stratifid",), r"'stratifid' given \(did you mean 'stratified'\?\)"),
        (("shuffled", -1), "the seed of the selection is -1"),
        (("shuffled", 0.5), "the seed of the selection is 0.5"),
    ],
)
def test_wrong_selections(given_, said):
    with pytest.raises(SpikefaError, match=said):
        dataset([0, 1, 0, 1]).hold_out(2, *given_)
