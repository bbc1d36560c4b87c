"""Every way in which items reach a network makes the checks that a data set makes."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.datasets import Dataset
from spikefa.datasets.examples import Examples, labelled
from spikefa.datasets.functions import Task, patterns
from spikefa.simulation.evaluation import Evaluation
from spikefa.stimulus import DeltaCode, Graded, LatencyCode, RateCode


@pytest.fixture
def network():
    return sf.models.lillicrap2016.spiking_mnist(hidden=4, hidden_layers=1, outputs=6, n_inputs=12)


OTHERS = {
    "another size": lambda own: replace(own, pixels=own.pixels[:, :, :3]),
    "another full scale": lambda own: replace(own, full_scale=240),
    "other classes": lambda own: replace(own, n_classes=3),
    "an array": lambda own: own.pixels,
    "another kind": lambda own: (own.pixels, own.labels),
}


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize(
    "door",
    [
        "data set",
        "validation of one",
        "test",
        "test stimulus",
        "validation stimulus",
        "test of a stimulus",
    ],
)
def test_images_that_are_not_those_trained_on(network, tiny, door, other):
    """BindsNET/bindsnet#195: test() took images that no data set would take."""
    images = OTHERS[other](tiny.test)
    train = sf.ImageStimulus(tiny.train)

    def of_stimulus(**others):
        return sf.Simulation(network, train, batch_size=11, progress=False, **others)

    doors = {
        "data set": lambda: Dataset("mine", tiny.train, images),
        "validation of one": lambda: Dataset("mine", tiny.train, tiny.test, images),
        "test": lambda: sf.Simulation(network, tiny, batch_size=11, progress=False).test(images),
        "test stimulus": lambda: of_stimulus(test=sf.ImageStimulus(images)),
        "validation stimulus": lambda: of_stimulus(validation=sf.ImageStimulus(images)),
        "test of a stimulus": lambda: of_stimulus().test(sf.ImageStimulus(images)),
    }
    with pytest.raises(sf.SpikefaError, match=r"expected .* as in training|give|wrap"):
        doors[door]()


def test_images_like_those_trained_on_are_tested(network, tiny):
    simulation = sf.Simulation(network, tiny, batch_size=11, progress=False)
    flipped = replace(tiny.test, pixels=tiny.test.pixels[::-1], labels=tiny.test.labels[::-1])
    assert simulation.test(flipped).images == len(tiny.test)


def test_an_evaluation_checks_the_size_of_its_images(network, tiny):
    wide = replace(tiny.test, pixels=tiny.test.pixels[:, :, :3])
    with pytest.raises(sf.SpikefaError, match="images of 9 pixels"):
        Evaluation(network, sf.ImageStimulus(wide))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"images": np.zeros((3, 2, 2), np.uint8)}, "images is a ndarray: give Images"),
        ({"steps": 2.5}, "steps of ImageStimulus is 2.5"),
        ({"steps": True}, "steps of ImageStimulus is True"),
        ({"encoding": RateCode}, "give an Encoding, such as RateCode"),
    ],
)
def test_an_image_stimulus_of_something_else(tiny, options, says):
    with pytest.raises(sf.SpikefaError, match=says):
        sf.ImageStimulus(**{"images": tiny.train, **options})


@pytest.mark.parametrize(
    "items",
    [
        torch.zeros(3),
        torch.zeros(3, dtype=torch.bool),
        torch.tensor([0, 1]),
        torch.tensor([0, 1, 22]),
        torch.tensor([0, -1, 1]),
        [0, 1, 2],
        np.array([0, 1, 2]),
    ],
)
def test_items_to_show_are_numbers_of_items(tiny, items):
    examples = Examples(torch.zeros(22, 12), torch.zeros(22, 6))
    for stimulus in (sf.ImageStimulus(tiny.train), sf.ExampleStimulus(examples)):
        state = stimulus.state(3, 6, torch.device("cpu"), torch.float32)

        def show(given, stimulus=stimulus, state=state):
            stimulus.load(state, 0, given, {})
            stimulus.show(state)

        with pytest.raises(sf.SpikefaError, match="the items to show are"):
            show(items)
        show(torch.tensor([21, 0, 5], dtype=torch.int32))
        assert state.items.tolist() == [21, 0, 5]


