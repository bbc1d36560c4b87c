"""Advice about images, examples and stimuli."""

import numpy as np
import torch

import spikefa as sf
from spikefa.datasets import Events, Frames, Images
from spikefa.datasets.examples import Examples, labelled
from tests.helpers.advice.cases import case, data, images, net, simulate


@case("wrap images as sf.ImageStimulus(images)")
def _(here):
    yield lambda: simulate(images())
    simulate(sf.ImageStimulus(images())).train(1)


@case("wrap arrays as sf.datasets.Images(pixels, labels)")
def _(here):
    yield lambda: simulate().test(images().pixels)
    given = sf.datasets.Images(images().pixels, images().labels, n_classes=2)
    assert simulate().test(given).images == 12


@case("use dataset.hold_out(n)")
def _(here):
    yield lambda: simulate(validation=sf.ImageStimulus(images()))
    assert "validation_error_percent" in simulate(data().hold_out(3)).train(1)[0]


@case("give them to the ImageStimulus instead")
def _(here):
    yield lambda: simulate(sf.ImageStimulus(images()), steps_per_image=7)
    assert simulate(sf.ImageStimulus(images(), steps=7)).stimulus.steps == 7
    moved = sf.CropAndFlip(images().shape, crop=1)
    given = simulate(sf.ImageStimulus(images(), augmentation=moved))
    assert given.stimulus.augmentation == moved


@case("give CropAndFlip the height and width of the images")
def _(here):
    yield lambda: sf.ImageStimulus(images(), augmentation=sf.CropAndFlip((4, 3), crop=1))
    moved = sf.CropAndFlip(images().shape, crop=1)
    assert sf.ImageStimulus(images(), augmentation=moved).augmentation == moved


@case("give a tuple of augmentations, such as InOrder(")
def _(here):
    yield lambda: sf.InOrder(sf.InputDropout(0.1))
    assert sf.InOrder((sf.CropAndFlip((32, 32)), sf.InputDropout(0.1))).numbers(1024) == 1027


@case("give all of them the height and width of the images")
def _(here):
    yield lambda: sf.InOrder((sf.CropAndFlip((3, 4), crop=1), sf.Distortion((4, 3))))
    assert sf.InOrder((sf.CropAndFlip((3, 4), crop=1), sf.Distortion((3, 4)))).shape == (3, 4)


@case("Simulation(network, stimulus, test=...)")
def _(here):
    yield lambda: simulate(sf.ImageStimulus(images())).test()
    test = sf.ImageStimulus(images(6))
    assert simulate(sf.ImageStimulus(images()), test=test).test().images == 6


@case("hold out all that you need in one call")
def _(here):
    yield lambda: data().hold_out(2).hold_out(3)
    held = data().hold_out(5)
    assert (len(held.train), len(held.validation)) == (7, 5)


@case("give a multiple of 2")
def _(here):
    yield lambda: simulate(network=net(outputs=5))
    simulate(network=net(outputs=6)).train(1)


@case("or number the classes from 0")
def _(here):
    pixels, labels = images(3).pixels, np.array([12, 15, 12], np.uint8)
    yield lambda: Images(pixels, labels)
    numbered = np.searchsorted(np.unique(labels), labels).astype(np.uint8)
    assert Images(pixels, numbered, n_classes=2).labels.tolist() == [0, 1, 0]
    assert Images(pixels, labels, n_classes=16).labels.tolist() == [12, 15, 12]


@case("full_scale=200) or more")
def _(here):
    pixels = np.full((1, 2, 2), 200, np.uint8)
    yield lambda: Images(pixels, np.zeros(1, np.uint8), full_scale=16)
    assert Images(pixels, np.zeros(1, np.uint8), full_scale=200).pixels.max() == 200


@case("give inputs.float() / 255, if 255 is white")
def _(here):
    inputs = torch.tensor([[0, 255]], dtype=torch.uint8)
    yield lambda: Examples(inputs, torch.zeros(1, 1))
    assert Examples(inputs.float() / 255, torch.zeros(1, 1)).inputs.tolist() == [[0, 1]]


@case("give labels.long(), if all are whole numbers")
def _(here):
    labels = torch.tensor([1.0, 0.0])
    yield lambda: labelled(torch.zeros(2, 1), labels, 2)
    assert labelled(torch.zeros(2, 1), labels.long(), 2).labels.tolist() == [1, 0]


@case("make it with the same `inputs`")
def _(here):
    x, labels = torch.tensor([[0.0], [2.0]]), torch.tensor([0, 1])
    plain = labelled(x.clone(), labels, 2)
    yield lambda: labelled(x.clone(), labels, 2, "standardised", like=plain)
    like = labelled(x.clone(), labels, 2, "standardised")
    again = labelled(x.clone() + 1, labels, 2, "standardised", like=like)
    assert again.inputs.flatten().tolist() == [0, 2]


@case("give the same number of each, at least one")
def _(here):
    yield lambda: Examples(torch.zeros(3, 1), torch.zeros(2, 1))
    assert len(Examples(torch.zeros(2, 1), torch.zeros(2, 1))) == 2


@case("use `loss` or `nse`")
def _(here):
    examples = Examples(torch.rand(6, 12), torch.rand(6, 4))
    sim = simulate(sf.ExampleStimulus(examples), test=sf.ExampleStimulus(examples))
    answers = sim.look()
    yield answers.error_percent
    assert answers.loss() > 0
    assert answers.nse() > 0


@case("the number of an item for each stream")
def _(here):
    stimulus = sf.ImageStimulus(images())
    state = stimulus.state(2, 4, torch.device("cpu"), torch.float32)
    yield lambda: stimulus.load(state, 0, torch.tensor([1.5, 2.5]), {})
    stimulus.load(state, 0, torch.tensor([1, 2]), {})


@case("the times are steps: leave dt out")
def _(here):
    steps = Events.of([([0, 2], [1, 0])], 2, time_unit="steps")
    yield lambda: sf.EventStimulus(steps, dt=0.01)
    assert sf.EventStimulus(steps).steps == 3


@case("frames have no times: leave dt out")
def _(here):
    film = Frames(np.ones((1, 4, 2), np.uint8), np.zeros(1, np.uint8))
    yield lambda: sf.EventStimulus(film, dt=0.01)
    assert sf.EventStimulus(film).steps == 4
