"""Folders of photographs, one folder for each class, as torchvision and ImageNet have them."""

from pathlib import Path
from typing import Any

import numpy as np

from spikefa.datasets.arrays import COLOURS
from spikefa.datasets.folders import PHOTOGRAPHS, StrPath, photographs_in
from spikefa.datasets.images import Dataset, Images
from spikefa.datasets.labels import whole_labels
from spikefa.datasets.photographs import photograph
from spikefa.errors import require, require_there
from spikefa.utils.checking import ranged
from spikefa.utils.ranges import Size

TRAIN, VALIDATION, TEST = "train", "val", "test"
MOST_BYTES = 1 << 33
"""All images are kept in memory."""


@ranged
def image_folder(path: StrPath, size: Size = 64, *, grey: bool = False) -> Dataset:
    """Return the photographs ``path/train/CLASS/...`` and ``path/test/CLASS/...`` as a data set.

    Of each photograph the largest square in the middle is taken and scaled to `size`, by linear
    interpolation over all pixels that make one. Classes are numbered in the order of their names.
    All images are kept in memory, one byte for each pixel and colour.

    Parameters
    ----------
    path : path
        The folder. ``val`` has images for validation; without a folder ``test``, to test on.
    size : int, default 64
        Height and width of the images.
    grey : bool, default False
        Whether to take brightness instead of red, green and blue.

    Raises
    ------
    SpikefaError
        If a folder or a class is missing, a photograph cannot be read, or the images would take
        more than 8 GiB.
    """
    root = Path(path).expanduser()
    folders = {split: root / split for split in (TRAIN, VALIDATION, TEST)}
    here = [split for split, folder in folders.items() if folder.is_dir()]
    require_there(
        TRAIN in here and len(here) > 1,
        f"{root} has no folders {TRAIN} and {TEST}, or {TRAIN} and {VALIDATION}: put the "
        "photographs of each class into a folder of its name there, such as train/cat",
    )
    classes = [each.name for each in _classes(folders[TRAIN])]
    files = {split: _files(folders[split], classes) for split in here}
    count = sum(map(len, files.values()))
    needed = count * size * size * (1 if grey else COLOURS)
    require(
        needed <= MOST_BYTES,
        f"{count:,} images of {size} x {size} pixels would take {needed:,} bytes, of at most "
        f"{MOST_BYTES:,}: give a smaller size, or a folder with fewer classes",
    )
    images = {split: _images(each, len(classes), size, grey) for split, each in files.items()}
    if TEST not in images:
        images[TEST] = images.pop(VALIDATION)
    return Dataset(root.resolve().name, images[TRAIN], images[TEST], images.get(VALIDATION))


def _classes(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each.is_dir() and each.name[0] != ".")


def _files(folder: Path, classes: list[str]) -> list[tuple[Path, int]]:
    """Return the photographs of a split with their classes."""
    unknown = [each.name for each in _classes(folder) if each.name not in classes]
    require(
        not unknown,
        f"{folder} has {', '.join(unknown[:9])}, which {TRAIN} has not: give both the same classes",
    )
    found = []
    for number, name in enumerate(classes):
        own = photographs_in(folder / name)
        require_there(
            bool(own) or folder.name != TRAIN,
            f"{folder / name} holds no photographs ({', '.join(PHOTOGRAPHS)}): put some into it",
        )
        found += [(file, number) for file in own]
    require_there(bool(found), f"{folder} holds no photographs ({', '.join(PHOTOGRAPHS)})")
    return found


def _images(files: list[tuple[Path, int]], n_classes: int, size: int, grey: bool) -> Images:
    from PIL import Image, ImageOps

    def prepare(picture: Any) -> Any:
        whole = picture.convert("L" if grey else "RGB")
        return ImageOps.fit(whole, (size, size), Image.Resampling.BILINEAR)

    shape = (size, size) if grey else (COLOURS, size, size)
    pixels = np.empty((len(files), *shape), np.uint8)
    for place, (file, _) in enumerate(files):
        read = photograph(file, prepare)
        pixels[place] = read if grey else np.moveaxis(read, -1, 0)
    labels = whole_labels(np.array([number for _, number in files]))
    return Images(pixels, labels, n_classes=n_classes)
