"""Random crops and mirror images, against a loop over images and pixels."""

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.datasets import Dataset, Images
from spikefa.datasets.examples import Examples, classification
from spikefa.errors import SpikefaError
from spikefa.models import rate_network
from spikefa.simulation.evaluation import Evaluation
from spikefa.testing import STIMULUS_CHECKS, check_stimulus

HEIGHT, WIDTH = 6, 5


def images(count=12, channels=3, seed=0):
    random = np.random.default_rng(seed)
    shape = (count, channels, HEIGHT, WIDTH) if channels > 1 else (count, HEIGHT, WIDTH)
    pixels = random.integers(1, 256, shape, dtype=np.uint8)
    return Images(pixels, (np.arange(count) % 2).astype(np.uint8), n_classes=2)


def augmented(image, chances, crop, flip):
    """Pad, cut out and mirror one image [channels, height, width], pixel by pixel."""
    channels, height, width = image.shape
    padded = np.zeros((channels, height + 2 * crop, width + 2 * crop), image.dtype)
    padded[:, crop : crop + height, crop : crop + width] = image
    top, left = (int(chance * (2 * crop + 1)) for chance in chances[:2])
    out = np.zeros_like(image)
    for c in range(channels):
        for y in range(height):
            for x in range(width):
                from_left = width - 1 - x if flip and chances[2] < 0.5 else x
                out[c, y, x] = padded[c, top + y, left + from_left]
    return out


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("crop", "flip"), [(2, True), (4, False), (0, True), (0, False)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_every_image_is_that_of_a_loop(channels, crop, flip, dtype):
    streams = 64
    random = np.random.default_rng(crop)
    given = random.integers(1, 256, (streams, channels, HEIGHT, WIDTH)).astype(dtype)
    chances = random.random((streams, 3), dtype=np.float32)
    chances[0] = np.nextafter(np.float32(1), np.float32(0))  # the highest that is drawn
    chances[1] = 0
    augment = sf.CropAndFlip((HEIGHT, WIDTH), crop=crop, flip=flip)
    found = augment(torch.from_numpy(given).flatten(1), torch.from_numpy(chances))
    expected = [augmented(*each, crop, flip) for each in zip(given, chances, strict=True)]
    np.testing.assert_array_equal(found.reshape(given.shape), np.stack(expected))


def test_every_place_is_as_likely_and_half_are_mirrored():
    augment = sf.CropAndFlip((3, 3), crop=1)
    dot = torch.zeros(9000, 9)
    dot[:, 3] = 1  # at the left in the middle, so that all places are told apart but for the mirror
    chances = torch.rand(9000, 3, generator=torch.Generator().manual_seed(3))
    shares = augment(dot, chances).mean(0).view(3, 3)
    # From the left a dot comes to columns 0 and 1, or leaves; mirrored to 2 and 1.
    expected = torch.tensor([1 / 6, 1 / 3, 1 / 6]) / 3
    torch.testing.assert_close(shares, expected.expand(3, 3), atol=0.01, rtol=0)


def network(channels=3, classes=2):
    return sf.Network(
        channels * HEIGHT * WIDTH,
        {"hidden1": sf.StochasticBinary(8), "output": sf.StochasticBinary(2 * classes)},
        sf.FA(0.5),
        sf.ThreeFactor(1e-2),
    )


def image_simulation(augmentation=None, **others):
    data = Dataset("mine", images(), images(6, seed=1), validation=images(4, seed=2))
    return sf.Simulation(
        network(), data, batch_size=3, seed=5, progress=False, augmentation=augmentation, **others
    )


def example_simulation(augmentation=None, **others):
    shown = classification(images(), inputs="standardised")
    tests = classification(images(6, seed=1), inputs="standardised", like=shown)
    return sf.Simulation(
        rate_network((90, 7, 2), sf.FA(0.5, tau=1.0), 0.01),
        sf.ExampleStimulus(shown, augmentation=augmentation),
        test=sf.ExampleStimulus(tests),
        batch_size=3,
        seed=5,
        progress=False,
        **others,
    )


AUGMENTATION = sf.CropAndFlip((HEIGHT, WIDTH), crop=2)
BOTH = pytest.mark.parametrize("simulate", [image_simulation, example_simulation])


@BOTH
def test_what_is_shown_is_drawn_anew_for_every_presentation_and_stream(simulate):
    simulation = simulate(AUGMENTATION)
    state = simulation.runner.stimulus_state
    table = state.pixels if simulate is image_simulation else state.rows
    drawn = []
    for _ in range(8):
        for _ in simulation.present():
            drawn.append(state.chances.clone())
        seen = state.brightness * 255 if simulate is image_simulation else state.inputs
        whole = table[state.items].view(3, 3, HEIGHT, WIDTH).numpy()
        expected = [
            augmented(image, chance, 2, True)
            for image, chance in zip(whole, state.chances.numpy(), strict=True)
        ]
        np.testing.assert_array_equal(seen.view(3, 3, HEIGHT, WIDTH), np.stack(expected))
    steps = simulation.stimulus.steps
    assert all(drawn[n].equal(drawn[n - n % steps]) for n in range(len(drawn)))
    assert len(torch.cat(drawn[::steps]).unique()) == 8 * 3 * 3


def test_the_random_numbers_follow_from_the_seed_alone():
    """The stream has a name of its own, so nothing else is drawn differently."""
    simulation = image_simulation(AUGMENTATION)
    list(simulation.present())
    source = sf.utils.seeding.generator(5, "train", "presentation")
    expected = torch.rand(3, 3, generator=source)
    torch.testing.assert_close(simulation.runner.stimulus_state.chances, expected, rtol=0, atol=0)
    plain = image_simulation()
    list(plain.present())
    for name, tensor in plain.runner.random.states().items():
        assert tensor.equal(simulation.runner.random.states()[name]), name


@BOTH
def test_without_augmentation_there_is_no_random_stream(simulate):
    plain, moving = simulate(), simulate(sf.CropAndFlip((HEIGHT, WIDTH), crop=0, flip=False))
    assert set(moving.runner.generators) - set(plain.runner.generators) == {"presentation"}
    assert not any("chances" in name for name in plain.tensors())
    plain.train(2)
    moving.train(2)
    for name, tensor in plain.network.tensors().items():
        assert tensor.equal(moving.network.tensors()[name]), name
    rows = [
        [{name: each for name, each in row.items() if name != "wall_seconds"} for row in history]
        for history in (plain.history, moving.history)
    ]
    assert rows[0] == rows[1]


@BOTH
def test_stopped_and_resumed_is_the_uninterrupted_run(simulate, tmp_path):
    whole, first, second = (simulate(AUGMENTATION) for _ in range(3))
    whole.learn(11)
    first.learn(5)
    first.save(tmp_path / "checkpoint.pt")
    second.learn(2)
    second.restore(tmp_path / "checkpoint.pt")
    second.learn(6)
    for name, tensor in whole.tensors().items():
        assert tensor.equal(second.tensors()[name]), name
    assert not whole.network.tensors()["synapses.hidden1.weight"].equal(
        first.network.tensors()["synapses.hidden1.weight"]
    )


@BOTH
def test_a_run_does_not_go_on_with_another_augmentation(simulate, tmp_path):
    first = simulate(AUGMENTATION)
    first.learn(1)
    first.save(tmp_path / "checkpoint.pt")
    for other in (None, sf.CropAndFlip((HEIGHT, WIDTH), crop=1)):
        with pytest.raises(SpikefaError, match="augmentation"):
            simulate(other).restore(tmp_path / "checkpoint.pt")


@BOTH
def test_tests_show_the_images_as_they_are(simulate):
    moving, plain = simulate(AUGMENTATION), simulate()
    moving.train(1)
    for name, tensor in plain.network.tensors().items():
        tensor.copy_(moving.network.tensors()[name])
    assert moving.test().measures == plain.test().measures
    assert moving.test(moving.stimulus).measures == plain.test(plain.stimulus).measures
    evaluation = Evaluation(moving.network, moving.stimulus, 5)
    evaluation.run()
    assert evaluation.runner.stimulus_state.chances is None
    if simulate is image_simulation:
        held = moving.history[-1]["validation_error_percent"]
        assert held == plain.test(images(4, seed=2), "validation").error_percent
        assert moving.test(images(6, seed=1)).measures == plain.test().measures


@BOTH
def test_replicas_are_augmented_as_they_would_be_alone(simulate):
    """And a change of the circuit draws on."""
    stimulus = simulate(AUGMENTATION).stimulus
    check_stimulus(stimulus, 2 if simulate is example_simulation else 4)
    simulation = simulate(AUGMENTATION)
    simulation.learn(1)
    before = simulation.runner.stimulus_state.chances.clone()
    simulation.switch(sf.DFA(0.5, tau=1.0) if simulate is example_simulation else sf.DFA(0.5))
    simulation.learn(1)
    assert not simulation.runner.stimulus_state.chances.equal(before)


@pytest.mark.parametrize("check", STIMULUS_CHECKS)
@pytest.mark.parametrize("channels", [1, 3])
def test_it_keeps_the_promises_of_a_stimulus(check, channels):
    stimulus = sf.ImageStimulus(
        images(channels=channels), steps=2, encoding=sf.Graded(), augmentation=AUGMENTATION
    )
    check_stimulus(stimulus, 4, [check])


WRONG = {
    "another shape": ((6, 6), {}, "give CropAndFlip the height and width of the images"),
    "turned": ((WIDTH, HEIGHT), {}, "images of 5 x 6 pixels, images has images of 6 x 5"),
}


@pytest.mark.parametrize(("shape", "options", "says"), WRONG.values(), ids=WRONG)
def test_an_augmentation_of_other_images_is_refused(shape, options, says):
    with pytest.raises(SpikefaError, match=says):
        sf.ImageStimulus(images(), augmentation=sf.CropAndFlip(shape, **options))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: sf.CropAndFlip((6, 6), crop=6), "give a smaller crop"),
        (lambda: sf.CropAndFlip((6, 6), crop=-1), "a whole number from 0"),
        (lambda: sf.CropAndFlip((6, 6), crop=1.5), "a whole number from 0"),
        (lambda: sf.CropAndFlip((6, 0)), "a whole number from 1"),
        (lambda: sf.CropAndFlip((6, 6), flip=1), "give True or False"),
        (lambda: sf.ImageStimulus(images(), augmentation="flip"), "or None"),
        (lambda: image_simulation(True), "or None"),
        (
            lambda: sf.ExampleStimulus(
                Examples(torch.zeros(2, 7), torch.zeros(2, 1)), augmentation=AUGMENTATION
            ),
            "examples has 7 inputs",
        ),
    ],
)
def test_wrong_arguments_are_refused(make, says):
    with pytest.raises(SpikefaError, match=says):
        make()
