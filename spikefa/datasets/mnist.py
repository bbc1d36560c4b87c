"""MNIST and its drop-in replacements: 28 x 28 pixels, ten classes, four IDX files.

If `data_dir` is given, the files must be there. Otherwise each function looks for them in the
folder named by the environment variable ``SPIKEFA_DATA``, then in the cache folder of the platform,
and if they are in neither it fetches them into the cache. A root folder R holds the files of
``mnist`` in ``R/mnist`` or in R itself, gzipped or not.
"""

from pathlib import Path

from spikefa.datasets.fetching import found_or_fetched
from spikefa.datasets.folders import StrPath, cache_folder, file_in, require_folder
from spikefa.datasets.idx import read_idx
from spikefa.datasets.images import Dataset, Images
from spikefa.datasets.sources import (
    FASHION_MNIST,
    KMNIST,
    MNIST,
    SOURCES,
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    Source,
)
from spikefa.errors import require

SHAPE = (28, 28)
N_CLASSES = 10


def mnist(data_dir: StrPath | None = None) -> Dataset:
    """Return MNIST: handwritten digits, 60000 training and 10000 test images.

    Parameters
    ----------
    data_dir : path, optional
        Folder that holds the files, or a folder ``mnist`` with them. By default the files are
        found through ``SPIKEFA_DATA`` or in the cache, or fetched.

    Raises
    ------
    SpikefaError
        If a file is missing, damaged, or cannot be fetched.
    """
    return read_or_fetch(MNIST, data_dir)


def fashion_mnist(data_dir: StrPath | None = None) -> Dataset:
    """Return Fashion-MNIST: pieces of clothing, 60000 training and 10000 test images.

    Parameters and errors are those of `mnist`.
    """
    return read_or_fetch(FASHION_MNIST, data_dir)


def kmnist(data_dir: StrPath | None = None) -> Dataset:
    """Return Kuzushiji-MNIST: cursive hiragana, 60000 training and 10000 test images.

    Parameters and errors are those of `mnist`.
    """
    return read_or_fetch(KMNIST, data_dir)


def read_or_fetch(source: Source, data_dir: StrPath | None = None) -> Dataset:
    """Return the data set `source` from the first folder that has it; see `mnist`."""
    if data_dir is not None:
        return read_folder(require_folder(data_dir, source), source)
    return read_folder(found_or_fetched(source, cache_folder()), source)


def read_folder(folder: Path, source: Source) -> Dataset:
    """Read the data set `source` from `folder`, which holds its four files.

    Raises
    ------
    SpikefaError
        If a file is damaged or does not fit the others. The message names it and says what to do.
    """
    again = f"then run `spikefa fetch {source.name}`"
    train = _read_split(folder, TRAIN_IMAGES, TRAIN_LABELS, again)
    _require_own_labels(folder, source, train.labels.tobytes())
    return Dataset(
        name=source.name,
        train=train,
        test=_read_split(folder, TEST_IMAGES, TEST_LABELS, again),
    )


def _read_split(folder: Path, images_file: str, labels_file: str, again: str) -> Images:
    mend = f"move it elsewhere, {again}"
    images_path, labels_path = file_in(folder, images_file), file_in(folder, labels_file)
    pixels = read_idx(images_path, SHAPE, mend)
    labels = read_idx(labels_path, (), mend)
    require(
        len(labels) == len(pixels),
        f"{labels_path}: {len(labels)} labels, expected {len(pixels)}, one for each image in "
        f"{images_path.name}: move both elsewhere, {again}",
    )
    require(
        labels.max() < N_CLASSES,
        f"{labels_path}: label {labels.max()}, expected 0 to {N_CLASSES - 1}: {mend}",
    )
    return Images(pixels, labels, full_scale=255, n_classes=N_CLASSES)


def _require_own_labels(folder: Path, source: Source, labels: bytes) -> None:
    """Refuse the files of another data set, which have the same names and would train as well."""
    for other in SOURCES:
        require(
            other.name == source.name
            or not other.opening_labels
            or not labels.startswith(other.opening_labels),
            f"{file_in(folder, TRAIN_LABELS)}: the labels of {other.name}, expected those of "
            f"{source.name}: keep each data set in a folder of its own name",
        )
