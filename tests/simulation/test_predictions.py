"""What the network took every image for: against answers counted here, and scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix

import spikefa as sf
from spikefa.datasets import Dataset, Images
from spikefa.errors import SpikefaError
from spikefa.simulation.evaluation import Evaluation, evaluate
from tests.helpers.small_examples import examples

CLASSES, OUTPUTS = 4, 12


def network(replicas=None, outputs=OUTPUTS, n_inputs=12):
    populations = {"hidden1": sf.StochasticBinary(9), "output": sf.StochasticBinary(outputs)}
    made = sf.Network(n_inputs, populations, sf.FA(0.3), sf.ThreeFactor(0.05), replicas=replicas)
    made.initialise(3)
    return made


def images(n=23, n_classes=CLASSES):
    random = np.random.default_rng(6)
    kind = np.uint8 if n_classes <= 256 else np.uint16
    labels = random.integers(0, n_classes, n).astype(kind)
    return Images(random.integers(0, 256, (n, 3, 4), dtype=np.uint8), labels, n_classes=n_classes)


def simulation(**others):
    data = Dataset("some", images(), images(23))
    return sf.Simulation(network(**others), data, batch_size=5, seed=7, progress=False)


class Counted(sf.ImageStimulus):
    """Keeps the spikes of every output neuron in every step."""

    def read(self, state, outputs):
        self.seen.append((state.items.clone(), outputs.clone()))
        super().read(state, outputs)


@pytest.mark.parametrize("batch", [1, 7, 23, 100])
def test_the_guesses_are_those_of_the_spikes(batch):
    """Also where the last presentation begins with images that were shown before."""
    stimulus = Counted(images())
    stimulus.seen = []
    net = network()
    score = evaluate(net, stimulus, 7, batch=batch, spikes=True)
    steps = stimulus.seen[-stimulus.steps * -(-23 // min(batch, 23)) :]
    last, summed, shown = np.zeros((23, CLASSES)), np.zeros((23, CLASSES)), set()
    for start in range(0, len(steps), stimulus.steps):
        part = steps[start : start + stimulus.steps]
        for stream, item in enumerate(part[0][0].tolist()):
            groups = [each[stream].reshape(CLASSES, -1).sum(1).numpy() for _, each in part]
            if item not in shown:
                shown.add(item)
                last[item], summed[item] = groups[-1], np.sum(groups, 0)
    found = score.predictions
    np.testing.assert_array_equal(found.spikes_last, last)
    np.testing.assert_array_equal(found.spikes_summed, summed)
    np.testing.assert_array_equal(found.last, last.argmax(1))
    np.testing.assert_array_equal(found.summed, summed.argmax(1))
    np.testing.assert_array_equal(found.labels, images().labels)
    assert score.error_percent == pytest.approx(100 * np.mean(found.last != found.labels))
    assert score.error_percent_summed == pytest.approx(100 * np.mean(found.summed != found.labels))


@pytest.mark.parametrize("guess", ["last", "summed"])
def test_the_confusion_matrix_is_that_of_scikit_learn(guess):
    found = simulation().test().predictions
    expected = confusion_matrix(found.labels, getattr(found, guess), labels=range(CLASSES))
    np.testing.assert_array_equal(found.confusion(guess), expected)
    assert found.spikes_last is found.spikes_summed is None


def test_every_replica_is_as_it_would_be_alone():
    both = sf.Simulation(
        network(replicas=2), Dataset("some", images(), images()), seed=7, progress=False
    ).test(spikes=True)
    found = both.predictions
    assert found.last.shape == found.summed.shape == (2, 23)
    assert found.spikes_summed.shape == (2, 23, CLASSES)
    for number, own in enumerate(both.replicas):
        np.testing.assert_array_equal(found.summed[number], own.predictions.summed)
        np.testing.assert_array_equal(
            found.confusion("last")[number], own.predictions.confusion("last")
        )
        np.testing.assert_array_equal(found.spikes_last[number], own.predictions.spikes_last)
    alone = network()
    alone.initialise(3)
    single = evaluate(alone, sf.ImageStimulus(images()), 7, spikes=True)
    np.testing.assert_array_equal(single.predictions.summed, found.summed[0])


def test_more_classes_than_a_byte_can_number():
    many = images(40, n_classes=300)
    score = evaluate(network(outputs=300), sf.ImageStimulus(many), 1)
    found = score.predictions
    np.testing.assert_array_equal(found.labels, many.labels)
    assert found.labels.max() > 255
    expected = confusion_matrix(found.labels, found.summed, labels=range(300))
    np.testing.assert_array_equal(found.confusion(), expected)
    assert found.confusion().sum() == 40


def test_the_score_is_what_it_was():
    first, second = simulation().test(), simulation().test()
    assert first == second
    assert "predictions" not in repr(first)


def test_examples_have_no_predictions():
    """Nor do the looks of a learning curve take the time."""
    net = sf.models.rate_network([4, 5, 3], sf.FA(0.1, tau=1.0), 0.1)
    net.initialise(0)
    stimulus = sf.ExampleStimulus(examples())
    assert evaluate(net, stimulus).predictions is None
    with pytest.raises(SpikefaError, match="has no readout of classes: leave spikes=True out"):
        evaluate(net, stimulus, spikes=True)
    assert Evaluation(network(), sf.ImageStimulus(images())).guesses is None


def test_guesses_take_a_few_bytes_an_image():
    """Of 10 classes and 20,000 images: 16 bytes of spikes would be 1.6 MB."""
    guesses = sf.stimulus.predictions.Guesses(20_000, 10, torch.device("cpu"))
    assert guesses._guesses.nbytes == 40_000


def test_a_guess_that_is_none():
    with pytest.raises(SpikefaError, match="give 'last' or 'summed'"):
        simulation().test().predictions.confusion("first")
