"""Folders of images as torchvision, Kaggle and EMNIST have them, written here byte by byte."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

import spikefa as sf
from spikefa.errors import SpikefaError

RANDOM = np.random.default_rng(8)
N = {"train": 12, "test": 5}


def idx(array):
    """Return the bytes of an IDX file: two zeros, unsigned bytes, the dimensions, the data."""
    sizes = b"".join(n.to_bytes(4, "big") for n in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + bytes(array.flatten().tolist())


def write_idx(folder, start="", test="t10k", packed=False, dot="-", first=0, n_classes=4):
    """Write four files; return pixels and labels of both splits as they are in the files."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {}
    for split, n in N.items():
        pixels = RANDOM.integers(0, 256, (n, 6, 6), dtype=np.uint8)
        labels = first + np.arange(n) % n_classes
        name = test if split == "test" else split
        for part, array in ((f"images{dot}idx3", pixels), (f"labels{dot}idx1", labels)):
            raw = idx(array)
            path = folder / f"{start}{name}-{part}-ubyte{'.gz' if packed else ''}"
            path.write_bytes(gzip.compress(raw) if packed else raw)
        content[split] = pixels, labels
    return content


def assert_is(found, content, turned=False, first=0):
    for split, (pixels, labels) in content.items():
        images = getattr(found, split)
        for number, image in enumerate(pixels):
            upright = [[image[x][y] for x in range(6)] for y in range(6)] if turned else image
            np.testing.assert_array_equal(images.pixels[number], upright)
        np.testing.assert_array_equal(images.labels, labels - first)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("given", ["root", "root/MNIST", "root/MNIST/raw"])
def test_torchvision(tmp_path, packed, given):
    content = write_idx(tmp_path / "root" / "MNIST" / "raw", packed=packed)
    found = sf.datasets.load(tmp_path / given)
    assert (found.name, found.n_classes, found.shape) == ("MNIST", 4, (6, 6))
    assert_is(found, content)


def test_a_folder_of_this_place_needs_no_slash(tmp_path, monkeypatch):
    content = write_idx(tmp_path / "here", dot=".")
    other = write_idx(tmp_path / "digits")
    monkeypatch.chdir(tmp_path)
    assert_is(sf.datasets.load("here"), content)
    assert_is(sf.datasets.load(Path("digits")), other)
    assert len(sf.datasets.load("digits").train) == 1438


def test_packed_files_beside_unpacked_ones_are_the_same(tmp_path):
    content = write_idx(tmp_path / "both")
    for path in list((tmp_path / "both").iterdir()):
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert_is(sf.datasets.load(tmp_path / "both"), content)


def test_emnist_is_turned_and_its_letters_begin_with_0(tmp_path):
    folder = tmp_path / "EMNIST" / "raw"
    letters = write_idx(folder, "emnist-letters-", "test", first=1, n_classes=3)
    digits = write_idx(folder, "emnist-digits-", "test")
    found = sf.datasets.load(folder / "emnist-letters")
    assert (found.name, found.n_classes) == ("emnist-letters", 3)
    assert_is(found, letters, turned=True, first=1)
    assert_is(sf.datasets.load(f"{folder}/emnist-digits"), digits, turned=True)
    with pytest.raises(SpikefaError, match=r"several data sets: give .*-digits or .*-letters"):
        sf.datasets.load(tmp_path / "EMNIST")
    with pytest.raises(SpikefaError, match="holds no images in a known layout"):
        sf.datasets.load(folder / "emnist-balanced")


def test_letters_that_begin_with_0_are_none(tmp_path):
    write_idx(tmp_path / "a", "emnist-letters-", "test", first=0)
    with pytest.raises(SpikefaError, match="number the classes from 0"):
        sf.datasets.load(tmp_path / "a")


def write_csv(path, n, columns="label", turned=False):
    pixels = RANDOM.integers(0, 256, (n, 6, 6), dtype=np.uint8)
    labels = np.arange(n) % 4
    rows = [[label, *image.flatten()] for label, image in zip(labels, pixels, strict=True)]
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        if columns:
            writer.writerow([columns, *(f"pixel{number}" for number in range(36))])
        writer.writerows(rows)
    return pixels, labels


