"""Affine and elastic distortions, against SciPy and against pictures that can be computed."""

import math

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter, map_coordinates

import spikefa as sf
from spikefa.errors import SpikefaError

SHAPE = (9, 7)
STREAMS = 12
NONE = {"rotation": 0.0, "scaling": 0.0, "shear": 0.0, "shift": 0.0, "strength": 0.0}
KINDS = {
    "rotation": NONE | {"rotation": 90.0},
    "scaling": NONE | {"scaling": 0.4},
    "shear": NONE | {"shear": 0.5},
    "shift": NONE | {"shift": 2.5},
    "elastic": NONE | {"strength": 9.0, "smoothness": 1.3},
    "very smooth": NONE | {"strength": 900.0, "smoothness": 40.0},
    "all": {"rotation": 20.0, "scaling": 0.2, "shear": 0.3, "shift": 1.5, "strength": 12.0},
}


def drawn(distortion, channels, dtype=torch.float64):
    source = torch.Generator().manual_seed(4)
    n_inputs = channels * math.prod(distortion.shape)
    images = torch.rand(STREAMS, n_inputs, generator=source, dtype=dtype)
    chances = torch.rand(STREAMS, distortion.numbers(n_inputs), generator=source, dtype=dtype)
    return images, chances


def by_scipy(distortion, images, chances):
    """Distort each image on its own, with SciPy's filter and interpolation."""
    height, width = distortion.shape
    numbers = 2 * chances.numpy() - 1
    each = images.view(len(images), -1, height, width).numpy()
    found = []
    for image, own in zip(each, numbers, strict=True):
        angle, longer, wider, shear, down, right = own[:6]
        angle = np.radians(distortion.rotation) * angle
        y, x = np.indices((height, width), dtype=float)
        y = y - (height - 1) / 2 - distortion.shift * down
        x = x - (width - 1) / 2 - distortion.shift * right
        u, v = y * np.cos(angle) + x * np.sin(angle), x * np.cos(angle) - y * np.sin(angle)
        v = v - distortion.shear * shear * u
        row = u / (1 + distortion.scaling * longer) + (height - 1) / 2
        column = v / (1 + distortion.scaling * wider) + (width - 1) / 2
        if distortion.strength:
            field = own[6:].reshape(2, height, width)
            deviations = (0, distortion.smoothness, distortion.smoothness)
            field = distortion.strength * gaussian_filter(field, deviations, mode="constant")
            row, column = row + field[0], column + field[1]
        found.append(
            [map_coordinates(each, [row, column], order=1, mode="grid-constant") for each in image]
        )
    return np.array(found)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_images_are_those_of_scipy(options, channels):
    distortion = sf.Distortion(SHAPE, **options)
    images, chances = drawn(distortion, channels)
    found = distortion(images, chances)
    assert (found.shape, found.dtype) == (images.shape, images.dtype)
    expected = by_scipy(distortion, images, chances)
    np.testing.assert_allclose(found.view(STREAMS, channels, *SHAPE), expected, atol=1e-9)
    assert np.abs(expected - images.view(expected.shape).numpy()).max() > 0.1


def test_nothing_moves_if_nothing_is_asked():
    distortion = sf.Distortion(SHAPE, **NONE)
    images, chances = drawn(distortion, 1)
    torch.testing.assert_close(distortion(images, chances), images, rtol=0, atol=1e-12)


def test_a_right_angle_turns_the_picture():
    distortion = sf.Distortion((5, 5), **(NONE | {"rotation": 90.0}))
    images, chances = drawn(distortion, 1)
    chances[:, 0] = 1.0  # never drawn, but the end of the range
    found = distortion(images, chances).view(-1, 5, 5)
    turned = torch.rot90(images.view(-1, 5, 5), 1, (1, 2))
    torch.testing.assert_close(found, turned, rtol=0, atol=1e-12)


def test_a_shift_moves_by_whole_pixels_and_black_follows():
    distortion = sf.Distortion((4, 5), **(NONE | {"shift": 2.0}))
    images, chances = drawn(distortion, 1)
    chances[:, 4:6] = torch.tensor([0.75, 0.25])  # one down, one to the left
    found = distortion(images, chances).view(-1, 4, 5)
    before = images.view(-1, 4, 5)
    torch.testing.assert_close(found[:, 1:, :4], before[:, :3, 1:], rtol=0, atol=1e-12)
    assert not found[:, 0].any()
    assert not found[:, :, 4].any()


def test_the_same_numbers_give_nearly_the_same_in_single_precision():
    distortion = sf.Distortion((28, 28), shear=0.1, shift=2.0)
    images, chances = drawn(distortion, 1)
    single = distortion(images.float(), chances.float())
    # Places up to 14 pixels away have an error of 1e-6, and brightness changes by 1 in a pixel.
    torch.testing.assert_close(single.double(), distortion(images, chances), rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"rotation": -1}, "rotation"),
        ({"rotation": 200}, "from 0 to 180"),
        ({"scaling": 1.0}, "scaling"),
        ({"smoothness": 0}, "smoothness"),
        ({"strength": float("nan")}, "strength"),
    ],
)
def test_wrong_arguments_are_refused(options, says):
    with pytest.raises(SpikefaError, match=says):
        sf.Distortion(SHAPE, **options)
