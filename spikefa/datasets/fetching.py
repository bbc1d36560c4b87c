"""Fetching the missing files of a data set from public mirrors.

pooch and requests are imported only when something is fetched.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

from spikefa.datasets.folders import ENVIRONMENT, find_folder, folder_under, missing_from
from spikefa.datasets.progress import download_bar
from spikefa.datasets.sources import Source
from spikefa.errors import MissingFileError
from spikefa.utils.files import write_error, written_whole

TIMEOUT = (10, 30)
"""Seconds to wait for a connection, and for the next bytes."""


class _MirrorFault(Exception):
    """A mirror did not deliver a file; the next one is tried."""


def found_or_fetched(source: Source, cache: Path) -> Path:
    """Return the folder that holds the files of `source`; fetch them into `cache` if missing."""
    folder = find_folder(source, cache)
    return fetched_into(cache, source) if folder is None else folder


def fetched_into(root: Path, source: Source) -> Path:
    """Return the folder under `root` that holds the files of `source`; fetch them if missing."""
    folder = folder_under(root, source)
    if missing_from(folder):
        folder = root / source.name
        download(source, folder)
    return folder


def download(source: Source, folder: Path) -> None:
    """Download the files of `source` that `folder` lacks, from the first mirror that has them.

    A file appears in `folder` whole, with the published checksum, or not at all.

    Parameters
    ----------
    source : Source
        The data set.
    folder : Path
        Where the files go. It is created if it does not exist.

    Raises
    ------
    SpikefaError
        If no mirror delivers the files, in which case the message says how to put them there by
        hand; or if the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(folder, error) from error
    faults = []
    for mirror in source.mirrors:
        try:
            for file in missing_from(folder):
                _download_file(mirror, folder / f"{file}.gz", source.md5[file])
            return
        except _MirrorFault as fault:
            faults.append(f"{urlsplit(mirror).netloc}: {fault}")
    raise MissingFileError(_by_hand(source, folder, faults))


def _download_file(mirror: str, target: Path, md5: str) -> None:
    import pooch

    with written_whole(target) as temporary:
        _get(mirror + target.name, temporary)
        found = pooch.file_hash(str(temporary), alg="md5")
        if found != md5:
            raise _MirrorFault(f"{target.name} has MD5 {found}, expected {md5}")


def _get(url: str, path: Path) -> None:
    import pooch
    import requests

    with download_bar(url.rpartition("/")[2]) as bar:
        # The checksum is that of the .gz, so neither the server nor requests may unpack it:
        # "identity" asks for the file as it was published.
        get = pooch.HTTPDownloader(
            progressbar=bar, timeout=TIMEOUT, headers={"Accept-Encoding": "identity"}
        )
        try:
            get(url, str(path), None)
        except requests.HTTPError as error:
            raise _MirrorFault(str(error).partition(" for url")[0]) from error
        except requests.Timeout as error:
            raise _MirrorFault("timed out") from error
        except requests.ConnectionError as error:
            raise _MirrorFault("no connection") from error
        except requests.RequestException as error:
            raise _MirrorFault(type(error).__name__) from error


def _by_hand(source: Source, folder: Path, faults: list[str]) -> str:
    root = os.environ.get(ENVIRONMENT) or "not set"
    files = ", ".join(f"{file}.gz (MD5 {md5})" for file, md5 in source.md5.items())
    return (
        f"cannot fetch {source.name} ({'; '.join(faults)}). Put these four files, as they are or "
        f"unpacked, into {folder}, or into ${ENVIRONMENT}/{source.name} "
        f"({ENVIRONMENT} is {root}): {files}"
    )