@pytest.mark.parametrize("encoding", [RateCode(), LatencyCode(), DeltaCode(), Graded()])
@pytest.mark.parametrize(
    "brightness",
    [
        np.zeros((2, 4), np.float32),
        torch.zeros(3, 4),
        torch.zeros(4),
        torch.zeros(2, 4, dtype=torch.float64),
        torch.zeros(2, 4, dtype=torch.uint8),
    ],
)
def test_an_encoding_takes_brightness_of_its_own_shape_and_type(encoding, brightness):
    state = encoding.state(2, 4, "cpu", torch.float32)
    with pytest.raises(sf.SpikefaError, match=r"torch.float32 of shape \(2, 4\) on cpu"):
        encoding.show(state, brightness, 5)
    encoding.show(state, torch.full((2, 4), 0.5), 5)


GOOD = {"inputs": torch.zeros(5, 3), "targets": torch.zeros(5, 4), "labels": torch.arange(5) % 4}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"inputs": np.zeros((5, 3))}, "torch.as_tensor"),
        ({"inputs": torch.zeros(5, 3, dtype=torch.int64)}, "inputs.float"),
        ({"inputs": torch.zeros(5, 3, dtype=torch.bool)}, "inputs.float"),
        ({"inputs": torch.zeros(5)}, "inputs.reshape"),
        ({"inputs": torch.full((5, 3), float("nan"))}, "NaN or infinite"),
        ({"targets": torch.full((5, 4), float("inf"))}, "NaN or infinite"),
        ({"targets": torch.zeros(2, 5, 4)}, "same dimensions in front"),
        ({"targets": torch.zeros(4, 4)}, "give the same number of each"),
        ({"labels": torch.zeros(5)}, "labels.long"),
        ({"labels": torch.ones(5, dtype=torch.bool)}, "labels.long"),
        ({"labels": torch.arange(5)}, "labels 0 to 4, expected 0 to 3"),
        ({"labels": torch.arange(5) - 1}, "labels -1 to 3, expected 0 to 3"),
        ({"labels": [0, 1, 2, 3, 0]}, "torch.as_tensor"),
        ({"per_class": 3}, "4 outputs cannot be shared"),
        ({"per_class": 2}, "labels 0 to 3, expected 0 to 1"),
        ({"per_class": 1.0}, "per_class of Examples is 1.0"),
    ],
)
def test_examples_are_checked(given, says):
    Examples(**GOOD)
    with pytest.raises(sf.SpikefaError, match=says):
        Examples(**{**GOOD, **given})


@pytest.mark.parametrize("kind", [torch.uint8, torch.int8, torch.int32])
def test_labels_of_bytes_are_no_mask(kind):
    """torch takes an index of uint8 for a mask."""
    numbers = torch.tensor([0, 1, 1, 2])
    found = labelled(torch.zeros(4, 2), numbers.to(kind), 3)
    assert torch.equal(found.targets, torch.eye(3)[numbers])
    assert found.labels.dtype == torch.int64


@pytest.mark.parametrize(
    "draw",
    [
        lambda count, source: (torch.zeros(count, 1), torch.zeros(count, 2)),
        lambda count, source: (torch.zeros(count, 3), torch.zeros(count, 1)),
        lambda count, source: (torch.zeros(1, 3), torch.zeros(1, 2)),
        lambda count, source: (np.zeros((count, 3)), np.zeros((count, 2))),
        lambda count, source: (torch.zeros(count, 3, dtype=torch.int64), torch.zeros(count, 2)),
        lambda count, source: [torch.zeros(count, 3), torch.zeros(count, 2)],
        lambda count, source: torch.zeros(count, 5),
    ],
)
def test_a_task_draws_what_it_says(draw):
    """A single number for three inputs was broadcast to all of them."""
    network = sf.models.rate_network((3, 2), sf.FA(0.3, tau=1.0), 0.1)
    with pytest.raises(sf.SpikefaError, match="the task 'mine' draws"):
        sf.Simulation(network, sf.FunctionStimulus(Task("mine", 3, 2, draw)), batch_size=2).learn(1)


def test_patterns_are_tensors_of_two_dimensions():
    for wrong in (np.zeros((2, 3)), torch.zeros(2), torch.zeros(2, 3, dtype=torch.int64)):
        with pytest.raises(sf.SpikefaError, match="give a tensor"):
            patterns("mine", wrong, torch.zeros(2, 1))
