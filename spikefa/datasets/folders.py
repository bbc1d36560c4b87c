"""Where the four files of a data set are looked for.

A root folder R holds a data set in R/<name> or in R itself, all four files in one folder, each
as it was published (``.gz``) or unpacked.
"""

import os
from pathlib import Path

from spikefa.datasets.sources import FILES, Source
from spikefa.errors import SpikefaError, require

ENVIRONMENT = "SPIKEFA_DATA"
"""The environment variable that names a root folder."""

PHOTOGRAPHS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")
"""Endings of the names of pictures."""

StrPath = str | os.PathLike[str]


def cache_folder() -> Path:
    """Return the root folder that fetched files are kept in, by the custom of the platform."""
    import pooch

    return Path(pooch.os_cache("spikefa"))


def file_in(folder: Path, file: str) -> Path:
    """Return the path of `file`, one of `FILES`, in `folder`: the ``.gz`` if it is there."""
    packed = folder / f"{file}.gz"
    return packed if os.path.isfile(packed) else folder / file


def missing_from(folder: Path) -> list[str]:
    """Return those of the four files that `folder` lacks."""
    return [file for file in FILES if not os.path.isfile(file_in(folder, file))]


def folder_under(root: Path, source: Source) -> Path:
    """Return the folder under `root` that holds most files of `source`; ``root/name`` in doubt."""
    return min(root / source.name, root, key=lambda folder: len(missing_from(folder)))


def require_folder(data_dir: StrPath, source: Source) -> Path:
    """Return the folder under the user's `data_dir` that holds the four files of `source`.

    Raises
    ------
    SpikefaError
        If a file is missing; names those that are.
    """
    root = Path(data_dir).expanduser()
    require(root.is_dir(), f"data_dir {root} is no folder: give one that holds {source.name}")
    folder = folder_under(root, source)
    missing = missing_from(folder)
    require(
        not missing,
        f"{source.name} is not whole in {root / source.name} or {root}: "
        f"{', '.join(missing)} missing (.gz or not); put the files there, or leave data_dir out "
        f"and they are fetched",
    )
    return folder


def find_folder(source: Source, cache: Path) -> Path | None:
    """Return the folder of ``$SPIKEFA_DATA``, else of `cache`, that holds the files of `source`.

    The environment variable says where data may be, for every data set at once: unlike a
    `data_dir` that the caller gave, it need not hold this one.
    """
    roots = [Path(root).expanduser() for root in [os.environ.get(ENVIRONMENT)] if root]
    for root in (*roots, cache):
        folder = folder_under(root, source)
        if not missing_from(folder):
            return folder
    return None


def user_file(name: str, file: str, how: str, data_dir: StrPath | None = None) -> Path:
    """Return the path of a file that is not fetched, in ``R/<name>`` or R.

    Parameters
    ----------
    name : str
        The data set.
    file : str
    how : str
        How to get it, for the message.
    data_dir : path, optional
        R; by default the folder named by ``SPIKEFA_DATA``.

    Raises
    ------
    SpikefaError
        If it is not there.
    """
    root = Path(data_dir or os.environ.get(ENVIRONMENT) or "data").expanduser()
    for path in (root / name / file, root / file):
        if path.is_file():
            return path
    raise SpikefaError(
        f"{name} is not fetched, and {root / name / file} is missing: {how}, and say with "
        f"{ENVIRONMENT} which folder holds {name}/"
    )


def require_photographs(folder: StrPath | None) -> Path:
    """Return the user's folder of photographs.

    Raises
    ------
    SpikefaError
        If there is none.
    """
    path = None if folder is None else Path(folder).expanduser()
    if path is None or not path.is_dir():
        raise SpikefaError(
            "photographs are needed to put behind the digits, "
            f"{'none' if path is None else path} given: give --photographs FOLDER, a folder with "
            f"pictures of any kind ({', '.join(PHOTOGRAPHS)})"
        )
    return path
