"""Images and Dataset: what they accept, and how splits are cut."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefa.datasets import Dataset, Images
from spikefa.errors import SpikefaError
from tests.helpers.selections import answer, as_numpy, selections


def numbered(first: int, n: int) -> Images:
    """Images of 2 x 3 pixels, each filled with its own number."""
    numbers = np.arange(first, first + n, dtype=np.uint8)
    return Images(np.tile(numbers[:, None, None], (1, 2, 3)), numbers % 10)


def numbers(images: Images) -> list[int]:
    return images.pixels[:, 0, 0].tolist()


@pytest.fixture
def dataset() -> Dataset:
    return Dataset("tiny", train=numbered(0, 10), test=numbered(10, 4))


def test_sizes(dataset: Dataset) -> None:
    assert (len(dataset.train), len(dataset.test), dataset.validation) == (10, 4, None)
    assert (dataset.shape, dataset.n_inputs) == ((2, 3), 6)
    assert (dataset.full_scale, dataset.n_classes) == (255, 10)


def test_hold_out_moves_the_last_training_images(dataset: Dataset) -> None:
    held = dataset.hold_out(3)
    assert numbers(held.train) == [0, 1, 2, 3, 4, 5, 6]
    assert held.validation is not None
    assert numbers(held.validation) == [7, 8, 9]
    assert numbers(held.test) == numbers(dataset.test)
    assert held.validation.labels.tolist() == [7, 8, 9]
    assert len(dataset.train) == 10, "the first data set stays as it was"


def test_hold_out_zero_changes_nothing(dataset: Dataset) -> None:
    assert dataset.hold_out(0).validation is None
    assert len(dataset.hold_out(3).hold_out(0).train) == 7


@pytest.mark.parametrize("n", [-1, 10, 11, 2.0, True, "3"])
def test_hold_out_leaves_a_training_image(dataset: Dataset, n: int) -> None:
    with pytest.raises(SpikefaError, match=f"is {n!r}: give a whole number from 0 to 9"):
        dataset.hold_out(n)


def test_hold_out_twice_is_refused(dataset: Dataset) -> None:
    with pytest.raises(SpikefaError, match="validation images already"):
        dataset.hold_out(3).hold_out(3)


@pytest.mark.parametrize("train", [1, 4, 7])
def test_subset_after_hold_out_leaves_validation_alone(dataset: Dataset, train: int) -> None:
    small = dataset.hold_out(3).subset(train=train, test=2)
    assert numbers(small.train) == list(range(train))
    assert small.validation is not None
    assert numbers(small.validation) == [7, 8, 9]
    assert numbers(small.test) == [10, 11]


def test_splits_are_disjoint(dataset: Dataset) -> None:
    small = dataset.hold_out(3).subset(train=5, test=3)
    assert small.validation is not None
    together = numbers(small.train) + numbers(small.validation) + numbers(small.test)
    assert len(set(together)) == len(together) == 11


def test_subset_of_none_keeps_all(dataset: Dataset) -> None:
    assert numbers(dataset.subset().train) == numbers(dataset.train)


@pytest.mark.parametrize("n", [0, -1, 8, 2.0, True])
def test_subset_says_how_many_there_are(dataset: Dataset, n: int) -> None:
    with pytest.raises(SpikefaError, match=f"training images of tiny to keep is {n}: .* 1 to 7"):
        dataset.hold_out(3).subset(train=n)


@pytest.mark.parametrize("n", [0, -1, 5])
def test_subset_checks_test_images_too(dataset: Dataset, n: int) -> None:
    with pytest.raises(SpikefaError, match=f"test images of tiny to keep is {n}: .* from 1 to 4"):
        dataset.subset(test=n)


@pytest.mark.parametrize(
    ("pixels", "labels", "problem"),
    [
        (np.zeros((2, 3, 3)), np.zeros(2, np.uint8), "pixels are float64"),
        (np.zeros((2, 9), np.uint8), np.zeros(2, np.uint8), "pixels have the shape"),
        (np.zeros((2, 3, 3), np.uint8), np.zeros(2, int), "labels are int64"),
        (np.zeros((2, 3, 3), np.uint8), np.zeros((2, 1), np.uint8), "labels have the shape"),
        (np.zeros((2, 3, 3), np.uint8), np.zeros(3, np.uint8), "2 images have 3 labels"),
        (np.zeros((0, 3, 3), np.uint8), np.zeros(0, np.uint8), "no pixels"),
    ],
)
def test_images_are_checked(pixels: np.ndarray, labels: np.ndarray, problem: str) -> None:
    with pytest.raises(SpikefaError, match=problem):
        Images(pixels, labels)


def test_images_are_in_range() -> None:
    with pytest.raises(SpikefaError, match=r"pixel value 19, .* full_scale = 16: .*scale=19\)"):
        replace(numbered(10, 10), full_scale=16)
    with pytest.raises(SpikefaError, match=r"label 2, expected 0 to 1: .*n_classes=3\)"):
        replace(numbered(0, 3), n_classes=2)


def test_parts_keep_full_scale_and_classes() -> None:
    images = replace(numbered(0, 5), full_scale=16, n_classes=12)
    dataset = Dataset("tiny", train=images, test=images.part(slice(2))).hold_out(2)
    assert (dataset.full_scale, dataset.n_classes) == (16, 12)
    assert dataset.validation is not None
    assert (dataset.validation.full_scale, dataset.validation.n_classes) == (16, 12)
    assert (images.shape, images.n_inputs) == ((2, 3), 6)


def test_dataset_is_checked() -> None:
    wide = Images(np.zeros((1, 2, 4), np.uint8), np.zeros(1, np.uint8))
    with pytest.raises(SpikefaError, match=r"test images: shape \(2, 4\), expected \(2, 3\)"):
        Dataset("tiny", train=numbered(0, 2), test=wide)
    dim = replace(numbered(0, 2), full_scale=16)
    with pytest.raises(SpikefaError, match="full_scale 16, expected 255 as in training"):
        Dataset("tiny", train=numbered(0, 2), test=dim)
    few = replace(numbered(0, 2), n_classes=2)
    with pytest.raises(SpikefaError, match="validation images: n_classes 2, expected 10 as in"):
        Dataset("tiny", train=numbered(0, 2), test=numbered(0, 2), validation=few)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_part_selects_as_numpy_does(data) -> None:
    pixels = np.arange(7 * 6, dtype=np.uint8).reshape(7, 2, 3)
    images = Images(pixels, np.arange(7, dtype=np.uint8))
    chosen = data.draw(selections(7))
    part = answer(lambda: images.part(chosen))
    if part is not None:
        np.testing.assert_array_equal(part.pixels, pixels[as_numpy(chosen)])
        np.testing.assert_array_equal(part.labels, np.arange(7)[as_numpy(chosen)])


def test_numpy_numbers_count_images(dataset: Dataset) -> None:
    held = dataset.hold_out(np.uint8(3)).subset(train=np.int64(5))
    assert numbers(held.train) == list(range(5))
    assert numbers(held.validation) == [7, 8, 9]
