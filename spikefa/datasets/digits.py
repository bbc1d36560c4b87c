"""The small handwritten digits that come with scikit-learn."""

import numpy as np

from spikefa.datasets.images import Dataset, Images


def digits() -> Dataset:
    """Return scikit-learn's digits: 1797 images of 8 x 8 pixels, grey values 0 to 16.

    Every fifth image (the 5th, 10th, ...) is a test image; the others are training images. These
    are always the same 359 and 1438 images. Since the file is sorted by writer, the training images
    are reordered in strides of ten (the 1st, 11th, ...), so that any first or last part of them
    holds digits of all writers.
    """
    from sklearn.datasets import load_digits  # takes seconds to import

    bunch = load_digits()
    pixels, labels = bunch.images.astype(np.uint8), bunch.target.astype(np.uint8)
    number = np.arange(len(labels))
    is_test = number % 5 == 4
    strides = np.argsort(number[~is_test] % 10, kind="stable")
    return Dataset(
        name="digits",
        train=Images(pixels[~is_test][strides], labels[~is_test][strides], full_scale=16),
        test=Images(pixels[is_test], labels[is_test], full_scale=16),
    )
