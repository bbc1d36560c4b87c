"""The cost of recording."""

import pytest

import spikefa as sf
from spikefa.bench.recorder import time_recording
from tests.helpers.bench_network import network


def test_the_cost_of_recording_is_measured(capsys):
    """Memory and size hold for a network of any size; how long it takes is for the long test."""
    cost = time_recording(network(), batch=2, steps=3, repetitions=2, alone=8000)
    assert len(cost.bare) == len(cost.recorded) == 2
    assert 0 < cost.observe < 5
    assert cost.nominal <= cost.raster <= 1.05 * cost.nominal
    assert cost.growth < 2 << 20
    for part in ("slow-down", "8000 rows", "rasters 1.0"):
        assert part in str(cost)


@pytest.mark.long
@pytest.mark.parametrize(("batch", "percent"), [(100, 3), (1, 10)])
def test_recording_slows_the_full_network_by_little(batch, percent):
    steps = 5 if batch > 1 else 100
    network = sf.models.lillicrap2016.spiking_mnist()
    cost = time_recording(network, batch, steps=steps, repetitions=15)
    assert cost.slowdown <= percent, str(cost)


@pytest.mark.gpu
def test_recording_slows_the_full_network_by_little_on_a_gpu():
    network = sf.models.lillicrap2016.spiking_mnist(device="cuda")
    cost = time_recording(network, 100, steps=2000, repetitions=9)
    assert cost.slowdown <= 5, str(cost)
