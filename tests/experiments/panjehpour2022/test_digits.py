"""The network and the digits of Panjehpour & EsmailZadeh, figures 3 to 7."""

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.datasets import Dataset, Images
from spikefa.experiments.panjehpour2022 import _digits
from spikefa.experiments.panjehpour2022._terms import terms_along
from spikefa.runs.settings import Placed

PLACE = Placed()


@pytest.fixture
def digits(monkeypatch):
    """Stand-ins for the small digits: ten classes, each with a pattern of its own, and noise."""
    source = np.random.default_rng(0)
    patterns = source.integers(0, 200, (10, 15, 15))

    def images(count):
        labels = source.integers(0, 10, count).astype(np.uint8)
        pixels = patterns[labels] + source.integers(0, 55, (count, 15, 15))
        return Images(pixels.astype(np.uint8), labels)

    data = Dataset("stand-ins", images(2000), images(200))
    monkeypatch.setattr(_digits, "small_digits", lambda _: data)
    monkeypatch.setattr(_digits, "BATCH", 100)
    return data


def test_first_weights_biases_and_feedback_are_normal():
    circuit = _digits.feedback_alignment()
    network = _digits.network(PLACE, circuit, 0.3, 0)
    parts = [network.synapses["hidden1"].weight, circuit.matrices[0]]
    biases = torch.cat([each.bias for each in network.synapses.values()])
    for part in (*parts, biases):
        assert part.std().item() == pytest.approx(0.1, rel=0.1)
        assert part.abs().max() > 0.2, "beyond a uniform distribution of this deviation"


def test_normalised_weights_keep_their_length(digits):
    circuit = _digits.feedback_alignment()
    simulation = _digits.simulation_of(PLACE, circuit, 0.3, 0, batches=5, norm=0.8)
    simulation.learn(5)
    for matrix in (
        *(each.weight for each in simulation.network.synapses.values()),
        *circuit.matrices,
    ):
        torch.testing.assert_close(matrix.norm(dim=0), torch.full((matrix.shape[1],), 0.8))


def test_five_outputs_say_a_class_and_a_share_of_labels_changes_places(digits):
    right, wrong = (
        _digits.simulation_of(PLACE, sf.Backprop(tau=1.0), 0.3, 0, batches=20, disorder=share)
        for share in (0.0, 0.5)
    )
    shown, disordered = (each.stimulus.examples for each in (right, wrong))
    assert (shown.targets.sum(1) == 5).all()
    assert shown.targets.shape[1] == 50
    assert disordered.labels.bincount().equal(shown.labels.bincount())
    changed = (disordered.labels != shown.labels).double().mean()
    assert changed.item() == pytest.approx(0.5 * 0.9, abs=0.05)
    tests = [each.held_out.answers.examples.labels for each in (right, wrong)]
    assert tests[0].equal(tests[1])


def test_terms_of_whole_epochs_stand_out_if_the_batches_come_again(digits):
    found = {
        shuffled: terms_along(
            PLACE, [160], 30, _digits.feedback_alignment(), 0.3, 0, batches=10, shuffled=shuffled
        )[0].mean(0)
        for shuffled in (False, True)
    }
    whole = np.arange(1, 31) % 10 == 0
    assert found[False].shape == (30,)
    apart = {name: cos[whole].mean() - cos[~whole].mean() for name, cos in found.items()}
    assert apart[False] > 3 * abs(apart[True])


def test_mnist_is_simulation_smaller(data_dir):
    small = _digits.small_digits(str(data_dir))
    large = sf.datasets.mnist(data_dir)
    assert small.shape == (15, 15)
    assert len(small.train) == 60000
    brightness = large.test.pixels.mean((1, 2)), small.test.pixels.mean((1, 2))
    assert np.corrcoef(brightness)[0, 1] > 0.99
