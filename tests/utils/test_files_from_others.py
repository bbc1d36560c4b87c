"""Text, tables and archives that are damaged or malicious: one line, and little memory."""

import json
import os
import zipfile

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from spikefa.errors import SpikefaError
from spikefa.utils.archives import archive
from spikefa.utils.csv_text import parse_table
from spikefa.utils.files import bare_name, read_text
from spikefa.utils.json_text import parse_json, parse_mapping
from spikefa.utils.npz import read_arrays
from spikefa.utils.printable import one_line, printable
from spikefa.utils.yaml_text import parse_named
from tests.helpers.hostile.text import BOMB

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)


@given(PLAIN)
def test_plain_json_is_what_it_was(value):
    assert parse_json(json.dumps(value), "x") == value


@given(st.dictionaries(st.text(min_size=1, max_size=5), PLAIN, max_size=4))
def test_plain_settings_are_what_they_were(value):
    assert parse_named(yaml.safe_dump(value), "x") == value


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "9" * 5000, "1" + "0" * 30, "[" * 60 + "]" * 60, "{", "", '{"a": 1}}']
)
def test_json_that_is_refused(text):
    with pytest.raises(SpikefaError, match=r"^x is damaged"):
        parse_json(text, "x")


def test_json_that_is_no_mapping():
    with pytest.raises(SpikefaError, match="holds a list"):
        parse_mapping("[]", "x")


@pytest.mark.parametrize(
    "text",
    [
        *(BOMB, "a: &x [*x]", "[" * 20_000, "- " * 20_000, "a: " + "9" * 5000, "{a: ["),
        *("!!python/name:os.system", "a: !!set {a}", "a: !!timestamp x", "a: !!binary ä", "[1, 2]"),
        *("1: 2", "a: " + "x" * 70_000, "a: 0x" + "f" * 5000),
    ],
)
def test_yaml_that_is_refused(text):
    with pytest.raises(SpikefaError, match=r"^x is "):
        parse_named(text, "x")


def test_tables():
    assert parse_table("a,b\n1,2\n\n3,4\n", "x") == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]
    assert parse_table("", "x") == []
    wide = ",".join(map(str, range(2000)))
    for text in ("a,b\n1", "a,b\n1,2,3", "a,a\n1,2", wide, 'a\n"' + "x" * 200_000):
        with pytest.raises(SpikefaError, match=r"^x is damaged"):
            parse_table(text, "x")


@given(st.text())
def test_nothing_that_steers_a_terminal_is_printed(text):
    assert printable(text).isprintable()
    assert one_line(text).isprintable()
    assert printable(text, keep="\n").replace("\n", "").isprintable()
    assert len(printable(text)) == len(text)
    plain = "".join(filter(str.isprintable, text))
    assert printable(plain) == plain


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../x",
        "a/b",
        "..",
        ".",
        "",
        "a\\b",
        "a\nb",
        "\x1b[2J",
        "c:x",
        "x" * 300,
        3,
        None,
    ],
)
def test_a_name_in_a_file_is_a_bare_name(name):
    with pytest.raises(SpikefaError, match="without a folder"):
        bare_name(name, "x")


def test_a_pipe_is_no_text(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SpikefaError, match="no such file"):
        read_text(tmp_path / "pipe")


def zipped(path, members, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def header(shape, kind="'<f8'"):
    text = f"{{'descr': {kind}, 'fortran_order': False, 'shape': {shape}}}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    "content",
    [
        header("(1000000000000,)"),
        header("(4,)") + bytes(31),
        header("(4,)") + bytes(33),
        header("(1,)", "'|O'") + bytes(8),
        header("(1,)", "'V1000000000'"),
        header("(-1,)") + bytes(8),
        header("(" * 200),
        b"\x93NUMPY\x09\x00",
        b"",
        b"\x80\x04cposix\nsystem\n.",
    ],
)
def test_an_array_that_is_not_there(content, tmp_path):
    with pytest.raises(SpikefaError, match="is not a file of arrays"):
        read_arrays(zipped(tmp_path / "x.npz", {"a.npy": content}))


def test_arrays_that_are_there(tmp_path):
    held = {"a": np.arange(6.0).reshape(2, 3), "b": np.array("text"), "c": np.zeros(0)}
    np.savez_compressed(tmp_path / "x.npz", **held, d=np.asfortranarray(np.ones((2, 3))))
    found = read_arrays(tmp_path / "x.npz")
    assert all(np.array_equal(found[name], values) for name, values in held.items())
    assert list(read_arrays(tmp_path / "x.npz", ["b"])) == ["b"]
    with pytest.raises(SpikefaError, match="no array 'z'"):
        read_arrays(tmp_path / "x.npz", ["z"])


def test_a_zip_that_inflates_is_not_unpacked(tmp_path):
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for number in range(150):
            file.writestr(str(number), bytes(1 << 20))
    assert path.stat().st_size < 1 << 20
    with pytest.raises(SpikefaError, match="unpacks to 157,286,400 bytes"), archive(path, "x"):
        pass


def test_any_error_within_an_archive_is_one_line(tmp_path):
    path = zipped(tmp_path / "x.npz", {"a": b"1"})
    for error in (ZeroDivisionError("a\nb"), MemoryError(), RuntimeError("\x1b")):
        with pytest.raises(SpikefaError) as caught, archive(path, "a thing"):
            raise error
        assert str(caught.value).isprintable()
    with pytest.raises(KeyboardInterrupt), archive(path, "a thing"):
        raise KeyboardInterrupt


def test_the_same_bytes_under_many_names(tmp_path):
    """Five thousand entries of a directory for one megabyte."""
    path = zipped(tmp_path / "x.npz", {"a": bytes(500_000)}, zipfile.ZIP_STORED)
    with zipfile.ZipFile(path, "a") as file:
        (member,) = file.infolist()
        for number in range(1000):
            again = zipfile.ZipInfo(f"m{number}")
            for name in ("header_offset", "file_size", "compress_size", "CRC"):
                setattr(again, name, getattr(member, name))
            file.filelist.append(again)
        file._didModify = True
    with pytest.raises(SpikefaError, match="unpacks to"), archive(path, "x"):
        pass
