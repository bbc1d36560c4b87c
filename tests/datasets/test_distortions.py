"""Elastic distortions, against a plain loop, and photographs behind digits."""

import numpy as np
import pytest
import torch
from PIL import Image

import spikefa as sf
from spikefa.datasets import Dataset, Images, saccades
from spikefa.datasets.backgrounds import with_photographs
from spikefa.datasets.distortions import Elastic
from spikefa.datasets.folders import require_photographs
from spikefa.errors import SpikefaError


def blurred(field, sigma):
    """Smooth [height, width] by a Gaussian cut off at 4 sigma, 0 beyond the border."""
    reach = int(4 * sigma + 0.5)
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    bell /= bell.sum()
    height, width = field.shape
    out = np.zeros_like(field)
    for y in range(height):
        for x in range(width):
            for i, a in enumerate(bell):
                for j, b in enumerate(bell):
                    v, u = y + i - reach, x + j - reach
                    if 0 <= v < height and 0 <= u < width:
                        out[y, x] += a * b * field[v, u]
    return out


def at(image, y, x):
    """Interpolate between the four pixels around (y, x); beyond the border it goes on."""
    height, width = image.shape
    y, x = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
    top, left = min(int(y), height - 2), min(int(x), width - 2)
    b, r = y - top, x - left
    return (1 - b) * ((1 - r) * image[top, left] + r * image[top, left + 1]) + b * (
        (1 - r) * image[top + 1, left] + r * image[top + 1, left + 1]
    )


def test_every_pixel_comes_from_where_the_smooth_field_points():
    shape = (6, 8)
    images = np.random.default_rng(0).random((3, *shape)).astype(np.float32)
    inputs = torch.from_numpy(images.copy()).flatten(1)
    Elastic(shape, strength=5.0, smoothness=1.5)(inputs, torch.Generator().manual_seed(4))
    field = torch.rand(2, 3, *shape, generator=torch.Generator().manual_seed(4)).numpy() * 2 - 1
    for number, image in enumerate(images):
        down, right = (5.0 * blurred(field[k, number].astype(float), 1.5) for k in (0, 1))
        expected = [at(image, y + down[y, x], x + right[y, x]) for y in range(6) for x in range(8)]
        np.testing.assert_allclose(inputs[number], expected, atol=1e-5)


def test_no_strength_changes_nothing_and_every_time_is_another():
    images = torch.rand(4, 784, generator=torch.Generator().manual_seed(0))
    same, first, second = images.clone(), images.clone(), images.clone()
    source = torch.Generator().manual_seed(1)
    Elastic((28, 28), strength=0)(same, source)
    torch.testing.assert_close(same, images)
    Elastic((28, 28))(first, source)
    Elastic((28, 28))(second, source)
    assert not torch.equal(first, second)
    with pytest.raises(sf.SpikefaError, match="smoothness"):
        Elastic((28, 28), smoothness=0)


@pytest.fixture
def photographs(tmp_path):
    random = np.random.default_rng(1)
    Image.fromarray(random.integers(0, 256, (9, 11, 3), dtype=np.uint8)).save(tmp_path / "a.png")
    (tmp_path / "more").mkdir()
    Image.fromarray(random.integers(0, 256, (5, 6), dtype=np.uint8)).save(tmp_path / "more/b.png")
    Image.fromarray(np.zeros((2, 2), np.uint8)).save(tmp_path / "small.png")
    return tmp_path


def test_a_patch_of_a_photograph_is_behind_every_image(tiny, photographs):
    mixed = with_photographs(tiny, photographs, seed=3)
    greys = [
        np.asarray(Image.open(photographs / name).convert("L")) for name in ("a.png", "more/b.png")
    ]
    patches = [
        grey[y : y + 3, x : x + 4]
        for grey in greys
        for y in range(grey.shape[0] - 2)
        for x in range(grey.shape[1] - 3)
    ]
    found = set()
    for image, plain in zip(mixed.train.pixels, tiny.train.pixels, strict=True):
        fits = [k for k, p in enumerate(patches) if np.array_equal(image, np.maximum(plain, p))]
        assert fits, "no photograph has this patch"
        found.add(fits[0])
    assert len(found) > 5
    assert np.array_equal(mixed.train.labels, tiny.train.labels)
    again = with_photographs(tiny, photographs, seed=3)
    assert np.array_equal(again.test.pixels, mixed.test.pixels)
    other = with_photographs(tiny, photographs, seed=4)
    assert not np.array_equal(other.test.pixels, mixed.test.pixels)


def test_photographs_that_are_not_there_are_told(tiny, tmp_path):
    with pytest.raises(sf.SpikefaError, match="--photographs FOLDER"):
        require_photographs(None)
    with pytest.raises(sf.SpikefaError, match="--photographs FOLDER"):
        require_photographs(tmp_path / "nowhere")
    with pytest.raises(sf.SpikefaError, match="no photograph of 3 x 4"):
        with_photographs(tiny, tmp_path)
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(sf.SpikefaError, match=r"broken\.jpg"):
        with_photographs(tiny, tmp_path)


def test_colours_are_refused_where_only_brightness_makes_sense(tmp_path):
    colours = Images(np.zeros((2, 3, 6, 6), np.uint8), np.zeros(2, np.uint8))
    with pytest.raises(SpikefaError, match=r"give Images\(images\.pictures, images\.labels\)"):
        saccades(colours)
    with pytest.raises(SpikefaError, match="backgrounds need grey images"):
        with_photographs(Dataset("mine", colours, colours), tmp_path)
    with pytest.raises(SpikefaError, match="images of 108 numbers, distortions of 6 x 6"):
        Elastic((6, 6))(torch.zeros(2, 108), torch.Generator())