@pytest.mark.parametrize("columns", ["label", "Label", ""])
@pytest.mark.parametrize("start", ["", "mnist_", "fashion-mnist_", "emnist-digits-"])
def test_kaggle(tmp_path, columns, start):
    content = {
        split: write_csv(tmp_path / f"{start}{split}.csv", n, columns) for split, n in N.items()
    }
    found = sf.datasets.load(tmp_path)
    assert found.n_classes == 4
    assert_is(found, content, turned=start.startswith("emnist"))


def test_tests_of_a_contest_have_no_labels(tmp_path):
    pixels, labels = write_csv(tmp_path / "train.csv", 12)
    (tmp_path / "test.csv").write_text("pixel0,pixel1,pixel2,pixel3\n1,2,3,4\n")
    with pytest.warns(UserWarning, match="every 5th image of train.csv is a test image instead"):
        found = sf.datasets.load(tmp_path)
    np.testing.assert_array_equal(found.test.pixels, pixels[4::5])
    kept = [number for number in range(12) if number % 5 != 4]
    np.testing.assert_array_equal(found.train.labels, labels[kept])
    np.testing.assert_array_equal(found.train.pixels, pixels[kept])


def test_long_tables_are_read_in_parts(tmp_path, monkeypatch):
    monkeypatch.setattr("spikefa.datasets.tables.AT_ONCE", 5)
    content = {split: write_csv(tmp_path / f"{split}.csv", n) for split, n in N.items()}
    assert_is(sf.datasets.load(tmp_path), content)
    lines = (tmp_path / "train.csv").read_text().splitlines()
    lines[9] = lines[9].replace(",", ",x", 1)
    (tmp_path / "train.csv").write_text("\n".join(lines))
    with pytest.raises(SpikefaError, match=r"train.csv, line 10: a cell is 'x"):
        sf.datasets.load(tmp_path)


TABLES = {
    "text": ("label,a\n0,1\n0,white\n", "line 3: a cell is 'white'"),
    "nan": ("0,nan\n", "line 1: a cell is 'nan'"),
    "float": ("0,0.5\n", "line 1: a cell is '0.5'"),
    "empty cell": ("0,\n", "line 1: a cell is ''"),
    "more cells": ("0,1\n0,1,2\n", "the number of columns changed"),
    "too bright": ("0,256\n", "pixels from 256 to 256"),
    "below black": ("0,-1\n", "pixels from -1 to -1"),
    "huge": ("0,99999999999999999999999\n", "a cell is '99999999999999999999999'"),
    "oblong": ("0,1,2,3\n", "3 pixels a line are no square image"),
    "no pixels": ("label\n0\n", "from line 2 on: no pixels"),
    "negative label": ("-1,5\n", "number the classes from 0"),
    "empty": ("", "has no images"),
    "only names": ("label,pixel0\n", "has no images"),
    "blank": ("\n\n", "has no images"),
    "other names": ("class,pixel0\n0,1\n", "its first column is called 'class'"),
}


@pytest.mark.parametrize(("text", "said"), TABLES.values(), ids=TABLES)
def test_tables_that_are_none(tmp_path, text, said):
    (tmp_path / "train.csv").write_text(text)
    (tmp_path / "test.csv").write_text("label,pixel0\n0,1\n")
    with pytest.raises(SpikefaError, match=said) as refused:
        sf.datasets.load(tmp_path)
    assert "\n" not in str(refused.value)


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "train.csv").write_bytes(b"0,1\n\xff\xfe,1\n")
    (tmp_path / "test.csv").write_text("0,1\n")
    with pytest.raises(SpikefaError, match="is no text"):
        sf.datasets.load(tmp_path)


def test_folders_that_are_none(tmp_path):
    with pytest.raises(SpikefaError, match="holds no images in a known layout: put there train-im"):
        sf.datasets.load(tmp_path)
    write_idx(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(SpikefaError, match="is incomplete: test labels missing"):
        sf.datasets.load(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx(np.zeros(4, np.uint8)))
    with pytest.raises(SpikefaError, match="test: 5 images have 4 labels"):
        sf.datasets.load(tmp_path)
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(np.zeros((4, 5, 6), np.uint8)))
    with pytest.raises(SpikefaError, match=r"shape \(5, 6\), expected \(6, 6\)"):
        sf.datasets.load(tmp_path)
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03" + b"\xff" * 12)
    with pytest.raises(SpikefaError, match="a header that claims"):
        sf.datasets.load(tmp_path)
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03" + b"\0\0\xff\xff" * 3)
    with pytest.raises(SpikefaError, match=r"a header that claims .* bytes of data"):
        sf.datasets.load(tmp_path)
