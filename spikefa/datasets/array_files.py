"""A user's data set in one .npz file, with an array for the images and the labels of each split."""

from pathlib import Path

import numpy as np

from spikefa.datasets.images import Dataset, Images
from spikefa.datasets.labels import of_classes, whole_labels
from spikefa.errors import SpikefaError, require
from spikefa.utils.npz import check_names, names_in, read_arrays

SPLITS = ("train", "validation", "test")
PARTS = ("images", "labels")
NEEDED = tuple(f"{split}_{part}" for split in ("train", "test") for part in PARTS)
VALIDATION = tuple(f"validation_{part}" for part in PARTS)
SCALARS = ("n_classes", "full_scale")


def read_array_file(path: Path) -> Dataset:
    """Return the data set in a .npz file.

    Parameters
    ----------
    path : Path
        Its arrays are ``train_images``, ``test_images``, uint8 [n, height, width], and
        ``train_labels``, ``test_labels``, whole numbers [n] from 0; ``validation_images`` and
        ``validation_labels`` may be there too, and two numbers: ``n_classes``, by default one more
        than the highest label, and ``full_scale``, the value of white, by default 255.

    Raises
    ------
    SpikefaError
        If the file is damaged, or an array is missing, unknown, or not as above.
    """
    held = names_in(path)
    check_names(path, held, NEEDED, VALIDATION, SCALARS)
    found = read_arrays(path, held)
    numbers = {name: _number(path, name, found[name]) for name in SCALARS if name in found}
    splits = [split for split in SPLITS if f"{split}_images" in found]
    labels = {split: whole_labels(found[f"{split}_labels"]) for split in splits}
    n_classes = numbers.get("n_classes") or of_classes(labels.values())
    full_scale = numbers.get("full_scale", 255)
    images: dict[str, Images] = {}
    for split in splits:
        try:
            pixels = found[f"{split}_images"]
            images[split] = Images(pixels, labels[split], full_scale, n_classes)
        except SpikefaError as error:
            raise SpikefaError(f"{path}, {split}_images and {split}_labels: {error}") from error
    return Dataset(path.stem, **images)


def _number(path: Path, name: str, array: np.ndarray) -> int:
    require(
        array.ndim == 0 and array.dtype.kind in "iu",
        f"{path}: {name} is {array.dtype} of shape {array.shape}: give one whole number",
    )
    return int(array)
