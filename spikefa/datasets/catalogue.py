"""Data sets by name, for the command line and for configurations."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from spikefa.datasets.cifar import cifar10, cifar100, folder_of
from spikefa.datasets.digits import digits
from spikefa.datasets.fetching import fetched_into, found_or_fetched
from spikefa.datasets.folders import StrPath, cache_folder
from spikefa.datasets.images import Dataset
from spikefa.datasets.mnist import read_folder, read_or_fetch
from spikefa.datasets.own import FORMS, load_own, names_function, names_path
from spikefa.datasets.sources import EVENTS, SOURCES, Source
from spikefa.errors import SpikefaError, require
from spikefa.utils.suggesting import did_you_mean

DIGITS = "digits"
CIFAR: Mapping[str, Callable[[StrPath | None], Dataset]] = MappingProxyType(
    {"cifar10": cifar10, "cifar100": cifar100}
)
"""The data sets whose files users put in place themselves."""


def names() -> tuple[str, ...]:
    """Return the names that `load` knows."""
    return (*(source.name for source in SOURCES), DIGITS, *CIFAR)


def load(name: StrPath, data_dir: StrPath | None = None) -> Dataset:
    """Return the data set called `name`, or the user's own that it is the path of.

    Parameters
    ----------
    name : str or path
        One of `names`. Or a path: of a .npz file, see `spikefa.datasets.array_files`, or of a
        folder, see `spikefa.datasets.layouts`. Or a function without arguments that returns a
        `Dataset`: ``"FILE.py:FUNCTION"`` or ``"package.module:FUNCTION"``.
    data_dir : path, optional
        Folder that holds the files of one of `names`; see `spikefa.datasets.mnist` and
        `spikefa.datasets.cifar`. Ignored for the digits, which have no files.

    Raises
    ------
    SpikefaError
        If the name is unknown, or the files are missing, damaged or cannot be fetched.
    """
    if not isinstance(name, str):
        name = os.path.abspath(name)  # Path("digits") is a folder of the user
    if name == DIGITS:
        return digits()
    if name in CIFAR:
        return CIFAR[name](data_dir)
    if is_own(name):
        require(data_dir is None, f"data_dir {data_dir} is of no use to {name}: leave it out")
        return load_own(name)
    return read_or_fetch(_source(name), data_dir)


def is_own(name: str) -> bool:
    """Return whether a data set is the user's own: named by a path or a function."""
    return name not in (*names(), *EVENTS) and (
        names_function(name) or names_path(name) or os.path.isdir(os.path.expanduser(name))
    )


def fetch(name: str, data_dir: StrPath | None = None) -> Path:
    """Fetch the files of the data set called `name` where they are missing, and check them.

    Those of CIFAR cannot be fetched; they are checked.

    Parameters
    ----------
    name : str
        One of `names`.
    data_dir : path, optional
        Fetch into ``data_dir/name``, unless the files are in `data_dir` already. By default look
        for them where `load` does, and fetch them into the cache if they are not there.

    Returns
    -------
    Path
        The folder that holds the files, or their archive.

    Raises
    ------
    SpikefaError
        If the name is unknown, there is nothing to fetch, no mirror delivers the files, or a file
        that exists already is damaged.
    """
    require(name != DIGITS, f"the {DIGITS} come with scikit-learn: there is nothing to fetch")
    if name in CIFAR:
        CIFAR[name](data_dir)
        return folder_of(name, data_dir)
    source = _source(name)
    if data_dir is None:
        folder = found_or_fetched(source, cache_folder())
    else:
        folder = fetched_into(Path(data_dir).expanduser(), source)
    read_folder(folder, source)
    return folder


def _source(name: str) -> Source:
    for source in SOURCES:
        if source.name == name:
            return source
    raise SpikefaError(
        f"no data set is called {name!r}{did_you_mean(name, names())}: choose one of "
        f"{', '.join(names())}, or give {FORMS}"
    )
