"""Confusion matrices, against scikit-learn and the simulation."""

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix

import spikefa as sf
from spikefa import analysis
from spikefa.errors import SpikefaError
from spikefa.recording import Recorder


@pytest.mark.slow
@pytest.mark.parametrize("guess", ["last", "summed"])
@pytest.mark.parametrize("every", [None, 10, 1])
def test_confusion_is_that_of_scikit_learn(run, guess, every):
    recording, truth = run
    start = analysis.presentations(recording).start
    groups = truth.output.reshape(-1, 5, 4).sum(2)
    counted = groups[start + 4] if guess == "last" else sum(groups[start + n] for n in range(5))
    found = analysis.confusion(recording, guess=guess, every=every)
    length = every or len(start)
    for period, first in enumerate(range(0, len(start), length)):
        chosen = slice(first, first + length)
        shown, guessed = truth.label[start][chosen], counted.argmax(1)[chosen]
        matrix = confusion_matrix(shown, guessed, labels=range(5))
        np.testing.assert_array_equal(found.counts[period], matrix)
        assert found.start[period] == truth.steps[start[first]]
        assert found.error_percent[period] == pytest.approx(100 * (shown != guessed).mean())
    assert len(found.counts) == -(-len(start) // length)


@pytest.mark.slow
def test_confusion_agrees_with_the_simulation(tmp_path):
    """With one stream, all of it recorded, the errors are those that training counts."""
    data = sf.datasets.digits()
    net = sf.models.lillicrap2016.spiking_mnist(
        n_inputs=64, hidden=20, hidden_layers=1, outputs=30, feedback=sf.FA(scale=0.5)
    )
    sim = sf.Simulation(net, data, steps_per_image=3, batch_size=1, seed=0, progress=False)
    steps = len(data.train) * 3
    with sim:
        path = tmp_path / "run.h5"
        sim.record(path, [sf.Probe("output", "spikes", "all")], [sf.Window("all", 0, steps)])
        row = sim.train(epochs=1)[-1]
    with sf.open(path) as recording:
        for guess, name in (
            ("last", "train_error_percent"),
            ("summed", "train_error_percent_summed"),
        ):
            found = analysis.confusion(recording, guess=guess)
            assert found.counts.sum() == len(data.train)
            assert found.error_percent[0] == pytest.approx(row[name])


def test_a_guess_needs_as_many_units_of_each_class(tmp_path):
    outputs = {"output": {"spikes": torch.zeros(1, 20)}}
    probes, windows = [sf.Probe("output", "spikes", [0, 1, 4, 9, 12, 19])], [sf.Window("w", 0, 5)]
    path = tmp_path / "some.h5"
    given = ({"input": {"spikes": torch.zeros(1, 2)}, **outputs}, {"seed": 1})
    with Recorder.create(path, probes, windows, *given, n_classes=5) as recorder:
        for step in range(5):
            recorder.observe(step, 0, 0)
    with sf.open(path) as recording, pytest.raises(SpikefaError, match="1 to 2 units of a class"):
        analysis.confusion(recording)


def test_a_guess_of_what_is_no_output(recording):
    with pytest.raises(SpikefaError, match="do not stand for classes"):
        analysis.confusion(recording, population="hidden1")
    with pytest.raises(SpikefaError, match="'most'"):
        analysis.confusion(recording, guess="most")
    with pytest.raises(SpikefaError, match="every is 0"):
        analysis.confusion(recording, every=0)
