"""Data sets from files: where they are found, and what makes a folder of them bad."""

import gzip
import hashlib
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import spikefa.datasets
from spikefa.datasets import fashion_mnist, fetch, kmnist, load, mnist, names
from spikefa.datasets.folders import cache_folder
from spikefa.datasets.sources import FILES, SOURCES, TRAIN_IMAGES, TRAIN_LABELS
from spikefa.errors import SpikefaError
from tests.helpers import small_cifar

Write = Callable[..., Path]


def cache_of(name: str) -> Path:
    return cache_folder() / name


def labels_file(labels: list[int]) -> bytes:
    return b"\0\0\x08\x01" + len(labels).to_bytes(4, "big") + bytes(labels)


def test_real_mnist(real_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPIKEFA_DATA", str(real_root))
    start = time.perf_counter()
    dataset = mnist()
    assert time.perf_counter() - start < 2
    assert (len(dataset.train), len(dataset.test)) == (60_000, 10_000)
    assert (dataset.shape, dataset.full_scale, dataset.n_classes) == ((28, 28), 255, 10)
    header = b"\0\0\x08\x03" + np.array([60_000, 28, 28], ">u4").tobytes()
    md5 = hashlib.md5(header + dataset.train.pixels.tobytes()).hexdigest()
    assert md5 == "6bbc9ace898e44ae57da46a324031adb"
    assert dataset.test.labels[:5].tolist() == [7, 2, 1, 0, 4]


def test_other_data_set_under_the_same_file_names_is_refused(real_root: Path) -> None:
    with pytest.raises(SpikefaError, match="the labels of mnist, expected those of kmnist"):
        kmnist(real_root / "mnist")


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("inside", ["mnist", "."])
def test_data_dir_holds_the_files_or_a_folder_of_the_name(
    tmp_path: Path, write_small: Write, packed: bool, inside: str
) -> None:
    write_small(tmp_path / inside, packed)
    dataset = mnist(tmp_path)
    assert (dataset.name, len(dataset.train), len(dataset.test)) == ("mnist", 12, 5)
    assert fetch("mnist", tmp_path) == tmp_path / inside


@pytest.mark.parametrize("load_one", [mnist, fashion_mnist, kmnist])
def test_cache_is_used(write_small: Write, load_one: Callable) -> None:
    folder = write_small(cache_of(load_one.__name__))
    assert load_one().name == load_one.__name__
    assert fetch(load_one.__name__) == folder


def test_environment_comes_before_the_cache(
    tmp_path: Path, write_small: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_small(cache_of("mnist"))
    monkeypatch.setenv("SPIKEFA_DATA", str(write_small(tmp_path / "mnist").parent))
    assert fetch("mnist") == tmp_path / "mnist"


def test_environment_without_all_files_falls_through_to_the_cache(
    tmp_path: Path, write_small: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_small(tmp_path / "mnist")
    (tmp_path / "mnist" / f"{TRAIN_LABELS}.gz").unlink()
    monkeypatch.setenv("SPIKEFA_DATA", str(tmp_path))
    cached = write_small(cache_of("mnist"))
    assert fetch("mnist") == cached


def test_data_dir_must_hold_the_files(tmp_path: Path, write_small: Write) -> None:
    write_small(cache_of("mnist"))
    write_small(tmp_path / "mnist")
    (tmp_path / "mnist" / f"{TRAIN_LABELS}.gz").unlink()
    with pytest.raises(SpikefaError) as caught:
        mnist(tmp_path)
    assert f"{TRAIN_LABELS} missing" in str(caught.value)
    assert TRAIN_IMAGES not in str(caught.value)
    with pytest.raises(SpikefaError, match="is not a folder"):
        mnist(tmp_path / "nowhere")


def refused(folder: Path, file: str, content: bytes) -> str:
    """Return the error that `content` in place of `file` makes."""
    (folder / f"{file}.gz").write_bytes(content)
    with pytest.raises(SpikefaError) as caught:
        mnist(folder)
    message = str(caught.value)
    assert message.startswith(str(folder / f"{file}.gz"))
    assert "run `spikefa fetch mnist`" in message
    assert "\n" not in message
    return message


def test_label_out_of_range(tmp_path: Path, write_small: Write) -> None:
    message = refused(write_small(tmp_path), TRAIN_LABELS, labels_file([*range(11), 0]))
    assert "label 10, expected 0 to 9" in message


def test_counts_differ(tmp_path: Path, write_small: Write) -> None:
    message = refused(write_small(tmp_path), TRAIN_LABELS, labels_file([1, 2, 3]))
    assert "3 labels, expected 12, one for each image" in message


def test_images_in_place_of_labels(tmp_path: Path, write_small: Write) -> None:
    folder = write_small(tmp_path)
    message = refused(folder, TRAIN_LABELS, (folder / f"{TRAIN_IMAGES}.gz").read_bytes())
    assert "magic number 00000803" in message


def test_damaged_cache_is_named_with_its_mending(write_small: Write) -> None:
    path = write_small(cache_of("mnist")) / f"{TRAIN_IMAGES}.gz"
    path.write_bytes(path.read_bytes()[:500])
    for read in (mnist, lambda: fetch("mnist")):
        with pytest.raises(SpikefaError, match="elsewhere, then run `spikefa fetch mnist`") as e:
            read()
        assert str(path) in str(e.value)


def test_copy_gzipped_again_is_accepted(tmp_path: Path, write_small: Write) -> None:
    path = write_small(tmp_path) / f"{TRAIN_IMAGES}.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), compresslevel=1))
    assert len(mnist(tmp_path).train) == 12


def test_names_and_load(tmp_path: Path, write_small: Write) -> None:
    assert names() == ("mnist", "fashion_mnist", "kmnist", "digits", "cifar10", "cifar100")
    write_small(tmp_path)
    for name in ("cifar10", "cifar100"):
        small_cifar.write(tmp_path / name, name)
    for name in names():
        assert load(name, tmp_path).name == name
    with pytest.raises(SpikefaError, match="'imagenet': choose one of mnist, fashion_mnist"):
        load("imagenet")
    with pytest.raises(SpikefaError, match="'imagenet': choose one of"):
        fetch("imagenet")
    with pytest.raises(SpikefaError, match="nothing to fetch"):
        fetch("digits")


def test_every_source_has_four_checksums_and_mirrors() -> None:
    checksums = [md5 for source in SOURCES for md5 in source.md5.values()]
    assert len(set(checksums)) == 12
    assert all(len(md5) == 32 and int(md5, 16) for md5 in checksums)
    for source in SOURCES:
        assert tuple(source.md5) == FILES
        assert len(source.mirrors) > 1
        assert all(mirror.endswith("/") for mirror in source.mirrors)


def test_import_is_light() -> None:
    """Datasets import neither torch nor what only some of them need."""
    package = Path(spikefa.datasets.__file__).parents[1]
    # A stand-in for the parent package, which may import what it likes.
    code = (
        "import sys, types; parent = sys.modules['spikefa'] = types.ModuleType('spikefa'); "
        f"parent.__path__ = [{str(package)!r}]; import spikefa.datasets; "
        "print(*{'torch', 'sklearn', 'pooch', 'requests'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
