"""The small handwritten digits that come with scikit-learn."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from spikefa.datasets.images import Dataset, Images


def digits() -> Dataset:
    """Return scikit-learn's digits: 1797 images of 8 x 8 pixels, grey values 0 to 16.

    Every fifth image (the 5th, 10th, ...) is a test image; the others are training images. These
    are always the same 359 and 1438 images. Since the file is sorted by writer, the training images
    are reordered in strides of ten (the 1st, 11th, ...), so that any first or last part of them
    holds digits of all writers.
    """
    pixels, labels = _stored()
    number = np.arange(len(labels))
    is_test = number % 5 == 4
    strides = np.argsort(number[~is_test] % 10, kind="stable")
    return Dataset(
        name="digits",
        train=Images(pixels[~is_test][strides], labels[~is_test][strides], full_scale=16),
        test=Images(pixels[is_test], labels[is_test], full_scale=16),
    )


def _stored() -> tuple[np.ndarray, np.ndarray]:
    """Return the images and labels, from the file that scikit-learn reads.

    To import scikit-learn takes a second, most of the time of a small run.
    """
    package = find_spec("sklearn")
    file = Path((package and package.origin) or "").parent / "datasets" / "data" / "digits.csv.gz"
    if file.is_file():
        table = np.loadtxt(file, delimiter=",", dtype=np.uint8)
        return table[:, :-1].reshape(-1, 8, 8), table[:, -1]
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return bunch.images.astype(np.uint8), bunch.target.astype(np.uint8)
