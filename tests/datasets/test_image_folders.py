"""Photographs in a folder for each class, against the arrays that were written as pictures."""

import numpy as np
import pytest
from PIL import Image

import spikefa as sf
from spikefa.errors import MissingFileError, SpikefaError

SIZE = 8


def picture(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return pixels


@pytest.fixture
def written(tmp_path):
    """Two classes of square pictures in three splits; the pixels by split and class."""
    random = np.random.default_rng(0)
    found = {}
    for split, count in (("train", 3), ("val", 2), ("test", 1)):
        for name in ("cat", "Dog"):
            for number in range(count):
                pixels = random.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
                suffix = "png" if number else "PNG"
                path = tmp_path / split / name / f"{number}.{suffix}"
                found.setdefault(split, []).append((name, picture(path, pixels)))
    return found


def check(images, written):
    """Classes are sorted by name, capital letters first."""
    expected = sorted(written, key=lambda each: each[0])
    assert images.labels.tolist() == [int(name == "cat") for name, _ in expected]
    for found, (_, pixels) in zip(images.pixels, expected, strict=True):
        for colour in range(3):
            np.testing.assert_array_equal(found[colour], pixels[:, :, colour])


def test_pictures_of_the_right_size_are_read_as_they_are(tmp_path, written):
    data = sf.datasets.image_folder(tmp_path, SIZE)
    for split, images in (("train", data.train), ("val", data.validation), ("test", data.test)):
        check(images, written[split])
    assert (data.name, data.n_classes, data.shape) == (tmp_path.name, 2, (SIZE, SIZE))


def test_without_tests_the_validation_images_are_tests(tmp_path, written):
    for path in (tmp_path / "test").rglob("*.*"):
        path.unlink()
    for folder in (tmp_path / "test" / "cat", tmp_path / "test" / "Dog", tmp_path / "test"):
        folder.rmdir()
    (tmp_path / "train" / ".cache").mkdir()
    (tmp_path / "train" / "notes.txt").write_text("no photograph")
    data = sf.datasets.image_folder(tmp_path, SIZE)
    check(data.test, written["val"])
    assert data.validation is None


def test_the_square_in_the_middle_is_taken(tmp_path):
    """High and wide pictures, and a grey one, whose three colours are the same."""
    random = np.random.default_rng(1)
    middle = random.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
    edge = np.zeros((SIZE, 3, 3), np.uint8)
    picture(tmp_path / "train" / "a" / "0.png", np.hstack([edge, middle, edge]))
    picture(tmp_path / "train" / "a" / "1.png", np.vstack([edge.swapaxes(0, 1), middle] * 2)[:14])
    grey = picture(tmp_path / "test" / "a" / "0.png", middle[:, :, 0])
    data = sf.datasets.image_folder(tmp_path, SIZE)
    np.testing.assert_array_equal(data.train.pixels[0], middle.transpose(2, 0, 1))
    np.testing.assert_array_equal(data.train.pixels[1], middle.transpose(2, 0, 1))
    np.testing.assert_array_equal(data.test.pixels[0], np.stack([grey] * 3))
    assert sf.datasets.image_folder(tmp_path, SIZE, grey=True).channels == 1


def test_larger_pictures_are_scaled_by_the_mean_around_each_pixel(tmp_path):
    """A ramp stays a ramp, and a fine chessboard becomes grey."""
    ramp = np.broadcast_to(np.arange(0, 256, 4, dtype=np.uint8), (64, 64))
    board = ((np.indices((64, 64)).sum(0) % 2) * 255).astype(np.uint8)
    picture(tmp_path / "train" / "a" / "0.png", ramp.copy())
    picture(tmp_path / "train" / "a" / "1.png", board)
    picture(tmp_path / "val" / "a" / "0.png", board)
    data = sf.datasets.image_folder(tmp_path, SIZE, grey=True)
    inner = data.train.pixels[:, 1:-1, 1:-1].astype(float)
    np.testing.assert_allclose(inner[0], ramp.reshape(8, 8, 8, 8).mean((1, 3))[1:-1, 1:-1], atol=1)
    np.testing.assert_allclose(inner[1], 127.5, atol=1)


def test_what_is_wrong_is_said(tmp_path, written, monkeypatch):
    with pytest.raises(MissingFileError, match="has no folders train and test"):
        sf.datasets.image_folder(tmp_path / "nowhere")
    with pytest.raises(SpikefaError, match="size of image_folder is 0"):
        sf.datasets.image_folder(tmp_path, 0)
    with pytest.raises(SpikefaError, match=r"12 images of 100000 x 100000 pixels.*smaller size"):
        sf.datasets.image_folder(tmp_path, 100_000)
    (tmp_path / "train" / "cow").mkdir()
    with pytest.raises(MissingFileError, match="cow holds no photographs"):
        sf.datasets.image_folder(tmp_path, SIZE)
    (tmp_path / "train" / "cow").rename(tmp_path / "test" / "cow")
    with pytest.raises(SpikefaError, match="has cow, which train has not"):
        sf.datasets.image_folder(tmp_path, SIZE)
    (tmp_path / "test" / "cow").rmdir()
    broken = tmp_path / "train" / "cat" / "1.png"
    broken.write_bytes(broken.read_bytes()[:60])
    with pytest.raises(SpikefaError, match="cannot read the photograph") as refused:
        sf.datasets.image_folder(tmp_path, SIZE)
    assert str(broken) in str(refused.value)
