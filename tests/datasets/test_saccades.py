"""Images that move before a camera, against a loop over pixels and scipy's interpolation."""

import sys

import numpy as np
import pytest
from scipy import ndimage

import spikefa as sf
from spikefa.datasets import Images, saccade_dataset, saccades
from spikefa.datasets.saccades import path

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 8, 6)).astype(np.uint8)
IMAGES = Images(PIXELS, np.array([0, 1, 2, 1], np.uint8), n_classes=3)


def by_hand(pixels, side, steps, amplitude, threshold, log):
    """Return (step, unit) of every event of an image, pixel by pixel."""
    height, width = pixels.shape
    top, left = (4 + int((side - each) / 2) for each in (height, width))
    frame = np.zeros((side + 8 + height, side + 8 + width))
    frame[top : top + height, left : left + width] = pixels / 255
    corners = [(-0.5, -0.5), (0.5, 0), (-0.5, 0.5), (-0.5, -0.5)]
    reference, found = None, []
    for step in range(3 * steps + 1):
        saccade = min(step // steps, 2)
        share = step / steps - saccade
        begin, end = np.array(corners[saccade]), np.array(corners[saccade + 1])
        move = amplitude * (begin + share * (end - begin))
        view = ndimage.shift(frame, move, order=1, mode="grid-constant")[4:, 4:][:side, :side]
        level = np.log(view + 0.1) if log else view
        if reference is None:
            reference = level.copy()
            continue
        for y in range(side):
            for x in range(side):
                times = int(1.001 * (level[y, x] - reference[y, x]) / threshold)
                if times:
                    found.append((step - 1, (times > 0) * side * side + y * side + x))
                    reference[y, x] += times * threshold
    return sorted(found)


CASES = [
    {"steps": 3, "amplitude": 3.0, "threshold": 0.21},
    {"steps": 4, "amplitude": 4.6, "threshold": 0.33, "size": 11},
    {"steps": 2, "amplitude": 2.5, "threshold": 0.47, "brightness": "log"},
    {"steps": 3, "amplitude": 3.0, "threshold": 0.21, "size": 5},
]


@pytest.mark.parametrize("options", CASES)
def test_events_are_those_of_a_loop_over_pixels(options):
    events = saccades(IMAGES, **options)
    side = options.get("size", 8)
    assert events.n_units == 2 * side * side
    assert events.duration == 3 * options["steps"]
    assert events.labels.tolist() == [0, 1, 2, 1]
    differences = total = 0
    for number, pixels in enumerate(PIXELS):
        log = options.get("brightness") == "log"
        rest = {name: options[name] for name in ("steps", "amplitude", "threshold")}
        expected = by_hand(pixels, side, log=log, **rest)
        times, units = events.sample(number)
        given = list(zip(times.tolist(), units.tolist(), strict=True))
        differences += len(set(given) ^ set(expected))
        total += len(expected)
    assert total > 200
    assert differences == 0


def test_the_path_is_a_triangle_with_its_middle_at_0():
    moves = path(4, 7.0)
    assert moves[[0, 4, 8, 12]].tolist() == [[-3.5, -3.5], [3.5, 0], [-3.5, 3.5], [-3.5, -3.5]]
    np.testing.assert_allclose(np.diff(moves[:5], axis=0), np.full((4, 2), [1.75, 0.875]))


def test_a_data_set_moves_all_its_splits_and_the_same_images_give_the_same(monkeypatch):
    digits = sf.datasets.digits().hold_out(20).subset(30, 10)
    data = saccade_dataset(digits, steps=2, amplitude=2.0)
    assert [len(each) for each in (data.train, data.validation, data.test)] == [30, 20, 10]
    assert data.name == "digits_saccades"
    monkeypatch.setattr(sys.modules["spikefa.datasets.saccades"], "AT_ONCE", 7)
    again = saccade_dataset(digits, steps=2, amplitude=2.0)
    assert (again.train.times == data.train.times).all()
    assert (again.train.units == data.train.units).all()


def test_a_dark_image_is_silent():
    dark = Images(np.zeros((1, 4, 4), np.uint8), np.zeros(1, np.uint8))
    assert saccades(dark).lengths.tolist() == [0]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"brightness": "square"}, "one of linear, log"),
        ({"threshold": 0}, "threshold of saccades is 0"),
        ({"steps": 0}, "steps of saccades is 0"),
    ],
)
def test_what_is_out_of_range_is_refused(options, says):
    with pytest.raises(sf.SpikefaError, match=says):
        saccades(IMAGES, **options)
    with pytest.raises(sf.SpikefaError, match="give Images"):
        saccades(PIXELS)
    with pytest.raises(sf.SpikefaError, match="no data set of images"):
        saccade_dataset(IMAGES)
