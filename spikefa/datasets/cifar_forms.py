"""The published forms of CIFAR-10 and CIFAR-100: their files, their checksums, what is in them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikefa.datasets.pickled import read_pickle
from spikefa.errors import require

SHAPE = (3, 32, 32)
"""Colour, row and column: the order in every file."""
PIXELS = 3 * 32 * 32
WHERE = "https://www.cs.toronto.edu/~kriz/cifar.html"

Records = tuple[NDArray[np.uint8], Mapping[str, NDArray[Any]]]
"""Pixels [n, 3, 32, 32], and labels by their kind."""
Reader = Callable[[bytes], Records]


@dataclass(frozen=True)
class Form:
    """One form in which a data set is published.

    Attributes
    ----------
    archive, md5 : str
        Name and checksum of the archive.
    folder : str
        The folder in the archive.
    train : tuple of str
    test : str
        The files in the folder.
    read : callable
        Returns what is in the content of a file.
    file_md5 : mapping of str to str
        Checksums of the files, where they are published.
    """

    archive: str
    md5: str
    folder: str
    train: tuple[str, ...]
    test: str
    read: Reader = field(repr=False)
    file_md5: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def files(self) -> tuple[str, ...]:
        """All files."""
        return (*self.train, self.test)

    def origin(self, file: str) -> str:
        """Return from where a file comes, with a checksum."""
        own = f" (MD5 {self.file_md5[file]})" if file in self.file_md5 else ""
        return f"{file}{own} of {self.archive} (MD5 {self.md5}) from {WHERE}"


def records(*kinds: str) -> Reader:
    """Return the reader of records: a byte for each kind of label, then those of the pixels."""

    def read(content: bytes) -> Records:
        length = len(kinds) + PIXELS
        require(
            len(content) > 0 and len(content) % length == 0,
            f"{len(content):,} bytes, expected a multiple of {length:,}",
        )
        rows = np.frombuffer(content, np.uint8).reshape(-1, length)
        labels = {kind: rows[:, place] for place, kind in enumerate(kinds)}
        return rows[:, len(kinds) :].reshape(-1, *SHAPE), labels

    return read


def pickles(**kinds: str) -> Reader:
    """Return the reader of pickled dictionaries: for each kind of label its name in there."""

    def read(content: bytes) -> Records:
        held = read_pickle(content)
        for name in ("data", *kinds.values()):
            require(name in held, f"it has no {name!r}")
        pixels = held["data"]
        right = isinstance(pixels, np.ndarray) and pixels.ndim == 2 and pixels.shape[1] == PIXELS
        require(right and len(pixels) > 0, f"its 'data' are no array [n, {PIXELS}] of bytes")
        labels = {kind: _label_list(name, held[name]) for kind, name in kinds.items()}
        for name, each in labels.items():
            require(
                len(each) == len(pixels), f"{len(pixels)} images with {len(each)} {name} labels"
            )
        return pixels.reshape(-1, *SHAPE), labels

    return read


def _label_list(name: str, given: Any) -> NDArray[Any]:
    whole = isinstance(given, list) and all(
        isinstance(each, int) and 0 <= each < 256 for each in given
    )
    require(whole, f"its {name!r} are no list of labels")
    return np.array(given, np.uint8)


_BATCHES = tuple(f"data_batch_{number}" for number in range(1, 6))

CIFAR10 = (
    Form(
        "cifar-10-binary.tar.gz",
        "c32a1d4ab5d03f1284b67883e8d87530",
        "cifar-10-batches-bin",
        tuple(f"{batch}.bin" for batch in _BATCHES),
        "test_batch.bin",
        records("fine"),
    ),
    Form(
        "cifar-10-python.tar.gz",
        "c58f30108f718f92721af3b95e74349a",
        "cifar-10-batches-py",
        _BATCHES,
        "test_batch",
        pickles(fine="labels"),
        MappingProxyType(
            {
                "data_batch_1": "c99cafc152244af753f735de768cd75f",
                "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
                "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
                "data_batch_4": "634d18415352ddfa80567beed471001a",
                "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
                "test_batch": "40351d587109b95175f43aff81a1287e",
            }
        ),
    ),
)

CIFAR100 = (
    Form(
        "cifar-100-binary.tar.gz",
        "03b5dce01913d631647c71ecec9e9cb8",
        "cifar-100-binary",
        ("train.bin",),
        "test.bin",
        records("coarse", "fine"),
    ),
    Form(
        "cifar-100-python.tar.gz",
        "eb9058c3a382ffc7106e4002c42a8d85",
        "cifar-100-python",
        ("train",),
        "test",
        pickles(coarse="coarse_labels", fine="fine_labels"),
        MappingProxyType(
            {
                "train": "16019d7e3df5f24257cddd939b257f8d",
                "test": "f0ef6b0ae62326f3e7ffdfab6717acfc",
            }
        ),
    ),
)
