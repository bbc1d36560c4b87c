"""Noise and dropout of inputs, against the distributions that they must have."""

import math

import pytest
import torch
from scipy.stats import kstest

import spikefa as sf
from spikefa.errors import SpikefaError


def chances(streams, augmentation, n_inputs, seed=0):
    numbers = augmentation.numbers(n_inputs)
    return torch.rand(streams, numbers, generator=torch.Generator().manual_seed(seed))


def test_noise_is_gaussian_and_finite():
    noise = sf.InputNoise(0.3)
    drawn = chances(40, noise, 500)
    drawn[0, 0], drawn[0, 1] = 0.0, 1 - 2.0**-24  # the least and the most that can be drawn
    found = noise(torch.full((40, 500), 0.5), drawn)
    assert found.isfinite().all()
    assert kstest(((found - 0.5) / 0.3).flatten().numpy(), "norm").pvalue > 0.01


def test_the_share_of_silent_inputs_is_the_one_that_was_asked_for():
    dropout = sf.InputDropout(0.3)
    inputs = torch.rand(100, 400, generator=torch.Generator().manual_seed(1)) + 0.1
    found = dropout(inputs, chances(100, dropout, 400))
    silent = found == 0
    assert found[~silent].equal(inputs[~silent])
    deviation = math.sqrt(0.3 * 0.7 / silent.numel())
    assert abs(silent.float().mean() - 0.3) < 4 * deviation


def test_inputs_count_as_much_in_tests_as_in_the_mean():
    inputs = torch.rand(3, 20)
    tests = sf.InputDropout(0.25).in_tests()
    assert tests.numbers(20) == 0
    torch.testing.assert_close(tests(inputs, torch.zeros(3, 0)), 0.75 * inputs)
    assert tests.in_tests() == tests
    assert sf.InputNoise(0.1).in_tests() is None


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: sf.InputNoise(0), "above 0"),
        (lambda: sf.InputDropout(0), "above 0, below 1"),
        (lambda: sf.InputDropout(1), "above 0, below 1"),
    ],
)
def test_wrong_arguments_are_refused(make, says):
    with pytest.raises(SpikefaError, match=says):
        make()
