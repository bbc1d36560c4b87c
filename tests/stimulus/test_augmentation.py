"""What all augmentations promise, in a simulation of images and one of examples."""

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.datasets import Dataset, Images
from spikefa.datasets.examples import classification
from spikefa.errors import SpikefaError
from spikefa.models import rate_network
from spikefa.testing import STIMULUS_CHECKS, check_stimulus

SHAPE = (6, 5)
KINDS = {
    "crop": sf.CropAndFlip(SHAPE, crop=2),
    "distortion": sf.Distortion(SHAPE, shift=1.0),
    "noise": sf.InputNoise(0.2),
    "dropout": sf.InputDropout(0.3),
    "in order": sf.InOrder((sf.Distortion(SHAPE), sf.InputDropout(0.3), sf.InputNoise(0.1))),
}
EACH = pytest.mark.parametrize("kind", KINDS)


def images(count=12, seed=0):
    pixels = np.random.default_rng(seed).integers(1, 256, (count, *SHAPE), dtype=np.uint8)
    return Images(pixels, (np.arange(count) % 2).astype(np.uint8), n_classes=2)


def of_images(augmentation, **others):
    network = sf.Network(
        30,
        {"hidden1": sf.StochasticBinary(8), "output": sf.StochasticBinary(4)},
        sf.FA(0.5),
        sf.ThreeFactor(1e-2),
        replicas=others.pop("replicas", None),
    )
    data = Dataset("mine", images(), images(6, seed=1))
    options = {"batch_size": 3, "seed": 5, "progress": False, "augmentation": augmentation}
    return sf.Simulation(network, data, **(options | others))


def of_examples(augmentation):
    shown = classification(images(), inputs="standardised")
    tests = classification(images(6, seed=1), inputs="standardised", like=shown)
    return sf.Simulation(
        rate_network((30, 7, 2), sf.FA(0.5, tau=1.0), 0.01),
        sf.ExampleStimulus(shown, augmentation=augmentation),
        test=sf.ExampleStimulus(tests, augmentation=augmentation),
        batch_size=3,
        seed=5,
        progress=False,
    )


BOTH = pytest.mark.parametrize("simulate", [of_images, of_examples])


@EACH
@BOTH
def test_what_is_shown_is_what_the_chances_say(simulate, kind):
    simulation, augmentation = simulate(KINDS[kind]), KINDS[kind]
    state = simulation.runner.stimulus_state
    seen = []
    for _ in range(4):
        list(simulation.present())
        if simulate is of_images:
            plain = state.pixels[state.items] / np.float32(255)
            expected = augmentation(plain, state.chances).clamp(0, 1)
            seen.append(state.brightness.clone())
        else:
            expected = augmentation(state.rows[state.items], state.chances)
            seen.append(state.inputs.clone())
        torch.testing.assert_close(seen[-1], expected, rtol=0, atol=1e-6)
    assert not any(seen[0].equal(other) for other in seen[1:])


@EACH
@BOTH
def test_stopped_and_resumed_is_the_uninterrupted_run(simulate, kind, tmp_path):
    whole, first, second = (simulate(KINDS[kind]) for _ in range(3))
    whole.learn(11)
    first.learn(5)
    first.save(tmp_path / "checkpoint.pt")
    second.learn(2)
    second.restore(tmp_path / "checkpoint.pt")
    second.learn(6)
    for name, tensor in whole.tensors().items():
        assert tensor.equal(second.tensors()[name]), name


@EACH
def test_a_replica_sees_what_it_would_see_alone(kind):
    both, alone = of_images(KINDS[kind], replicas=2), of_images(KINDS[kind], seed=6)
    both.learn(3)
    alone.learn(3)
    own = both.runner.stimulus_state.brightness[3:]
    assert own.equal(alone.runner.stimulus_state.brightness)


@EACH
def test_images_stay_within_black_and_white(kind):
    simulation = of_images(KINDS[kind])
    simulation.learn(3)
    brightness = simulation.runner.stimulus_state.brightness
    assert brightness.min() >= 0
    assert brightness.max() <= 1


@EACH
@pytest.mark.parametrize("check", STIMULUS_CHECKS)
def test_it_keeps_the_promises_of_a_stimulus(check, kind):
    stimulus = sf.ImageStimulus(images(), steps=2, augmentation=KINDS[kind])
    check_stimulus(stimulus, 4, [check])


@EACH
@BOTH
def test_tests_take_no_random_numbers(simulate, kind):
    """Only a dropout leaves something behind: all inputs are weaker by its share."""
    evaluation = simulate(KINDS[kind]).held_out
    evaluation.run()
    state = evaluation.runner.stimulus_state
    assert state.chances is None or not state.chances.numel()
    plain = state.pixels if simulate is of_images else state.rows
    plain = plain[state.items] / (np.float32(255) if simulate is of_images else 1)
    weaker = 0.7 if kind in ("dropout", "in order") else 1.0
    seen = state.brightness if simulate is of_images else state.inputs
    torch.testing.assert_close(seen, weaker * plain, rtol=0, atol=1e-6)


def test_those_in_order_have_numbers_of_their_own():
    first, second = sf.InputDropout(0.5), sf.InputNoise(0.1)
    both = sf.InOrder((first, second))
    inputs, chances = torch.rand(2, 4), torch.rand(2, 8)
    expected = second(first(inputs, chances[:, :4]), chances[:, 4:])
    assert both(inputs, chances).equal(expected)
    assert both.shape is None
    assert sf.InOrder((first, sf.CropAndFlip((5, 4), crop=1))).shape == (5, 4)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: sf.InOrder(()), "give a tuple of augmentations"),
        (lambda: sf.InOrder(sf.InputNoise(0.1)), "give a tuple of augmentations"),
        (lambda: sf.InOrder((sf.InputNoise(0.1), "flip")), "give a tuple of augmentations"),
        (
            lambda: sf.InOrder((sf.CropAndFlip((6, 6)), sf.Distortion((5, 6)))),
            "give all of them the height and width",
        ),
        (
            lambda: sf.ImageStimulus(images(), augmentation=sf.InOrder((sf.Distortion((5, 6)),))),
            "give InOrder the height and width",
        ),
    ],
)
def test_wrong_arguments_are_refused(make, says):
    with pytest.raises(SpikefaError, match=says):
        make()
