"""The folders in which the files of a data set are looked for.

A root folder R holds the four files of a data set together, in R/<name> or in R itself, each as it
was published (``.gz``) or unpacked.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from spikefa.datasets.sources import FILES, Source
from spikefa.errors import MissingFileError, require_there

ENVIRONMENT = "SPIKEFA_DATA"
"""The environment variable that names a root folder."""

PHOTOGRAPHS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")
"""Suffixes of the image files that count as photographs."""

StrPath = str | os.PathLike[str]


def cache_folder() -> Path:
    """Return the root folder that fetched files are kept in, as is usual on the platform."""
    import pooch  # takes a quarter of a second to import; a `data_dir` does not need it

    return Path(pooch.os_cache("spikefa"))


def file_in(folder: Path, file: str) -> Path:
    """Return the path of `file`, one of `FILES`, in `folder`: that of the ``.gz`` if it exists."""
    packed = folder / f"{file}.gz"
    return packed if os.path.isfile(packed) else folder / file


def missing_from(folder: Path) -> list[str]:
    """Return the names of the files that `folder` lacks."""
    return [file for file in FILES if not os.path.isfile(file_in(folder, file))]


def folder_under(root: Path, source: Source) -> Path:
    """Return the folder under `root` with most files of `source`, preferring ``root/name``."""
    return min(root / source.name, root, key=lambda folder: len(missing_from(folder)))


def require_folder(data_dir: StrPath, source: Source) -> Path:
    """Return the folder under the user's `data_dir` that holds the four files of `source`.

    Raises
    ------
    SpikefaError
        If files are missing; the message names them.
    """
    root = Path(data_dir).expanduser()
    require_there(
        root.is_dir(), f"data_dir {root} is not a folder: give one that holds {source.name}"
    )
    folder = folder_under(root, source)
    missing = missing_from(folder)
    require_there(
        not missing,
        f"{source.name} is incomplete in {root / source.name} or {root}: "
        f"{', '.join(missing)} missing (.gz or not); put the files there, or fetch them by leaving "
        "data_dir out",
    )
    return folder


def find_folder(source: Source, cache: Path) -> Path | None:
    """Return the folder in ``$SPIKEFA_DATA`` or in `cache` that holds the files of `source`.

    The environment variable says where data sets may be. Unlike a `data_dir` given by the caller,
    its folder need not hold this one. None is returned if neither holds it.
    """
    roots = [Path(root).expanduser() for root in [os.environ.get(ENVIRONMENT)] if root]
    for root in (*roots, cache):
        folder = folder_under(root, source)
        if not missing_from(folder):
            return folder
    return None


def user_file(name: str, file: str, how: str, data_dir: StrPath | None = None) -> Path:
    """Return the path of a file that users provide themselves, in ``R/<name>`` or R.

    Parameters
    ----------
    name : str
        The data set.
    file : str
    how : str
        How to get the file, for the error message.
    data_dir : path, optional
        R; by default the folder named by ``SPIKEFA_DATA``.

    Raises
    ------
    SpikefaError
        If the file does not exist.
    """
    root = Path(data_dir or os.environ.get(ENVIRONMENT) or "data").expanduser()
    for path in (root / name / file, root / file):
        if path.is_file():
            return path
    raise MissingFileError(
        f"{name} cannot be fetched, and {root / name / file} is missing: {how}; then set "
        f"{ENVIRONMENT} to the folder that holds {name}/"
    )


def user_folder(
    name: str,
    folders: Iterable[str],
    needed: Iterable[str],
    how: str,
    data_dir: StrPath | None = None,
) -> Path:
    """Return the folder that holds files or folders that users provide themselves.

    Parameters
    ----------
    name : str
        The data set.
    folders : iterable of str
        What the folder may be called in R, the first one preferred; R itself may be it too.
    needed : iterable of str
        Names of the files or folders.
    how : str
        How to get them, for the error message.
    data_dir : path, optional
        R; by default the folder named by ``SPIKEFA_DATA``.

    Raises
    ------
    SpikefaError
        If one is missing.
    """
    root = Path(data_dir or os.environ.get(ENVIRONMENT) or "data").expanduser()
    wanted, places = list(needed), [*(root / each for each in folders), root]
    found = {place: [each for each in wanted if not (place / each).exists()] for place in places}
    best = min(places, key=lambda place: len(found[place]))
    require_there(
        not found[best],
        f"{name} cannot be fetched, and {' and '.join(found[best])} are not in {places[0]} or "
        f"{root}: {how}; then set {ENVIRONMENT} to {root}, or give data_dir",
    )
    return best


def photographs_in(folder: Path) -> list[Path]:
    """Return the files that count as photographs, at any depth, in the order of their names."""
    return [each for each in sorted(folder.rglob("*")) if each.suffix.lower() in PHOTOGRAPHS]


def require_photographs(folder: StrPath | None) -> Path:
    """Return the user's folder of photographs.

    Raises
    ------
    SpikefaError
        If no folder is given, or it does not exist.
    """
    path = None if folder is None else Path(folder).expanduser()
    if path is None or not path.is_dir():
        raise MissingFileError(
            "photographs are needed as background of the digits, "
            f"{'none' if path is None else path} given: give --photographs FOLDER, a folder with "
            f"image files ({', '.join(PHOTOGRAPHS)})"
        )
    return path
