"""Arrays of users become images: as a copy of them would, or with advice that loses nothing."""

import re

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import spikefa as sf
from spikefa.datasets import Dataset, Images
from spikefa.errors import SpikefaError

HEIGHT, WIDTH = 5, 2
BEFORE = "give|them,|first,|alike,|such as|array,|mask,"
ADVICE = re.compile(rf"(?:{BEFORE}) ((?:np\.|pixels|labels).*)$")


def advice(call):
    """Return the expression that a refusal recommends, and its full scale, if it names one."""
    with pytest.raises(SpikefaError) as refused:
        call()
    said = str(refused.value)
    scale = re.search(r"(?: with |\.\.\., )full_scale=(\d+)", said)
    said = said.split(" with full_scale")[0].split(", if they")[0]
    found = ADVICE.search(said)
    assert found or scale, said
    return found and found[1], scale and int(scale[1])


def followed(pixels, full_scale=255):
    """Return images, after doing literally what each refusal says."""
    for _ in range(5):
        labels = np.zeros(len(pixels), np.uint8)
        try:
            return Images(pixels, labels, full_scale=full_scale)
        except SpikefaError:
            code, scale = advice(lambda: Images(pixels, labels, full_scale=full_scale))  # noqa: B023
        if code is not None:
            names = {"np": np, "pixels": pixels, "height": HEIGHT, "width": WIDTH}
            pixels = eval(code, names)
        full_scale = scale or full_scale
    raise AssertionError("the advice leads nowhere")


NUMBERS = st.one_of(
    arrays(np.float32, (2, HEIGHT, WIDTH), elements=st.floats(0, 1, width=32)),
    arrays(np.float64, (2, HEIGHT, WIDTH), elements=st.floats(-2, 3)),
    arrays(np.float64, (2, HEIGHT, WIDTH), elements=st.floats(0, 255)),
    arrays(np.float64, (2, HEIGHT, WIDTH), elements=st.integers(0, 255)),
    arrays(np.int64, (2, HEIGHT, WIDTH), elements=st.integers(0, 255)),
    arrays(np.int64, (2, HEIGHT, WIDTH), elements=st.integers(0, 1)),
    arrays(np.int16, (2, HEIGHT, WIDTH), elements=st.integers(-128, 127)),
    arrays(np.uint16, (2, HEIGHT, WIDTH), elements=st.integers(0, 65535)),
    arrays(np.bool_, (2, HEIGHT, WIDTH)),
)


@settings(max_examples=150, deadline=None)
@given(pixels=NUMBERS, full_scale=st.sampled_from([255, 16, 1]))
def test_the_advice_keeps_what_images_of_other_types_show(pixels, full_scale):
    """Brightness is an increasing, straight function of the values; nothing turns black."""
    values = pixels.astype(float)
    low, high = values.min(), values.max()
    assume(high - low > 1e-6 * max(1, abs(low)))
    images = followed(pixels, full_scale)
    brightness = images.pixels / images.full_scale
    known = low >= 0 and high <= 1  # of which 1 is white
    straight = (
        values if known else brightness.min() + (values - low) / (high - low) * np.ptp(brightness)
    )
    np.testing.assert_allclose(brightness, straight, atol=1.01 / images.full_scale + 1e-6)
    if not (low >= 0 and high <= 255):
        part = (high - low) / max(high, high - low)  # of the range, with 0 if that stays black
        assert np.ptp(brightness) > 0.45 * part


@pytest.mark.parametrize(
    "shape",
    [
        lambda pixels: pixels.reshape(2, -1),
        lambda pixels: pixels[..., None],
        lambda pixels: pixels[:, None],
        lambda pixels: np.stack([pixels] * 2, 1),
        lambda pixels: torch.from_numpy(pixels.copy()),
        lambda pixels: pixels.tolist(),
        lambda pixels: np.ma.array(pixels),
        lambda pixels: (pixels / 255).reshape(2, -1),
        lambda pixels: torch.from_numpy(pixels / 255)[:, None],
    ],
)
def test_the_advice_keeps_what_images_of_other_shapes_show(shape):
    pixels = np.random.default_rng(0).integers(0, 256, (2, HEIGHT, WIDTH), dtype=np.uint8)
    np.testing.assert_array_equal(followed(shape(pixels)).pixels, pixels)


@pytest.mark.parametrize(
    "shape",
    [
        lambda colours: colours.transpose(0, 2, 3, 1),
        lambda colours: np.insert(colours, 3, 255, 1),
        lambda colours: np.insert(colours, 3, 255, 1).transpose(0, 2, 3, 1),
        lambda colours: torch.from_numpy(colours.copy()).permute(0, 2, 3, 1),
        lambda colours: colours[:, ::-1][:, ::-1],
    ],
)
def test_the_advice_puts_colours_in_front(shape):
    """Red, green and blue first, as convolutions and the published files have them."""
    colours = np.random.default_rng(0).integers(0, 256, (2, 3, HEIGHT, WIDTH), dtype=np.uint8)
    images = followed(shape(colours))
    np.testing.assert_array_equal(images.pixels, colours)
    assert (images.channels, images.shape, images.n_inputs) == (3, (HEIGHT, WIDTH), 3 * 5 * 2)
    assert images.pixels.flags.c_contiguous


