"""CIFAR-10 and CIFAR-100 in all published forms, against the arrays that were written."""

import io
import pickle
import shutil
import tarfile
from functools import partial

import numpy as np
import pytest

import spikefa as sf
from spikefa.datasets.cifar_forms import CIFAR10, CIFAR100
from spikefa.errors import MissingFileError, SpikefaError
from tests.helpers.small_cifar import SETS, pack, write


def check(found, name, parts, kind="fine"):
    """Compare images with what was written, neuron by neuron."""
    *train, test = parts
    for images, written in ((found.train, train), (found.test, [test])):
        pixels = np.concatenate([pixels for pixels, _ in written])
        labels = np.concatenate([labels[kind] for _, labels in written])
        assert images.pixels.shape == (len(pixels), 3, 32, 32)
        np.testing.assert_array_equal(images.pixels.reshape(len(pixels), -1), pixels)
        np.testing.assert_array_equal(images.labels, labels)
        for c, y, x in ((0, 0, 0), (1, 2, 3), (2, 31, 30)):
            neuron = (c * 32 + y) * 32 + x
            np.testing.assert_array_equal(images.pixels[:, c, y, x], pixels[:, neuron])
    assert (found.name, found.n_inputs, found.channels, found.shape) == (name, 3072, 3, (32, 32))


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("form", ["binary", "python"])
@pytest.mark.parametrize("where", ["named", "root", "torchvision", "both", "packed"])
def test_files_are_found_and_read(name, form, where, tmp_path, monkeypatch):
    inside = SETS[name][form][0]
    folder = {
        "named": tmp_path / name,
        "root": tmp_path,
        "torchvision": tmp_path / inside,
        "both": tmp_path / name / inside,
        "packed": tmp_path / "elsewhere",
    }[where]
    parts = write(folder, name, form)
    if where == "packed":
        pack(folder, tmp_path / SETS[name]["archives"][form], inside)
        shutil.rmtree(folder)
    check(getattr(sf.datasets, name)(tmp_path), name, parts)
    monkeypatch.setenv("SPIKEFA_DATA", str(tmp_path))
    check(sf.datasets.load(name), name, parts)


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_pickles_of_python_3(protocol, tmp_path):
    parts = write(tmp_path, form="python", dump=partial(pickle.dumps, protocol=protocol))
    check(sf.datasets.cifar10(tmp_path), "cifar10", parts)


def test_an_array_in_fortran_order(tmp_path):
    def dump(held):
        return pickle.dumps({**held, b"data": np.asfortranarray(held[b"data"])}, protocol=2)

    parts = write(tmp_path, form="python", dump=dump)
    check(sf.datasets.cifar10(tmp_path), "cifar10", parts)


@pytest.mark.parametrize("form", ["binary", "python"])
def test_superclasses(form, tmp_path):
    parts = write(tmp_path, "cifar100", form)
    assert sf.datasets.cifar100(tmp_path).n_classes == 100
    coarse = sf.datasets.cifar100(tmp_path, coarse=True)
    check(coarse, "cifar100", parts, "coarse")
    assert coarse.n_classes == 20


@pytest.mark.parametrize(("name", "forms"), [("cifar10", CIFAR10), ("cifar100", CIFAR100)])
def test_what_is_missing_is_said_with_checksums(name, forms, tmp_path):
    with pytest.raises(MissingFileError) as refused:
        sf.datasets.load(name, tmp_path)
    for form in forms:
        assert f"{form.archive} (MD5 {form.md5})" in str(refused.value)
    assert "https://www.cs.toronto.edu/~kriz/cifar.html" in str(refused.value)
    write(tmp_path / name, name)
    lost = SETS[name]["tests"]["binary"]
    (tmp_path / name / lost).unlink()
    with pytest.raises(MissingFileError, match=f"lacks {lost}: get"):
        sf.datasets.fetch(name, tmp_path)
    write(tmp_path / name, name)
    assert sf.datasets.fetch(name, tmp_path) == tmp_path / name


def test_every_form_has_checksums():
    forms = (*CIFAR10, *CIFAR100)
    every = [form.md5 for form in forms] + [md5 for form in forms for md5 in form.file_md5.values()]
    assert len(set(every)) == len(every) == 12
    assert all(len(md5) == 32 and int(md5, 16) for md5 in every)
    for form in forms:
        assert not form.file_md5 or tuple(form.file_md5) == form.files


