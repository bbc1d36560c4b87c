"""Small files that would unpack to more than the memory holds are refused before they do."""

import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from spikefa.datasets.backgrounds import with_photographs
from spikefa.datasets.mat_files import read_mat
from spikefa.errors import SpikefaError

MOST = 50_000_000
"""Bytes that a refusal may take."""


def reason(read, *given):
    """Return why `read` refuses, empty if it does not; no other error is allowed."""
    try:
        read(*given)
    except SpikefaError as error:
        return str(error)
    return ""


def refused(read, *given):
    """Return why `read` refuses, having taken little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(SpikefaError) as refusal:
            read(*given)
        assert tracemalloc.get_traced_memory()[1] < MOST
    finally:
        tracemalloc.stop()
    return str(refusal.value)


def test_a_photograph_of_many_pixels(tiny, tmp_path):
    Image.new("1", (30_000, 5_000)).save(tmp_path / "large.png")
    assert (tmp_path / "large.png").stat().st_size < 100_000
    assert "30000 x 5000 pixels" in refused(with_photographs, tiny, tmp_path)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp", ".webp", ".jpg"])
def test_damaged_photographs(tiny, tmp_path, suffix):
    """Pillow raises errors of many types, of which a user sees one line."""
    path, random = tmp_path / f"a{suffix}", np.random.default_rng(0)
    Image.fromarray(random.integers(0, 256, (9, 11, 3), dtype=np.uint8)).save(path)
    sound = path.read_bytes()
    for _ in range(100):
        content = bytearray(sound)
        for place in random.integers(0, len(content), 3):
            content[place] = random.integers(0, 256)
        path.write_bytes(content[: random.integers(1, len(content) + 1)])
        assert "\n" not in reason(with_photographs, tiny, tmp_path)


def mat(path, *elements):
    savemat(path, {"y": np.zeros(3, np.uint8)})
    path.write_bytes(path.read_bytes()[:128] + b"".join(elements))
    return path


def test_a_matlab_file_that_inflates(tmp_path):
    packed = zlib.compress(bytes(1 << 28))
    path = mat(tmp_path / "a.mat", struct.pack("<II", 15, len(packed)), packed)
    assert path.stat().st_size < 1_000_000
    assert "it unpacks to over" in refused(read_mat, path, ("y",))


def test_a_matlab_file_that_claims_to_be_long(tmp_path):
    path = mat(tmp_path / "a.mat", struct.pack("<II", 14, 0xFFFFFFF0), bytes(64))
    assert "it says that it holds 4,294,967,280 bytes" in refused(read_mat, path, ("y",))


@pytest.mark.parametrize("compressed", [False, True])
def test_damaged_matlab_files(tmp_path, compressed):
    path, random = tmp_path / "a.mat", np.random.default_rng(1)
    content = {"X": random.integers(0, 9, (4, 4, 3, 5), dtype=np.uint8), "y": np.arange(5.0)}
    savemat(path, content, do_compression=compressed)
    np.testing.assert_array_equal(read_mat(path, ("X", "y"))["X"], content["X"])
    sound = path.read_bytes()
    for _ in range(300):
        mutant = bytearray(sound)
        for place in random.integers(0, len(mutant), 3):
            mutant[place] = random.integers(0, 256)
        path.write_bytes(mutant[: random.integers(1, len(mutant) + 1)])
        assert "\n" not in reason(read_mat, path, ("X", "y"))