def test_pictures_of_colours_are_their_rounded_mean():
    colours = np.random.default_rng(1).integers(0, 256, (9, 3, HEIGHT, WIDTH), dtype=np.uint8)
    colours[0] = 255
    images = Images(colours, np.zeros(9, np.uint8))
    np.testing.assert_array_equal(images.pictures, np.round(colours.mean(1)))
    assert images.pictures.dtype == np.uint8
    grey = Images(images.pictures, images.labels)
    assert grey.pictures is grey.pixels
    assert (grey.channels, repr(grey)) == (1, "Images(9 of 5 x 2 pixels, 10 classes)")
    assert repr(images) == "Images(9 of 5 x 2 pixels in 3 colours, 10 classes)"


def test_colours_and_grey_are_not_mixed():
    colours = Images(np.zeros((2, 3, 4, 4), np.uint8), np.zeros(2, np.uint8))
    grey = Images(np.zeros((2, 4, 4), np.uint8), np.zeros(2, np.uint8))
    with pytest.raises(SpikefaError, match="channels 1, expected 3 as in training"):
        Dataset("mixed", train=colours, test=grey)
    assert colours.part(slice(1)).pixels.shape == (1, 3, 4, 4)


@settings(max_examples=60, deadline=None)
@given(
    numbers=st.lists(st.integers(0, 9), min_size=1, max_size=8),
    kind=st.sampled_from([np.int64, np.float32, np.uint16, "column", "1-hot", list]),
)
def test_the_advice_keeps_labels(numbers, kind):
    labels = np.array(numbers)
    given_ = {
        "column": lambda: labels.astype(np.uint8)[:, None],
        "1-hot": lambda: np.eye(10)[labels],
        list: labels.tolist,
    }.get(kind, lambda: labels.astype(kind))()
    pixels = np.zeros((len(labels), 2, 2), np.uint8)
    for _ in range(4):
        try:
            taken = Images(pixels, given_)
            break
        except SpikefaError:
            code, _ = advice(lambda: Images(pixels, given_))  # noqa: B023
            given_ = eval(code, {"np": np, "labels": given_})
    np.testing.assert_array_equal(taken.labels, labels)


@pytest.mark.parametrize("labels", [[300, 44, 300], [-1, 1, 7], ["b", "a", "b"], [0.5, 1.5, 0.5]])
def test_labels_that_a_byte_cannot_hold_are_numbered(labels):
    """Not wrapped: 300 and 44 stay two classes."""
    pixels, given_ = np.zeros((3, 2, 2), np.uint8), np.array(labels)
    with pytest.raises(SpikefaError, match="number the classes from 0") as refused:
        Images(pixels, given_)
    code = re.search(r"np\.searchsorted.*?uint8\)", str(refused.value))[0]
    numbered = eval(code, {"np": np, "labels": given_, "classes": sorted(set(labels))})
    np.testing.assert_array_equal(
        Images(pixels, numbered).labels, np.unique(given_, return_inverse=True)[1]
    )


def test_images_as_dark_as_zero_and_one_are_warned_of():
    """evandez/neuron-descriptions#4."""
    pixels = np.eye(4, dtype=np.uint8)[None]
    with pytest.warns(UserWarning, match="give Images\\(..., full_scale=1\\)"):
        Images(pixels, np.zeros(1, np.uint8))
    assert Images(pixels, np.zeros(1, np.uint8), full_scale=1).pixels.max() == 1


@pytest.mark.parametrize(
    "turned",
    [
        lambda pixels: np.rot90(pixels, axes=(1, 2)),
        lambda pixels: pixels[:, ::-1],
        lambda pixels: pixels[::-1],
        lambda pixels: pixels[..., ::2],
        lambda pixels: np.moveaxis(pixels, 0, -1)[: len(pixels), : len(pixels)],
        lambda pixels: np.asfortranarray(pixels),
        lambda pixels: np.broadcast_to(pixels[:1], pixels.shape),
        lambda pixels: np.frombuffer(pixels.tobytes(), np.uint8).reshape(pixels.shape),
    ],
)
def test_turned_and_read_only_arrays_are_taken_as_copies_of_them(turned):
    """pytorch/vision#8783: EMNIST has to be turned, which ended in an error of torch."""
    pixels = turned(np.random.default_rng(0).integers(0, 256, (6, 6, 6), dtype=np.uint8))
    labels = np.arange(20, dtype=np.uint8)[::-1][10:][: len(pixels)]
    images = Images(pixels, labels)
    copy = Images(pixels.copy(), labels.copy())
    n = images.n_inputs
    found = []
    for own in (images, copy):
        network = sf.Network(
            n, {"output": sf.StochasticBinary(10)}, sf.FA(0.3), sf.ThreeFactor(0.1)
        )
        simulation = sf.Simulation(network, Dataset("mine", own, own), batch_size=3, progress=False)
        simulation.train(1)
        found.append(simulation.runner.stimulus_state.pixels)
        found.append(network.tensors()["synapses.output.weight"])
    assert torch.equal(found[0], found[2])
    assert torch.equal(found[1], found[3])
    assert torch.equal(found[0], torch.from_numpy(pixels.copy()).flatten(1))
