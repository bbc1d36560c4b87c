"""Longer tests and smoothed labels of images."""

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.errors import SpikefaError
from spikefa.stimulus.readout import ClassReadout


def simulation(tiny, **options):
    network = sf.Network(
        12,
        {"hidden1": sf.StochasticBinary(8), "output": sf.StochasticBinary(6)},
        sf.FA(),
        sf.ThreeFactor(1e-2),
    )
    given = {"batch_size": 2, "seed": 4, "progress": False} | options
    return sf.Simulation(network, tiny, **given)


def test_tests_show_an_image_for_steps_of_their_own(tiny):
    sim, short = simulation(tiny.hold_out(4), test_steps=9), simulation(tiny.hold_out(4))
    for each in (sim, short):
        each.learn(2)
    assert (sim.step, short.step) == (10, 10)
    spikes = sim.test(spikes=True).predictions.spikes_summed
    truth = short.test(sf.ImageStimulus(tiny.test, steps=9), spikes=True).predictions.spikes_summed
    np.testing.assert_array_equal(spikes, truth)
    images = sim.test(tiny.test, spikes=True).predictions.spikes_summed
    np.testing.assert_array_equal(images, truth)
    sim.train(1)
    again = short.network.tensors()
    for name, each in sim.network.tensors().items():
        again[name].copy_(each)
    held = sf.ImageStimulus(tiny.hold_out(4).validation, steps=9)
    expected = short.test(held, "validation").error_percent
    assert sim.history[-1]["validation_error_percent"] == expected


def test_the_training_of_a_run_may_go_on_with_longer_tests(tiny, tmp_path):
    simulation(tiny).save(tmp_path / "checkpoint.pt")
    longer = simulation(tiny, test_steps=9)
    longer.restore(tmp_path / "checkpoint.pt")
    assert longer.stimuli.test.in_tests().steps == 9


def test_smoothed_targets_are_those_of_torch(tiny):
    """``cross_entropy`` with `label_smoothing` is the cross entropy with these targets."""
    readout = ClassReadout(6, 3, smoothing=0.3).state(1, torch.device("cpu"), torch.float64)
    logits = torch.randn(3, 3, dtype=torch.float64)
    expected = torch.nn.functional.cross_entropy(
        logits, torch.arange(3), label_smoothing=0.3, reduction="none"
    )
    targets = readout.templates[:, ::2]
    assert targets.equal(readout.templates[:, 1::2])
    torch.testing.assert_close(-(targets * logits.log_softmax(1)).sum(1), expected)
    sim = simulation(tiny, label_smoothing=0.3)
    sim.learn(1)
    state = sim.runner.stimulus_state
    own = state.labels.unsqueeze(1) == torch.arange(2)
    expected = np.where(own, 0.85, 0.15).repeat(3, axis=1)
    np.testing.assert_allclose(state.target, expected, rtol=1e-6)


def test_a_run_does_not_go_on_with_other_targets(tiny, tmp_path):
    simulation(tiny).save(tmp_path / "checkpoint.pt")
    with pytest.raises(SpikefaError, match="label_smoothing"):
        simulation(tiny, label_smoothing=0.1).restore(tmp_path / "checkpoint.pt")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"test_steps": 0}, "test_steps"),
        ({"label_smoothing": 1.0}, "label_smoothing"),
        ({"label_smoothing": -0.1}, "label_smoothing"),
    ],
)
def test_wrong_arguments_are_refused(options, says, tiny):
    with pytest.raises(SpikefaError, match=says):
        simulation(tiny, **options)


def test_options_of_a_data_set_are_refused_beside_a_stimulus(tiny):
    with pytest.raises(SpikefaError, match="test_steps and label_smoothing: such arguments"):
        simulation(sf.ImageStimulus(tiny.train), test_steps=3, label_smoothing=0.1)
