"""Folders of images as others lay them out: torchvision, Kaggle and EMNIST.

- IDX files, ``train-images-idx3-ubyte`` and so on, in the folder, in ``raw`` or in ``MNIST/raw`` as
  torchvision has them, gzipped or not;
- EMNIST's, ``emnist-letters-train-images-idx3-ubyte``, whose images are transposed in the file;
- CSV files, ``train.csv`` and ``test.csv``, ``mnist_train.csv`` and ``mnist_test.csv``.

Several sets may lie in a folder; one of them is named by the beginning of its files.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from spikefa.errors import MissingFileError, SpikefaError, require
from spikefa.utils.printable import one_line

IDX = re.compile(
    r"(?P<start>.*?)(?P<split>train|t10k|test)-(?P<part>images|labels)[-.]idx[13]-ubyte(\.gz)?"
)
TABLE = re.compile(r"(?P<start>.*?)(?P<split>train|test)(?P<part>)\.csv")
MOST_FILES = 10_000
"""A folder with more is none of these."""
LAYOUTS = (
    "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and "
    "t10k-labels-idx1-ubyte (.gz or not, also in MNIST/raw); emnist-letters-train-... and so on; "
    "or train.csv and test.csv"
)


@dataclass
class Found:
    """The files of one data set in a folder.

    Attributes
    ----------
    folder : Path
    start : str
        What the names of its files begin with, such as ``emnist-letters-``.
    tables : bool
        Whether they are CSV files.
    files : dict of (str, str) to Path
        By split, "train" or "test", and part, "images" or "labels"; the part of a table is "".
    """

    folder: Path
    start: str
    tables: bool
    files: dict[tuple[str, str], Path] = field(default_factory=dict)

    @property
    def missing(self) -> list[str]:
        """The splits and parts that are not there."""
        parts = ("",) if self.tables else ("images", "labels")
        needed = [(split, part) for split in ("train", "test") for part in parts]
        return [" ".join(each).strip() for each in needed if each not in self.files]

    @property
    def path(self) -> Path:
        """What a user gives to mean this one."""
        return self.folder / self.start.rstrip("-_") if self.start else self.folder

    @property
    def name(self) -> str:
        """What it is called."""
        folder = self.folder.parent if self.folder.name == "raw" else self.folder
        return self.start.rstrip("-_") or folder.name

    @property
    def of_emnist(self) -> bool:
        """Whether the images are transposed in the files."""
        return self.start.lower().startswith("emnist")

    @property
    def first_label(self) -> int:
        """The label of the first class."""
        return int(self.of_emnist and "letters" in self.start)


def find_layout(path: Path) -> Found:
    """Return the data set at a path: that of a folder, or ``folder/start`` of its files.

    Raises
    ------
    SpikefaError
        If there is none, if several are there, or if files are missing.
    """
    path = path.resolve()
    folders = _folders(path) if path.is_dir() else [path.parent]
    sets = [each for folder in folders for each in _sets(folder)]
    if not path.is_dir():
        sets = [each for each in sets if each.start and each.path == path]
    whole = [each for each in sets if not each.missing]
    whole = [each for each in whole if not each.tables] or whole
    if len(whole) == 1:
        return whole[0]
    require(
        not whole,
        f"{path} holds several data sets: give "
        f"{' or '.join(one_line(each.path) for each in whole[:9])}",
    )
    if not sets:
        mistake = SpikefaError if path.exists() else MissingFileError
        raise mistake(f"{path} holds no images in a known layout: put there {LAYOUTS}")
    nearest = min(sets, key=lambda each: len(each.missing))
    raise SpikefaError(
        f"{nearest.path} is incomplete: {', '.join(nearest.missing)} missing; put there {LAYOUTS}"
    )


def _folders(path: Path) -> list[Path]:
    """Return the folders in which torchvision could have put the files."""
    return [path, *(each for each in (path / "raw", *sorted(path.glob("*/raw"))) if each.is_dir())]


def _sets(folder: Path) -> Iterator[Found]:
    found: dict[tuple[str, bool], Found] = {}
    for number, file in enumerate(sorted(folder.iterdir())):
        require(number < MOST_FILES, f"{folder} has over {MOST_FILES:,} files: give {LAYOUTS}")
        match = IDX.fullmatch(file.name) or TABLE.fullmatch(file.name)
        if match is None or not file.is_file():
            continue
        tables = match.re is TABLE
        of = found.setdefault((match["start"], tables), Found(folder, match["start"], tables))
        split = "train" if match["split"] == "train" else "test"
        of.files.setdefault((split, match["part"]), file)
    yield from found.values()
