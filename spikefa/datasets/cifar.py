"""CIFAR-10 and CIFAR-100: photographs of 32 x 32 pixels in colours, in files of the user.

A root folder R holds the files of ``cifar10`` in ``R/cifar10`` or in R itself: unpacked, also in
the folder of the archive, as torchvision has them, or as the archive that was published. Both the
binary and the Python form are read; nothing in a file is run, see `spikefa.datasets.pickled`.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spikefa.datasets.cifar_forms import CIFAR10, CIFAR100, Form
from spikefa.datasets.cifar_places import Place, find_place
from spikefa.datasets.folders import StrPath
from spikefa.datasets.images import Dataset, Images
from spikefa.errors import SpikefaError, require

FINE, COARSE = "fine", "coarse"


def cifar10(data_dir: StrPath | None = None) -> Dataset:
    """Return CIFAR-10: 10 classes, 50000 training and 10000 test images (Krizhevsky 2009).

    Parameters
    ----------
    data_dir : path, optional
        Folder that holds the files, or a folder ``cifar10`` with them; by default that of
        ``SPIKEFA_DATA``. They cannot be fetched.

    Raises
    ------
    SpikefaError
        If a file is missing or damaged.
    """
    return _read("cifar10", CIFAR10, FINE, 10, data_dir)


def cifar100(data_dir: StrPath | None = None, *, coarse: bool = False) -> Dataset:
    """Return CIFAR-100: 100 classes, 50000 training and 10000 test images (Krizhevsky 2009).

    Parameters
    ----------
    data_dir : path, optional
        Folder that holds the files, or a folder ``cifar100`` with them; by default that of
        ``SPIKEFA_DATA``. They cannot be fetched.
    coarse : bool, default False
        Whether the classes are the 20 superclasses.

    Raises
    ------
    SpikefaError
        If a file is missing or damaged.
    """
    kind, n_classes = (COARSE, 20) if coarse else (FINE, 100)
    return _read("cifar100", CIFAR100, kind, n_classes, data_dir)


def _read(
    name: str, forms: Sequence[Form], kind: str, n_classes: int, data_dir: StrPath | None
) -> Dataset:
    place = find_place(name, forms, data_dir)
    contents = place.contents()
    parts = {
        file: _images(place, file, content, kind, n_classes) for file, content in contents.items()
    }
    train = [parts[file] for file in place.form.train]
    pixels, labels = ([getattr(each, part) for each in train] for part in ("pixels", "labels"))
    together = Images(np.concatenate(pixels), np.concatenate(labels), n_classes=n_classes)
    return Dataset(name, train=together, test=parts[place.form.test])


def _images(place: Place, file: str, content: bytes, kind: str, n_classes: int) -> Images:
    try:
        pixels, labels = place.form.read(content)
        highest = int(labels[kind].max())
        require(highest < n_classes, f"it has a label {highest}, and there are {n_classes} classes")
        return Images(pixels, labels[kind], n_classes=n_classes)
    except SpikefaError as error:
        raise SpikefaError(
            f"{place.path}, {file}: {error}; put there again {place.form.origin(file)}"
        ) from error


def folder_of(name: str, data_dir: StrPath | None = None) -> Path:
    """Return the folder or the archive that holds the files of "cifar10" or "cifar100"."""
    return find_place(name, CIFAR10 if name == "cifar10" else CIFAR100, data_dir).path
