"""Good IDX files are read, bad ones are refused in one line."""

import gzip
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefa.datasets.idx import MAX_ITEMS, read_idx
from spikefa.errors import SpikefaError

SHAPE = (28, 28)
PIXELS = np.random.default_rng(1).integers(0, 256, (3, *SHAPE), dtype=np.uint8)
GOOD = struct.pack(">4B3I", 0, 0, 8, 3, *PIXELS.shape) + PIXELS.tobytes()
PACKED = gzip.compress(GOOD)


def header(n: int, height: int = 28, width: int = 28, magic: bytes = b"\0\0\x08\x03") -> bytes:
    return magic + struct.pack(">3I", n, height, width)


def read(path: Path) -> np.ndarray:
    return read_idx(path, SHAPE, "mend it")


@pytest.mark.parametrize("content", [GOOD, PACKED], ids=["raw", "gzip"])
@pytest.mark.parametrize("name", ["images", "images.gz"])
def test_content_tells_gzip_not_the_suffix(tmp_path: Path, content: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    pixels = read(path)
    np.testing.assert_array_equal(pixels, PIXELS)
    assert pixels.dtype == np.uint8
    assert pixels.flags.writeable


def test_labels_have_one_dimension(tmp_path: Path) -> None:
    path = tmp_path / "labels"
    path.write_bytes(b"\0\0\x08\x01" + struct.pack(">I", 4) + bytes([3, 1, 4, 1]))
    assert read_idx(path, (), "mend it").tolist() == [3, 1, 4, 1]


def damaged(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


FAULTS = {
    "empty": (b"", "an empty file"),
    "empty in gzip": (gzip.compress(b""), "an empty file"),
    "web page": (b"<!DOCTYPE html><html>403 Forbidden</html>", "looks like a web page"),
    "web page after blanks": (b"\xef\xbb\xbf\r\n <html>", "looks like a web page"),
    "web page in gzip": (gzip.compress(b"<html></html>"), "looks like a web page"),
    "labels for images": (b"\0\0\x08\x01" + GOOD[4:], "magic number 00000801, expected"),
    "floats": (header(3, magic=b"\0\0\x0d\x03"), "magic number 00000d03, expected"),
    "text": (b"version https://git-lfs", "magic number 76657273, expected"),
    "two bytes": (b"\0\0", "magic number 0000, expected"),
    "half a header": (GOOD[:11], "ends after 11 bytes, expected a header of 16 bytes"),
    "other size": (header(3, 32, 32), "items of 32 x 32 pixels, expected 28 x 28 pixels"),
    "none": (header(0), "a header that claims 0 items"),
    "enormous": (header(2**32 - 1) + b"\0" * 99, "a header that claims 4294967295 items"),
    "enormous size": (header(3, 2**32 - 1, 2**32 - 1), "items of 4294967295 x 4294967295 pixels"),
    "short": (GOOD[:-1], "only 2351 bytes of data, expected 2352 for 3 items"),
    "short in gzip": (gzip.compress(GOOD[:-1]), "only 2351 bytes of data, expected 2352"),
    "long": (GOOD + b"\0", "more bytes of data, expected 2352 for 3 items"),
    "truncated gzip": (PACKED[:-9], "damaged or cut short"),
    "gzip header only": (PACKED[:2], "damaged or cut short"),
    "gzip without checksum": (PACKED[:-8], "damaged or cut short"),
    "gzip checksum": (damaged(PACKED, len(PACKED) - 8), "damaged or cut short"),
    "gzip deflate": (damaged(PACKED, 10), "damaged or cut short"),
    "gzip then garbage": (PACKED + b"garbage", "damaged or cut short"),
}


@pytest.mark.parametrize(("content", "found"), FAULTS.values(), ids=FAULTS.keys())
def test_fault_is_one_line_that_names_file_fault_and_mending(
    tmp_path: Path, content: bytes, found: str
) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(content)
    with pytest.raises(SpikefaError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert found in message
    assert "expected" in message
    assert message.endswith(": mend it")
    assert "\n" not in message


def test_file_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(SpikefaError, match=r"cannot read .*: Is a directory"):
        read(tmp_path)


def peak_memory(path: Path) -> int:
    tracemalloc.start()
    try:
        with pytest.raises(SpikefaError):
            read(path)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_enormous_header_allocates_nothing(tmp_path: Path) -> None:
    path = tmp_path / "images"
    path.write_bytes(header(2**32 - 1))
    assert peak_memory(path) < 1e6


def test_gzip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    packer = zlib.compressobj(level=9, wbits=31)
    bomb = packer.compress(header(3)) + b"".join(packer.compress(bytes(2**20)) for _ in range(200))
    path = tmp_path / "images.gz"
    path.write_bytes(bomb + packer.flush())
    assert path.stat().st_size < 2**20
    assert peak_memory(path) < 2e6


def test_bound_admits_every_data_set() -> None:
    assert MAX_ITEMS >= 60_000


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "images"


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    start=st.sampled_from([b"", GOOD, PACKED, gzip.compress(header(3)), header(3)]),
    cut=st.integers(0, 3000),
    flips=st.lists(st.tuples(st.integers(0, 2999), st.integers(1, 255)), max_size=4),
    tail=st.binary(max_size=40),
)
def test_no_bytes_cause_anything_but_an_array_or_a_spikefa_error(
    fuzzed: Path, start: bytes, cut: int, flips: list[tuple[int, int]], tail: bytes
) -> None:
    content = bytearray(start[:cut] + tail)
    for at, mask in flips:
        if content:
            content[at % len(content)] ^= mask
    fuzzed.write_bytes(content)
    try:
        pixels = read(fuzzed)
    except SpikefaError:
        return
    assert pixels.shape == (len(pixels), *SHAPE)
