"""The digits: a fixed split of scikit-learn's 1797 images."""

import numpy as np
from sklearn.datasets import load_digits

from spikefa.datasets import digits


def test_every_fifth_image_is_a_test_image() -> None:
    dataset, images = digits(), load_digits().images
    np.testing.assert_array_equal(dataset.test.pixels, images[4::5])
    np.testing.assert_array_equal(dataset.train.pixels[:5], images[[0, 10, 20, 30, 40]])


def test_split_is_whole_disjoint_and_the_same_each_time() -> None:
    first, second = digits(), digits()
    assert (len(first.train), len(first.test)) == (1438, 359)
    np.testing.assert_array_equal(first.train.pixels, second.train.pixels)
    np.testing.assert_array_equal(first.test.labels, second.test.labels)
    train = {image.tobytes() for image in first.train.pixels}
    assert not train & {image.tobytes() for image in first.test.pixels}


def test_scale() -> None:
    dataset = digits()
    assert (dataset.shape, dataset.n_inputs, dataset.full_scale) == ((8, 8), 64, 16)
    assert dataset.train.pixels.max() == 16
    assert set(dataset.test.labels.tolist()) == set(range(10))
