"""A user's data set in a .npz file: what is in it, or a sentence that says what to put there."""

import zipfile

import numpy as np
import pytest

import spikefa as sf
from spikefa.errors import SpikefaError

RANDOM = np.random.default_rng(4)


def arrays(n_train=12, n_test=6, n_classes=3, **others):
    found = {}
    for split, n in (("train", n_train), ("test", n_test)):
        found[f"{split}_images"] = RANDOM.integers(0, 256, (n, 4, 5), dtype=np.uint8)
        found[f"{split}_labels"] = np.arange(n) % n_classes
    return found | others


@pytest.fixture
def write(tmp_path):
    def write(content, name="mine.npz", save=np.savez):
        save(tmp_path / name, **content)
        return tmp_path / name

    return write


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.int16, np.uint64])
def test_what_is_in_the_file_is_read(write, save, kind):
    given = arrays()
    given |= {name: given[name].astype(kind) for name in ("train_labels", "test_labels")}
    found = sf.datasets.load(write(given, save=save))
    assert (found.name, found.shape, found.n_classes, found.full_scale) == ("mine", (4, 5), 3, 255)
    assert found.validation is None
    for split in ("train", "test"):
        np.testing.assert_array_equal(getattr(found, split).pixels, given[f"{split}_images"])
        np.testing.assert_array_equal(getattr(found, split).labels, given[f"{split}_labels"])


