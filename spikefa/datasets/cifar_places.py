"""Where the files of CIFAR may lie: in a folder, or in an archive that stays packed."""

import gzip
import io
import os
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from spikefa.datasets.cifar_forms import WHERE, Form
from spikefa.datasets.folders import ENVIRONMENT, StrPath
from spikefa.errors import MissingFileError, SpikefaError, require
from spikefa.utils.printable import one_line

LARGEST = 1 << 28
"""Bytes of a file, or of an archive that is unpacked; the published ones have fewer."""
MOST_MEMBERS = 100


@dataclass(frozen=True)
class Place:
    """The files of one form in a folder, or in an archive.

    Attributes
    ----------
    form : Form
    path : Path
        The folder or the archive.
    missing : tuple of str
        The files that the folder lacks.
    """

    form: Form
    path: Path
    missing: tuple[str, ...] = ()

    def contents(self) -> dict[str, bytes]:
        """Return the content of every file.

        Raises
        ------
        SpikefaError
            If one cannot be read, or the archive is damaged or too large.
        """
        try:
            if self.path.is_dir():
                return {file: _content(self.path / file) for file in self.form.files}
            return _unpacked(self.path, self.form.files)
        except OSError as error:
            raise SpikefaError(f"cannot read {self.path}: {error.strerror or error}") from error


def find_place(name: str, forms: Sequence[Form], data_dir: StrPath | None) -> Place:
    """Return the first place under `data_dir`, or ``$SPIKEFA_DATA``, that has all files.

    Raises
    ------
    SpikefaError
        If there is none; the message says what is missing, and where to get it.
    """
    root = Path(data_dir or os.environ.get(ENVIRONMENT) or "data").expanduser()
    places = list(_places(root, name, forms))
    for place in places:
        if not place.missing:
            return place
    nearest = min(places, key=lambda place: len(place.missing))
    some = len(nearest.missing) < len(nearest.form.files)
    lacks = (
        f"{nearest.path} lacks {', '.join(nearest.missing)}" if some else "its files are missing"
    )
    archives = " or ".join(f"{form.archive} (MD5 {form.md5})" for form in forms)
    raise MissingFileError(
        f"{name} cannot be fetched, and {lacks}: get {archives} from {WHERE}, put it into "
        f"{root / name}, as it is or unpacked, and set {ENVIRONMENT} to {root}, or give data_dir"
    )


def _places(root: Path, name: str, forms: Sequence[Form]) -> Iterator[Place]:
    """Yield all places, folders before archives; an archive that is not there lacks all."""
    for form in forms:
        for folder in (root / name, root):
            for path in (folder, folder / form.folder):
                lacks = tuple(each for each in form.files if not (path / each).is_file())
                yield Place(form, path, lacks)
    for form in forms:
        for path in (root / name / form.archive, root / form.archive):
            yield Place(form, path, () if path.is_file() else form.files)


def _content(path: Path) -> bytes:
    size = path.stat().st_size
    require(size <= LARGEST, f"{path} has {size:,} bytes: put the published file there again")
    return path.read_bytes()


def _unpacked(path: Path, files: Sequence[str]) -> dict[str, bytes]:
    """Return the content of some files in an archive, of which nothing is written to disk."""
    try:
        with gzip.open(path) as packed:
            whole = packed.read(LARGEST + 1)
        require(len(whole) <= LARGEST, f"it unpacks to over {LARGEST:,} bytes")
        found = _members(whole, files)
    except SpikefaError as error:
        raise SpikefaError(f"{path}: {error}: put the published archive there again") from error
    except Exception as error:  # of gzip, zlib and tarfile
        reason = one_line(str(error) or type(error).__name__)
        raise SpikefaError(
            f"{path} is damaged ({reason}): put the published archive there again"
        ) from error
    return found


def _members(whole: bytes, files: Sequence[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(whole), mode="r:") as archive:
        for number, member in enumerate(archive):
            require(number < MOST_MEMBERS, f"it holds over {MOST_MEMBERS} files")
            file = PurePosixPath(member.name).name
            if file not in files or not member.isreg():
                continue
            # A member can claim to be mostly holes, and so larger than its archive.
            require(member.size <= len(whole), f"its {file} claims {member.size:,} bytes")
            content = archive.extractfile(member)
            assert content is not None
            found.setdefault(file, content.read())
    missing = [file for file in files if file not in found]
    require(not missing, f"it lacks {', '.join(missing)}")
    return found