DAMAGED = {
    "cut": lambda content: content[:-5],
    "empty": lambda content: b"",
    "a web page": lambda content: b"<html>",
    "another label": lambda content: bytes([250]) + content[1:],
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
@pytest.mark.parametrize("form", ["binary", "python"])
def test_a_damaged_file_is_named_with_its_origin(form, damage, tmp_path):
    write(tmp_path, form=form)
    path = tmp_path / SETS["cifar10"][form][1][2]
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(SpikefaError, match="put there again") as refused:
        sf.datasets.cifar10(tmp_path)
    assert path.name in str(refused.value)
    assert SETS["cifar10"]["archives"][form] in str(refused.value)
    assert "\n" not in str(refused.value)


def damaged_dictionary(**changes):
    def dump(held):
        held = {key.decode(): each for key, each in held.items()} | changes
        return pickle.dumps({name: each for name, each in held.items() if each is not None}, 2)

    return dump


WRONG = {
    "no data": {"data": None},
    "no labels": {"labels": None},
    "labels of another kind": {"labels": list("abcd")},
    "a tuple of labels": {"labels": (1, 2, 3, 4)},
    "labels below 0": {"labels": [-1, 0, 0, 0]},
    "labels of no class": {"labels": [10, 0, 0, 0]},
    "fewer labels": {"labels": [1, 2, 3]},
    "a list for data": {"data": [1, 2]},
    "other pixels": {"data": np.zeros((4, 3071), np.uint8)},
    "no images": {"data": np.zeros((0, 3072), np.uint8), "labels": []},
    "other numbers": {"data": np.zeros((4, 3072), np.float32)},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_a_dictionary_of_something_else(changes, tmp_path):
    write(tmp_path, form="python", dump=damaged_dictionary(**changes))
    with pytest.raises(SpikefaError, match="put there again data_batch_1"):
        sf.datasets.cifar10(tmp_path)


def hole(size):
    """Return a member that says that it is a file of so many zeros, and holds none."""
    member = tarfile.TarInfo("cifar-10-batches-bin/test_batch.bin")
    member.pax_headers = {
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.map": f"{size},0",
        "GNU.sparse.size": str(size),
    }
    return member


def link():
    member = tarfile.TarInfo("cifar-10-batches-bin/test_batch.bin")
    member.type, member.linkname = tarfile.SYMTYPE, "/etc/hostname"
    return member


@pytest.mark.parametrize("member", [None, hole(1 << 40), link()], ids=["none", "hole", "link"])
def test_an_archive_without_a_file_is_refused(member, tmp_path):
    write(tmp_path / "x")
    (tmp_path / "x" / "test_batch.bin").unlink()
    archive = tmp_path / "cifar-10-binary.tar.gz"
    pack(tmp_path / "x", archive, "cifar-10-batches-bin", [(member, b"")] if member else ())
    with pytest.raises(SpikefaError, match=r"test_batch\.bin.*put the published archive there"):
        sf.datasets.cifar10(tmp_path)


def test_an_archive_writes_nothing(tmp_path):
    """Whatever its members are called."""
    write(tmp_path / "x")
    archive = tmp_path / "cifar-10-binary.tar.gz"
    evil = tarfile.TarInfo("../../evil.bin")
    evil.size = 4
    pack(tmp_path / "x", archive, "x", [(evil, b"evil")])
    before = sorted(tmp_path.rglob("*"))
    assert len(sf.datasets.cifar10(tmp_path).train) == 20
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("content", [b"", b"<html>", b"\x1f\x8b\x08", b"\x1f\x8b" + bytes(40)])
def test_a_damaged_archive_is_refused(content, tmp_path):
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(content)
    with pytest.raises(SpikefaError, match="put the published archive there again"):
        sf.datasets.cifar10(tmp_path)


def test_an_archive_of_very_many_files_is_refused(tmp_path):
    archive = tmp_path / "cifar-10-binary.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        for number in range(200):
            packed.addfile(tarfile.TarInfo(f"{number}"), io.BytesIO())
    with pytest.raises(SpikefaError, match="over 100 files"):
        sf.datasets.cifar10(tmp_path)