def test_validation_and_numbers(write):
    content = arrays(n_classes=2)
    content |= {name: content[name] // 16 for name in ("train_images", "test_images")}
    content |= {
        "validation_images": content["test_images"],
        "validation_labels": content["test_labels"],
        "n_classes": 7,
        "full_scale": 15,
    }
    found = sf.datasets.load(str(write(content)))
    assert (found.n_classes, found.full_scale, len(found.validation)) == (7, 15, 6)


def test_more_classes_than_a_byte_can_number(write):
    """The highest class of all splits counts, and nothing is wrapped."""
    content = arrays(n_train=700, n_test=5, n_classes=700)
    found = sf.datasets.load(write(content))
    assert (found.n_classes, found.train.labels.dtype) == (700, np.uint16)
    np.testing.assert_array_equal(found.train.labels, np.arange(700))
    assert found.test.n_classes == 700
    assert found.subset(train=3).train.labels.dtype == np.uint16


def ragged(n):
    images = np.empty(n, object)
    images[:] = [np.zeros((2, 2 + place % 2), np.uint8) for place in range(n)]
    return images


NAN = np.full((12, 4, 5), 0.5)
NAN[3, 1, 1] = np.nan
WRONG = {
    "missing": ({"test_labels": None}, "give train_images, train_labels, test_images, test_labels"),
    "no validation labels": ({"validation_images": np.zeros((1, 4, 5), np.uint8)}, "validation_la"),
    "unknown": ({"val_images": np.zeros(3)}, "val_images: give train_images"),
    "mixed sizes": ({"train_images": ragged(12)}, "bring them to one shape"),
    "two shapes": ({"test_images": np.zeros((6, 5, 4), np.uint8)}, r"shape \(5, 4\), expected"),
    "flat": ({"train_images": np.zeros((12, 20), np.uint8)}, "reshape"),
    "floats": ({"train_images": np.full((12, 4, 5), 0.5)}, "scale them first"),
    "NaN": ({"train_images": NAN}, "some are NaN"),
    "text": ({"train_labels": np.array(list("abcabcabcabc"))}, "number the classes from 0"),
    "negative": ({"train_labels": np.arange(12) - 1}, "number the classes from 0"),
    "float labels": ({"train_labels": np.arange(12) / 2}, "number the classes from 0"),
    "whole float labels": ({"train_labels": np.arange(12.0)}, r"labels.astype\(np.uint8\)"),
    "truth": ({"train_labels": np.arange(12) > 3}, r"labels.astype\(np.uint8\)"),
    "enormous": ({"train_labels": np.arange(12) * 10_000}, "number the classes from 0"),
    "columns": ({"train_labels": np.arange(12)[:, None]}, r"give labels\[:, 0\]"),
    "fewer labels": ({"train_labels": np.arange(11)}, "give one label per image"),
    "none": ({"test_images": np.zeros((0, 4, 5), np.uint8)}, "give at least one image"),
    "no labels": ({"test_labels": np.zeros(0, int)}, "labels are int64"),
    "classes": ({"n_classes": np.array([3])}, "give one whole number"),
    "few classes": ({"n_classes": 2}, "label 2, expected 0 to 1"),
}


@pytest.mark.parametrize(("changes", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_in_one_line(write, changes, said):
    content = {name: each for name, each in (arrays() | changes).items() if each is not None}
    with pytest.raises(SpikefaError, match=said) as refused:
        sf.datasets.load(write(content))
    assert "\n" not in str(refused.value)
    assert "mine" in str(refused.value)


def test_nothing_in_the_file_runs(write, tmp_path):
    """A pickle could delete files; it is not even opened."""

    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    content = arrays(train_labels=np.array([Bomb()] * 12, object))
    with pytest.raises(SpikefaError, match="could run code"):
        sf.datasets.load(write(content))
    assert not (tmp_path / "ran").exists()


def test_a_claim_of_more_than_the_file_holds_allocates_nothing(write):
    path = write(arrays())
    with zipfile.ZipFile(path) as opened:
        members = {name: opened.read(name) for name in opened.namelist()}
    big = members["train_images.npy"].replace(b"(12, 4, 5)", b"(9999999,4,50000)"[:10], 1)
    with zipfile.ZipFile(path, "w") as opened:
        for name, content in (members | {"train_images.npy": big}).items():
            opened.writestr(name, content)
    with pytest.raises(SpikefaError, match="is not a file of arrays"):
        sf.datasets.load(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a file of arrays"])
def test_a_file_that_is_none(tmp_path, content):
    (tmp_path / "mine.npz").write_bytes(content)
    with pytest.raises(SpikefaError, match=r"is not a file of arrays \(.npz\), or is damaged"):
        sf.datasets.load(tmp_path / "mine.npz")


def test_paths_that_lead_nowhere(tmp_path):
    with pytest.raises(SpikefaError, match="there is no file"):
        sf.datasets.load("nowhere.npz")
    with pytest.raises(SpikefaError, match="there is no folder"):
        sf.datasets.load(tmp_path / "no" / "where")
    (tmp_path / "images.csv").write_text("0,1\n")
    with pytest.raises(SpikefaError, match="of CSV files, their folder"):
        sf.datasets.load(tmp_path / "images.csv")
    with pytest.raises(SpikefaError, match=r"choose one of mnist, .* or give data.npz, a FOLDER"):
        sf.datasets.load("minst")


def test_a_data_dir_is_no_place_of_a_path(write, tmp_path):
    with pytest.raises(SpikefaError, match=r"of no use to .*mine.npz: leave it out"):
        sf.datasets.load(write(arrays()), tmp_path)


MINE = """
import numpy as np
from spikefa.datasets import Dataset, Images

def two(n=4):
    images = Images(np.zeros((n, 2, 2), np.uint8), np.arange(n, dtype=np.uint8) % 2, n_classes=2)
    return Dataset("two", images, images)

def needs(n):
    return two(n)

def wrong():
    return "two"

def fails():
    return 1 / 0

THING = 3
"""


def test_a_function_of_a_file(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(MINE)
    found = sf.datasets.load(f"{tmp_path}/mine.py:two")
    assert (found.name, len(found.train)) == ("two", 4)
    (tmp_path / "mypackage.py").write_text(MINE)
    monkeypatch.syspath_prepend(tmp_path)
    assert sf.datasets.load("mypackage:two").n_classes == 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("needs", "needs the arguments n: give them defaults"),
        ("wrong", "returned a str: let it return a Dataset"),
        ("fails", "line 16: ZeroDivisionError: division by zero"),
        ("THING", "there is no function 'THING' in .*: it has two, needs, wrong, fails"),
        ("nothing", "there is no function 'nothing'"),
    ],
)
def test_a_function_that_is_wrong(tmp_path, name, said):
    (tmp_path / "mine.py").write_text(MINE)
    with pytest.raises(SpikefaError, match=said):
        sf.datasets.load(f"{tmp_path}/mine.py:{name}")


def test_a_module_that_is_not_there():
    with pytest.raises(SpikefaError, match=r"give a function in a file of yours as FILE.py:FUNC"):
        sf.datasets.load("no_such_package:data")
