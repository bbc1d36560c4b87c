"""Photographs that stay in their files, against a plain loop and the data set in memory."""

import copy
import pickle
import shutil
import warnings

import numpy as np
import pytest
from PIL import Image

import spikefa as sf
from spikefa.datasets.backgrounds import with_photographs
from spikefa.datasets.examples import classification, reconstruction
from spikefa.errors import MissingFileError, SpikefaError
from spikefa.plugins.describing import describe
from tests.helpers.photograph_folder import SIZE, files_of, plainly_read, write_folder

SPLITS = (("train", "train"), ("val", "validation"), ("test", "test"))


@pytest.fixture
def root(tmp_path):
    return write_folder(tmp_path / "insects")


def in_files(root, **options):
    return sf.datasets.image_folder(root, SIZE, **{"in_memory": False, "workers": 2, **options})


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("in_memory", [False, True])
@pytest.mark.parametrize("workers", [1, 3, None])
def test_the_pixels_are_those_that_pillow_reads(root, grey, in_memory, workers):
    data = sf.datasets.image_folder(root, SIZE, grey=grey, in_memory=in_memory, workers=workers)
    for split, attribute in SPLITS:
        images, expected = getattr(data, attribute), files_of(root, split)
        assert images.labels.tolist() == [number for _, number in expected]
        pixels = images.pixels if in_memory else images.files.read()
        assert pixels.dtype == np.uint8
        for found, (file, _) in zip(pixels, expected, strict=True):
            np.testing.assert_array_equal(found, plainly_read(file, grey=grey))


@pytest.mark.parametrize("grey", [False, True])
def test_images_in_files_look_like_those_in_memory(root, grey):
    data = in_files(root, grey=grey)
    whole = sf.datasets.image_folder(root, SIZE, grey=grey)
    for _, split in SPLITS:
        images, kept = getattr(data, split), getattr(whole, split)
        for name in ("channels", "shape", "full_scale", "n_classes", "n_inputs"):
            assert getattr(images, name) == getattr(kept, name)
        assert len(images) == len(kept)
        assert images.labels.dtype == kept.labels.dtype
        for name in ("shape", "ndim", "dtype", "nbytes"):
            assert getattr(images.pixels, name) == getattr(kept.pixels, name)
        for name in ("shape", "ndim", "dtype"):
            assert getattr(images.pictures, name) == getattr(kept.pictures, name)
        pictures = [images.pictures[number] for number in range(len(images.pictures))]
        np.testing.assert_array_equal(pictures, kept.pictures)
        assert repr(images) == repr(kept)[:-1] + ", in files)"
        assert kept.files is None
    assert (data.name, data.n_classes, data.shape) == ("insects", 2, (SIZE, SIZE))
    assert data.channels == (1 if grey else 3)


def test_parts_are_those_of_the_data_set_in_memory(root):
    def parts(data):
        held = data.hold_out(3, "stratified", seed=5) if data.validation is None else data
        return held.subset(train=6, test=2, selection="shuffled", seed=1)

    shutil.rmtree(root / "val")
    data, kept = parts(in_files(root)), parts(sf.datasets.image_folder(root, SIZE))
    assert len(data.train) == 6
    for _, split in SPLITS:
        images, whole = getattr(data, split), getattr(kept, split)
        np.testing.assert_array_equal(images.files.read(), whole.pixels)
        np.testing.assert_array_equal(images.labels, whole.labels)
    mask = np.arange(6) % 2 == 0
    for chosen in (slice(1, None, 2), [4, 0, 0, -1], mask):
        images, whole = data.train.part(chosen), kept.train.part(chosen)
        np.testing.assert_array_equal(images.files.read(), whole.pixels)
        np.testing.assert_array_equal(images.labels, whole.labels)


@pytest.mark.parametrize("grey", [False, True])
def test_standardising_reads_the_images(root, grey, monkeypatch):
    data, kept = in_files(root, grey=grey), sf.datasets.image_folder(root, SIZE, grey=grey)
    found, expected = map(sf.Graded.standardising, (data.train, kept.train))
    assert (found.shift, found.scale) == (expected.shift, expected.scale)
    monkeypatch.setattr("spikefa.stimulus.graded.MOST_READ", 4)
    some = sf.Graded.standardising(data.train)
    chosen = kept.train.part([0, 4, 8, 12])
    expected = sf.Graded.standardising(chosen)
    assert (some.shift, some.scale) == (expected.shift, expected.scale)
    pixels = chosen.pixels.reshape(4, chosen.channels, -1) / 255
    np.testing.assert_allclose(some.shift, pixels.mean((0, 2)))
    np.testing.assert_allclose(some.scale, 1 / pixels.std((0, 2)))


def test_who_needs_the_pixels_themselves_is_told_what_to_do(root):
    images, grey = in_files(root).train, in_files(root, grey=True)
    refused = [
        lambda: classification(images),
        lambda: reconstruction(images),
        lambda: images.pixels.mean(),
        lambda: np.asarray(images.pixels),
        lambda: sf.datasets.saccades(grey.train),
        lambda: with_photographs(grey, root),
    ]
    for ask in refused:
        with pytest.raises(SpikefaError, match="13 photographs in") as error:
            ask()
        assert "not in memory: use image_folder(..., in_memory=True)" in str(error.value)
    assert len(classification(sf.datasets.image_folder(root, SIZE).train)) == 13
    few = images.part(slice(3))
    read = sf.datasets.Images(few.files.read(), few.labels, n_classes=few.n_classes)
    assert len(classification(read)) == 3


