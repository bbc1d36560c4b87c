"""Images as examples for rate networks: targets, standardisation, reconstruction."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.datasets import Images
from spikefa.datasets.examples import Examples, classification, labelled, reconstruction


def test_brightness_and_one_hot_targets(tiny):
    examples = classification(tiny.train)
    expected = tiny.train.pixels.reshape(22, 12) / 255
    np.testing.assert_allclose(examples.inputs, expected, rtol=1e-6)
    for label, target in zip(tiny.train.labels, examples.targets.tolist(), strict=True):
        assert target == [float(label == 0), float(label == 1)]
    assert examples.labels.tolist() == tiny.train.labels.tolist()
    assert examples.inputs.dtype == examples.targets.dtype == torch.float32


def test_targets_of_given_size_for_several_outputs_a_class(tiny):
    examples = classification(tiny.train, low=-0.9, high=0.9, per_class=3)
    first = examples.targets[0] if tiny.train.labels[0] == 0 else examples.targets[1]
    torch.testing.assert_close(first, torch.tensor([0.9] * 3 + [-0.9] * 3))
    assert examples.per_class == 3


def test_test_images_are_standardised_like_the_training_images(tiny):
    train = classification(tiny.train, inputs="standardised")
    test = classification(tiny.test, inputs="standardised", like=train)
    x = tiny.train.pixels.reshape(22, 12) / 255
    assert float(train.inputs.mean()) == pytest.approx(0, abs=1e-6)
    assert float(train.inputs.std(correction=0)) == pytest.approx(1, abs=1e-6)
    y = tiny.test.pixels.reshape(10, 12) / 255
    np.testing.assert_allclose(test.inputs, (y - x.mean()) / x.std(), rtol=1e-4, atol=1e-5)


def test_each_pixel_by_itself_and_a_pixel_that_never_changes(tiny):
    pixels = tiny.train.pixels.copy()
    pixels[:, 1, 2] = 7
    images = replace(tiny.train, pixels=pixels)
    examples = classification(images, inputs="standardised_each")
    deviation = examples.inputs.std(0, correction=0)
    assert deviation[6] == 0
    assert (examples.inputs[:, 6] == 0).all()
    torch.testing.assert_close(deviation[:6], torch.ones(6))
    torch.testing.assert_close(examples.inputs.mean(0), torch.zeros(12), atol=1e-5, rtol=0)


def test_an_autoencoder_repeats_its_input(tiny):
    examples = reconstruction(tiny.train, low=-0.9, high=0.9)
    assert examples.targets is examples.inputs
    assert examples.to(torch.device("cpu"), torch.float64).targets.dtype == torch.float64
    expected = tiny.train.pixels.reshape(22, 12) / 255 * 1.8 - 0.9
    np.testing.assert_allclose(examples.inputs, expected, atol=1e-6)


def test_mistakes_are_told(tiny):
    with pytest.raises(sf.SpikefaError, match="standardised_each"):
        classification(tiny.train, inputs="whitened")
    with pytest.raises(sf.SpikefaError, match="labels 0 to 1"):
        labelled(torch.zeros(2, 3), torch.tensor([0, 1]), n_classes=1)
    with pytest.raises(sf.SpikefaError, match="per_class of classification is 0: give"):
        classification(tiny.train, per_class=0)
    with pytest.raises(sf.SpikefaError, match="not standardised"):
        classification(tiny.test, inputs="standardised", like=classification(tiny.train))
    with pytest.raises(sf.SpikefaError, match="the same number of each"):
        Examples(torch.zeros(3, 2), torch.zeros(4, 2))


def test_colours_are_standardised_separately():
    pixels = np.random.default_rng(2).integers(0, 256, (20, 3, 4, 5), dtype=np.uint8)
    pixels[:, 2] //= 4
    labels = np.zeros(20, np.uint8)
    train = classification(Images(pixels, labels), inputs="standardised")
    x = pixels / 255
    mean, deviation = x.mean((0, 2, 3), keepdims=True), x.std((0, 2, 3), keepdims=True)
    np.testing.assert_allclose(train.inputs, ((x - mean) / deviation).reshape(20, -1), atol=1e-5)
    test = classification(Images(pixels[:5] // 2, labels[:5]), "standardised", like=train)
    expected = (pixels[:5] // 2 / 255 - mean) / deviation
    np.testing.assert_allclose(test.inputs, expected.reshape(5, -1), atol=1e-5)
    with pytest.raises(sf.SpikefaError, match="7 inputs cannot be shared by 2 channels"):
        labelled(torch.zeros(2, 7), torch.zeros(2).long(), 1, "standardised", channels=2)
