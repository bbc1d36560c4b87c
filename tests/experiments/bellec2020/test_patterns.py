"""Pattern generation: the authors' losses as published, and the same gradient in the engine."""

import numpy as np
import pytest

from spikefa.experiments.bellec2020._published import Published
from spikefa.experiments.bellec2020._task import MEMORY, Task
from spikefa.experiments.bellec2020.patterns import Settings, simulation

LOSSES = [101.964356999041, 103.466731126205, 103.340607074771, 103.680244037686, 104.412775748752]
"""Of the first presentations with seed 1, in the test of e-prop of the simulator NEST (GPLv2+,
testsuite/pytests/test_eprop_bsshslm_2020_plasticity.py), equal to those of the authors' program to
its precision."""


def test_the_authors_algorithm_has_the_losses_that_are_published():
    theirs = Published(Task.of(1))
    assert [theirs.present() for _ in LOSSES] == pytest.approx(LOSSES, rel=1e-11)


def test_the_network_has_the_loss_that_is_published_before_it_learns():
    score = simulation(Settings(), "random", Task.of(1)).test()
    assert 1000 * score.measures["squared_error"] == pytest.approx(LOSSES[0], rel=1e-11)


def test_what_the_synapses_learn_online_adds_up_to_the_gradient_of_the_authors():
    slow = 1e-6  # so that what is learnt within the presentation does not change it
    task = Task.of(1)
    theirs = Published(task, rate_strength=0)
    theirs.present()
    running = simulation(Settings(faster=slow, rate_strength=0), "random", task)
    weights = running.network.tensors()
    before = {name: each.clone() for name, each in weights.items()}
    running.learn(1)

    def learnt(projection):
        name = f"synapses.{projection}.weight"
        return (weights[name] - before[name]).numpy() / slow

    left = 1 - MEMORY  # a factor of the authors' neurons that is in the weights here
    assert_same(learnt("hidden") / left, theirs.w_in - task.w_in)
    assert_same(learnt("hidden_to_hidden") / left, theirs.w_rec - task.w_rec)
    assert_same(learnt("output"), theirs.w_out - task.w_out)


def assert_same(change, expected):
    """Compare to the size of the largest change; the difference of weights has lost digits."""
    assert np.abs(expected).max() > 1e-4
    assert np.abs(change - expected).max() < 1e-5 * np.abs(expected).max()