def test_wrong_arguments_are_refused(root):
    for options, says in (
        ({"workers": 0}, "workers of image_folder is 0"),
        ({"workers": 257}, "workers of image_folder is 257"),
        ({"workers": 1.5}, "workers of image_folder is 1.5"),
        ({"in_memory": 1}, "in_memory is 1: give True or False"),
        ({"grey": "yes"}, "grey is 'yes': give True or False"),
    ):
        with pytest.raises(SpikefaError, match=says):
            in_files(root, **options)
    files = in_files(root).train.files
    with pytest.raises(SpikefaError, match=r"give Images.*full_scale=255"):
        sf.datasets.Images(files, np.zeros(13, np.uint8), full_scale=16)
    with pytest.raises(SpikefaError, match="13 images have 2 labels"):
        sf.datasets.Images(files, np.zeros(2, np.uint8))


def test_a_folder_too_large_for_the_memory_can_stay_in_files(root):
    with pytest.raises(SpikefaError, match="or in_memory=False"):
        sf.datasets.image_folder(root, 100_000)
    data = sf.datasets.image_folder(root, 100_000, in_memory=False)
    assert data.n_inputs == 3 * 100_000**2


@pytest.mark.parametrize("in_memory", [False, True])
def test_a_photograph_that_cannot_be_read_is_named(root, in_memory):
    files = [file for file, _ in files_of(root, "train")]
    whole = files[3].read_bytes()
    for number in (9, 3):
        files[number].write_bytes(files[number].read_bytes()[:50])

    def read():
        data = in_files(root, in_memory=in_memory)
        return data if in_memory else data.train.files.read()

    with pytest.raises(SpikefaError, match="cannot read the photograph") as refused:
        read()
    assert str(files[3]) in str(refused.value)
    data = in_files(root)
    said = data.train.files.unreadable()
    assert [str(files[n]) in text for n, text in zip((3, 9), said, strict=True)] == [True, True]
    assert data.test.files.unreadable() == []
    files[3].write_bytes(whole)
    files[9].unlink()
    with pytest.raises(MissingFileError, match="is not there any more: put it there again") as gone:
        data.train.files.read()
    assert str(files[9]) in str(gone.value)


def test_a_folder_where_a_photograph_was(root):
    data = in_files(root)
    file = files_of(root, "train")[0][0]
    file.unlink()
    file.mkdir()
    with pytest.raises(SpikefaError, match=f"cannot read the photograph {file}"):
        data.train.files.read()


def test_names_of_any_bytes_are_kept(root):
    odd = root / "train" / "ant" / "größe, 100 % \udcff.png"
    files_of(root, "train")[0][0].rename(odd)
    files = in_files(root).train.files
    assert odd in [files.path(number) for number in range(len(files))]
    assert len(files.read()) == 13


def described(images):
    return describe("the images", images.content())


def test_what_is_compared_when_a_run_goes_on(root, tmp_path):
    """Names, sizes of files, labels and how images are scaled, but no folder and no workers."""
    first = described(in_files(root).train)
    assert not any(str(root) in str(each) for each in first.values())
    moved = tmp_path / "elsewhere"
    shutil.copytree(root, moved)
    assert described(in_files(moved, workers=1).train) == first
    assert described(sf.datasets.image_folder(moved, 5, in_memory=False).train) != first
    assert described(in_files(moved, grey=True).train) != first
    assert described(in_files(moved).train.part(slice(1, None))) != first
    data, file = in_files(moved), files_of(moved, "train")[2][0]
    with file.open("ab") as end:
        end.write(b"more")
    assert described(data.train) != first
    file.rename(file.with_stem("other"))
    assert described(in_files(moved).train) != first
    with pytest.raises(MissingFileError, match="is not there any more: put it there again"):
        described(data.train)


def test_files_can_be_copied(root):
    images = in_files(root).train
    for other in (copy.deepcopy(images), pickle.loads(pickle.dumps(images)), copy.copy(images)):
        np.testing.assert_array_equal(other.files.read(), images.files.read())


def test_warnings_of_others_are_shown_after_reading(root):
    """Python's filters belong to all threads."""
    before = list(warnings.filters)
    in_files(root, workers=8).train.files.read()
    assert warnings.filters == before


def test_more_photographs_than_are_read_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("spikefa.datasets.image_files.AT_ONCE", 4)
    root = write_folder(tmp_path)
    files = in_files(root).train.files
    expected = [plainly_read(file) for file, _ in files_of(root, "train")]
    np.testing.assert_array_equal(files.read(), expected)
    np.testing.assert_array_equal(np.concatenate(list(files.parts(np.arange(13)))), expected)
    assert files.unreadable() == []
    Image.new("RGB", (3, 3)).save(files.path(0))
    assert (files.read(np.array([0])) == 0).all()
