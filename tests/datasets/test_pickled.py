"""Pickles are data: those that name code are refused, and nothing in them runs."""

import io
import os
import pickle
import struct

import numpy as np
import pytest

from spikefa.datasets.pickled import read_pickle
from spikefa.errors import SpikefaError
from tests.helpers.small_cifar import as_python_2

HELD = {
    b"batch_label": b"training batch 1 of 5",
    b"labels": [3, 255, 256, 70_000, -1, 0],
    b"data": np.arange(12, dtype=np.uint8).reshape(3, 4),
    b"filenames": [b"a.png", "", "é.png"],
    b"flags": [True, False, None, (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
    b"long": [1 << 40, -(1 << 70)],
    b"\xff": {"inside": [b"x" * 300]},
}


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_what_pickle_writes_is_read(protocol):
    found = read_pickle(pickle.dumps(HELD, protocol))
    expected = {key.decode("latin-1"): each for key, each in HELD.items()}
    assert list(found) == list(expected)
    np.testing.assert_array_equal(found.pop("data"), expected.pop("data"))
    assert found == expected


def test_strings_of_python_2_are_bytes():
    found = read_pickle(as_python_2({**HELD, b"empty": b""}))
    assert found["empty"] == b""
    np.testing.assert_array_equal(found["data"], HELD[b"data"])
    assert found["filenames"] == HELD[b"filenames"]


def test_the_pickles_of_numpy_1_and_2_are_alike():
    content = pickle.dumps({"data": HELD[b"data"]}, 2)
    for old, new in ((b"numpy._core", b"numpy.core"), (b"numpy.core", b"numpy._core")):
        if old in content:
            other = content.replace(old, new)
            np.testing.assert_array_equal(read_pickle(other)["data"], HELD[b"data"])


class Runs:
    """Pickled by what `__reduce__` returns."""

    def __init__(self, *reduced):
        self.reduced = reduced

    def __reduce__(self):
        return self.reduced


def command(path):
    return f"touch {path}"


def evil(path):
    """Return pickles that would make a file, by the instruction that does it."""
    run = command(path).encode()
    text = b"S'" + run + b"'\n"
    short = b"\x8c" + bytes([len(run)]) + run
    return {
        "REDUCE": pickle.dumps({"data": Runs(os.system, (run.decode(),))}, 2),
        "STACK_GLOBAL": pickle.dumps({"data": Runs(os.system, (run.decode(),))}, 4),
        "GLOBAL": b"cos\nsystem\n(" + text + b"tR.",
        "INST": b"(" + text + b"ios\nsystem\n.",
        "OBJ": b"(cos\nsystem\n" + text + b"o.",
        "NEWOBJ": b"\x80\x02cos\nsystem\n(" + text + b"t\x81.",
        "NEWOBJ_EX": b"\x80\x04cos\nsystem\n(" + text + b"t}\x92.",
        "BUILD": pickle.dumps({"data": Runs(io.StringIO, (), ("", "\n", 0, {"x": run}))}, 2),
        "BUILD on nothing": b"\x80\x02}}b.",
        "EXT1": b"\x80\x02\x82\x01.",
        "PERSID": b"Pevil\n.",
        "BINPERSID": b"\x80\x02K\x01Q.",
        "names of parts": b"\x80\x04\x8c\x02os\x8c\x06system\x93(" + short + b"tR.",
        "a name within a name": b"\x80\x04\x8c\x05numpy\x8c\x0fos.system\x00\x00\x00\x00\x00\x00"
        b"\x93" + short + b"\x85R.",
        "eval": pickle.dumps({"data": Runs(eval, (f"__import__('os').system('{run.decode()}')",))}),
        "an array that runs": pickle.dumps(
            {"data": np.array([Runs(os.system, (run.decode(),))], object)}, 2
        ),
        "other codecs": b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x03\x00\x00\x00zip\x86R.",
        "an encoder of arrays": b"\x80\x02c_codecs\nencode\nc_codecs\nencode\n\x85R.",
        "other types": pickle.dumps({"data": np.arange(3)}, 2),
        "a restored os": b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncos\nsystem\n\x85R.",
    }


NAMES = list(evil("x"))


@pytest.mark.parametrize("name", NAMES)
def test_what_could_run_code_is_refused_and_does_not_run(name, tmp_path):
    path = tmp_path / "ran"
    content = evil(path)[name]
    with pytest.raises(SpikefaError) as refused:
        read_pickle(content)
    assert not path.exists()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["REDUCE", "STACK_GLOBAL", "GLOBAL", "INST", "OBJ"])
def test_the_pickles_of_this_test_run_where_they_are_loaded(name, tmp_path):
    """So that the test above shows something."""
    path = tmp_path / "ran"
    pickle.loads(evil(path)[name])
    assert path.exists()


SOUND = pickle.dumps({"data": HELD[b"data"], "labels": list(range(9))}, 2)


def test_every_cut_and_every_changed_byte_is_read_or_refused():
    """No other error comes out, and no array is larger than the file."""
    mutants = [SOUND[:length] for length in range(len(SOUND))]
    for place in range(len(SOUND)):
        for value in (0, 1, 0x28, 0x52, 0x62, 0x80, 0xFF, SOUND[place] ^ 1):
            mutants.append(SOUND[:place] + bytes([value]) + SOUND[place + 1 :])
    refused = []
    for mutant in mutants:
        try:
            found = read_pickle(mutant)
        except SpikefaError as error:
            refused.append(str(error))
        else:
            arrays = [each for each in found.values() if isinstance(each, np.ndarray)]
            assert all(each.nbytes <= len(mutant) for each in arrays)
    assert len(refused) > len(mutants) / 2
    assert all(map(str.isprintable, refused))


def test_a_few_bytes_do_not_become_gigabytes():
    """A text that is kept once and encoded again and again."""
    text = b"X" + struct.pack("<I", 1 << 16) + b"a" * (1 << 16) + b"q\x00"
    again = b"h\x01h\x00h\x02\x86Ra"
    start = b"\x80\x02}(X\x01\x00\x00\x00x](c_codecs\nencode\nq\x01" + text
    start += b"X\x06\x00\x00\x00latin1q\x02e"
    bomb = start + again * 1000 + b"u."
    assert len(pickle.loads(bomb)["x"]) == 1003
    with pytest.raises(SpikefaError, match="unpacks to more"):
        read_pickle(bomb)


@pytest.mark.parametrize("content", [b"", b".", b"\x80\x02]q\x00.", b"\x80\x02K\x01.", b"no"])
def test_what_is_no_dictionary_is_refused(content):
    with pytest.raises(SpikefaError):
        read_pickle(content)


@pytest.mark.slow
def test_keys_that_nest_deeply_are_refused():
    """To hash one would use up the stack of the processor."""
    content = b"\x80\x02})" + b"\x85" * 1_000_000 + b"K\x01s."
    with pytest.raises(SpikefaError, match="a key that is no text"):
        read_pickle(content)
