"""Folders of photographs, one folder for each class, as torchvision and ImageNet have them."""

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikefa.datasets.folders import PHOTOGRAPHS, StrPath, photographs_in
from spikefa.datasets.image_files import ImageFiles
from spikefa.datasets.images import Dataset, Images
from spikefa.datasets.labels import whole_labels
from spikefa.errors import require, require_there
from spikefa.utils.checking import ranged
from spikefa.utils.numbers import shown
from spikefa.utils.ranges import Size, ThreadCount
from spikefa.utils.threads import cores

TRAIN, VALIDATION, TEST = "train", "val", "test"
MOST_BYTES = 1 << 33
"""Of images that are kept in memory."""
MOST_WORKERS = 16
"""By default; more would seldom find the files fast enough."""


@ranged
def image_folder(
    path: StrPath,
    size: Size = 64,
    *,
    grey: bool = False,
    in_memory: bool = True,
    workers: ThreadCount | None = None,
) -> Dataset:
    """Return the photographs ``path/train/CLASS/...`` and ``path/test/CLASS/...`` as a data set.

    Of each photograph the largest square in the middle is taken and scaled to `size`, by linear
    interpolation over all pixels that make one. Classes are numbered in the order of their names.

    Parameters
    ----------
    path : path
        The folder. ``val`` has images for validation; without a folder ``test``, to test on.
    size : int, default 64
        Height and width of the images.
    grey : bool, default False
        Whether to take brightness instead of red, green and blue.
    in_memory : bool, default True
        Whether all images are kept in memory, one byte for each pixel and colour. If not, they are
        read again whenever they are shown, while the network learns the ones before. The results
        are the same.
    workers : int, optional
        Threads that decode photographs; by default one for each core, and at most 16.

    Raises
    ------
    SpikefaError
        If a folder or a class is missing, a photograph cannot be read, or images in memory would
        take more than 8 GiB. Without `in_memory`, photographs are first read when they are shown.
    """
    for name, given in (("grey", grey), ("in_memory", in_memory)):
        require(isinstance(given, bool), f"{name} is {shown(given)}: give True or False")
    root = Path(path).expanduser()
    folders = {split: root / split for split in (TRAIN, VALIDATION, TEST)}
    here = [split for split, folder in folders.items() if folder.is_dir()]
    require_there(
        TRAIN in here and len(here) > 1,
        f"{root} has no folders {TRAIN} and {TEST}, or {TRAIN} and {VALIDATION}: put the "
        "photographs of each class into a folder of its name there, such as train/cat",
    )
    classes = [each.name for each in _classes(folders[TRAIN])]
    found = {split: _files(folders[split], classes) for split in here}
    threads = workers or min(MOST_WORKERS, cores())
    files = {
        split: ImageFiles(folders[split], names, size, grey, threads)
        for split, (names, _) in found.items()
    }
    if in_memory:
        _require_room(files.values(), size)
    images = {
        split: _images(each, found[split][1], len(classes), in_memory)
        for split, each in files.items()
    }
    if TEST not in images:
        images[TEST] = images.pop(VALIDATION)
    return Dataset(root.resolve().name, images[TRAIN], images[TEST], images.get(VALIDATION))


def _require_room(files: Collection[ImageFiles], size: int) -> None:
    count, needed = sum(map(len, files)), sum(each.nbytes for each in files)
    require(
        needed <= MOST_BYTES,
        f"{count:,} images of {size} x {size} pixels would take {needed:,} bytes, of at most "
        f"{MOST_BYTES:,}: give a smaller size, a folder with fewer classes, or in_memory=False",
    )


def _classes(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each.is_dir() and each.name[0] != ".")


def _files(folder: Path, classes: list[str]) -> tuple[NDArray[np.bytes_], NDArray[np.int64]]:
    """Return the names of the photographs of a split, and their classes."""
    unknown = [each.name for each in _classes(folder) if each.name not in classes]
    require(
        not unknown,
        f"{folder} has {', '.join(unknown[:9])}, which {TRAIN} has not: give both the same classes",
    )
    names: list[bytes] = []
    counts = []
    before = len(os.fsencode(folder)) + 1
    for name in classes:
        own = photographs_in(folder / name)
        require_there(
            bool(own) or folder.name != TRAIN,
            f"{folder / name} holds no photographs ({', '.join(PHOTOGRAPHS)}): put some into it",
        )
        names += [os.fsencode(each)[before:] for each in own]
        counts.append(len(own))
    require_there(bool(names), f"{folder} holds no photographs ({', '.join(PHOTOGRAPHS)})")
    return np.array(names, np.bytes_), np.repeat(np.arange(len(classes)), counts)


def _images(
    files: ImageFiles, labels: NDArray[np.int64], n_classes: int, in_memory: bool
) -> Images:
    pixels: Any = files.read() if in_memory else files
    return Images(pixels, whole_labels(labels), n_classes=n_classes)
