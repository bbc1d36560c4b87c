"""Fused draws other numbers than eager: over five seeds, error and firing rates are the same."""

import numpy as np
import pytest

import spikefa as sf
from spikefa.datasets import Dataset, Images
from tests.helpers.fused_pairs import DEVICE

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("triton")]

SEEDS = range(5)
DEVIATIONS = 4


@pytest.fixture(scope="module")
def grey():
    """Images of 3 x 4 pixels of two classes, which are not quite easy to tell apart."""
    random = np.random.default_rng(6)

    def images(n):
        labels = (np.arange(n) % 2).astype(np.uint8)
        pixels = random.integers(0, 110, (n, 3, 4))
        pixels[labels == 0, :, :2] += 120
        pixels[labels == 1, :, 2:] += 120
        return Images(pixels.astype(np.uint8), labels, n_classes=2)

    return Dataset("grey", train=images(400), test=images(1000))


def found(backend, data, circuit, seed):
    """Return the errors in training and test, and the mean rates of all populations."""
    sizes = {"hidden1": sf.StochasticBinary(20), "output": sf.StochasticBinary(16)}
    net = sf.Network(12, sizes, circuit(), sf.ThreeFactor(4e-2), device=DEVICE)
    simulation = sf.Simulation(net, data, batch_size=40, seed=seed, backend=backend)
    row, test = simulation.train(1)[-1], simulation.test()
    rates = [value for name, value in row.items() if name.startswith("rate")]
    assert len(rates) == 3
    errors = [row["train_error_percent"], row["train_error_percent_summed"]]
    return [*errors, test.error_percent, test.error_percent_summed, *rates]


@pytest.mark.parametrize("circuit", [sf.FA, sf.PFA])
@pytest.mark.parametrize("backend", ["fused", pytest.param("fused-bf16x3", marks=pytest.mark.gpu)])
def test_error_and_rates_over_five_seeds(grey, backend, circuit):
    eager, other = (
        np.array([found(name, grey, circuit, seed) for seed in SEEDS])
        for name in ("eager", backend)
    )
    assert not np.array_equal(eager, other)  # or it would be eager that has run
    spread = np.sqrt((eager.var(0, ddof=1) + other.var(0, ddof=1)) / len(SEEDS))
    assert (np.abs(eager.mean(0) - other.mean(0)) < DEVIATIONS * spread).all()
    assert eager[:, 3].mean() < 40, "it has learned nothing"
