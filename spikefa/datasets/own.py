"""A user's own data set, by its path or by the function that returns it."""

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikefa.datasets.array_files import read_array_file
from spikefa.datasets.idx import read_idx
from spikefa.datasets.images import Dataset, Images
from spikefa.datasets.labels import of_classes, whole_labels
from spikefa.datasets.layouts import Found, find_layout
from spikefa.datasets.tables import has_labels, read_table
from spikefa.errors import SpikefaError, require, require_there
from spikefa.plugins.functions import call_function
from spikefa.utils import notices

FORMS = "data.npz, a FOLDER, or FILE.py:FUNCTION"
MOST_ITEMS = 1 << 24
"""Images of a split."""
EVERY = 5
"""Of images whose tests have no labels, every so many are test images."""
_FUNCTION = re.compile(r".+:[A-Za-z_]\w*", re.ASCII)


def names_function(name: str) -> bool:
    """Return whether a data set is that of a function, ``FILE.py:FUNCTION`` or ``package:...``."""
    return _FUNCTION.fullmatch(name) is not None


def names_path(name: str) -> bool:
    """Return whether a data set is named by a path, which no name of a data set is like."""
    return not names_function(name) and (name.endswith(".npz") or os.sep in name or "/" in name)


def load_own(name: str) -> Dataset:
    """Return the data set that a path or a function of the user names.

    Raises
    ------
    SpikefaError
        If there is none, or something in it is wrong.
    """
    if names_function(name):
        found = call_function(name, "a data set")
        require(
            isinstance(found, Dataset),
            f"{name} returned a {type(found).__name__}: let it return a Dataset",
        )
        assert isinstance(found, Dataset)
        return found
    path = Path(name).expanduser()
    if path.suffix == ".npz":
        require_there(path.is_file(), f"there is no file {path}: give {FORMS}")
        return read_array_file(path)
    require(not path.is_file(), f"{path} is no .npz file: give {FORMS}; of CSV files, their folder")
    require_there(path.is_dir() or path.parent.is_dir(), f"there is no folder {path}: give {FORMS}")
    return _read_layout(find_layout(path))


def _read_layout(found: Found) -> Dataset:
    splits = {split: _read_split(found, split) for split in _splits(found)}
    n_classes = of_classes([labels for _, labels in splits.values()])
    images: dict[str, Images] = {}
    for split, (pixels, labels) in splits.items():
        try:
            images[split] = Images(pixels, labels, n_classes=n_classes)
        except SpikefaError as error:
            raise SpikefaError(f"{found.path}, {split}: {error}") from error
    if "test" not in images:
        images |= _divided(images["train"])
    return Dataset(found.name, **images)


def _splits(found: Found) -> list[str]:
    """Return the splits that have labels: the test images of a contest have none."""
    if not found.tables or has_labels(found.files["test", ""]):
        return ["train", "test"]
    notices.warn(
        f"{found.files['test', '']} has no labels, as contests publish it: every {EVERY}th image "
        f"of {found.files['train', ''].name} is a test image instead",
        stacklevel=2,
    )
    return ["train"]


def _divided(images: Images) -> dict[str, Images]:
    tested = np.arange(len(images)) % EVERY == EVERY - 1
    return {"train": images.part(~tested), "test": images.part(tested)}


def _read_split(found: Found, split: str) -> tuple[NDArray[np.uint8], NDArray[Any]]:
    """Return pixels, upright, and labels that begin with 0."""
    labels: NDArray[Any]
    if found.tables:
        pixels, labels = read_table(found.files[split, ""])
    else:
        mend = "put the published file there again"
        pixels = read_idx(found.files[split, "images"], None, mend, MOST_ITEMS)
        labels = read_idx(found.files[split, "labels"], (), mend, MOST_ITEMS)
    if found.of_emnist:
        pixels = pixels.swapaxes(1, 2)
    return pixels, whole_labels(labels.astype(np.int64) - found.first_label)
