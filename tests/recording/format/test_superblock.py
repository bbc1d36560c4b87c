"""The mark of an open file, and the checksum that covers it."""

import h5py
import pytest

from spikefa.recording.format.superblock import (
    OPEN,
    SWMR,
    barred,
    clear_mark,
    lookup3,
    mark_of,
    marked_as_open,
)
from spikefa.recording.format.swmr import open_for_writing


@pytest.mark.parametrize(
    ("text", "checksum"),
    [
        (b"", 0xDEADBEEF),
        (b"Four score and seven years ago", 0x17770551),  # both from Jenkins' own page
    ],
)
def test_the_checksum_is_that_of_its_author(text, checksum):
    assert lookup3(text) == checksum


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "x.h5"
    with h5py.File(path, "w", libver=("v110", "v110")) as file:
        file["x"] = range(5)
    return path


def test_the_checksum_is_that_of_hdf5(path):
    start = path.read_bytes()[:48]
    assert lookup3(start[:44]).to_bytes(4, "little") == start[44:]


def test_the_marks_of_hdf5(path):
    assert mark_of(path.read_bytes()) == 0
    with h5py.File(path, "r+", libver=("v110", "v110")):
        assert mark_of(path.read_bytes()) == OPEN
        assert barred(path)
    file = open_for_writing(path)
    assert mark_of(path.read_bytes()) == OPEN | SWMR
    assert marked_as_open(path)
    assert not barred(path)
    file.close()
    assert not marked_as_open(path)


def test_a_cleared_file_is_as_a_closed_one(path):
    closed = path.read_bytes()
    with h5py.File(path, "r+", libver=("v110", "v110")):
        marked = path.read_bytes()
    assert marked != closed
    path.write_bytes(marked)
    with pytest.raises(OSError, match="open"):
        h5py.File(path, "r")
    clear_mark(path)
    assert path.read_bytes() == closed


@pytest.mark.parametrize("content", [b"", b"\x89HDF\r\n\x1a\n", b"x" * 48])
def test_other_files_have_no_mark(tmp_path, content):
    (tmp_path / "y").write_bytes(content)
    assert not marked_as_open(tmp_path / "y")
    assert not barred(tmp_path / "y")
