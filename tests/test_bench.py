"""The benchmark compares like with like, and the engine holds its own."""

import pytest
import torch

import spikefa as sf
from spikefa.bench import PlainLoop, time_step
from spikefa.bench_recorder import time_recording
from spikefa.cli import main


def network(**options):
    return sf.models.lillicrap2016.spiking_mnist(hidden=30, hidden_layers=2, outputs=20, **options)


def test_the_plain_loop_follows_the_same_equations(monkeypatch):
    """Given the same uniforms, the loop and the engine change the weights in the same way."""
    net = network(dtype=torch.float64, rule=sf.ThreeFactor(1e-2, weight_decay=0))
    net.initialise(0)
    loop, state = PlainLoop(net, batch=3), net.state(3)
    probability = torch.rand(3, 784, dtype=torch.float64)
    target = torch.eye(20, dtype=torch.float64)[[0, 7, 19]]
    for _ in range(5):
        uniforms = [torch.rand(3, n, dtype=torch.float64) for n in (784, 30, 30, 20)]
        for population, drawn in zip(state.populations, uniforms[1:], strict=True):
            population.uniforms.copy_(drawn)
        net.step(state, (uniforms[0] < probability).double(), target)
        waiting = iter(uniforms)
        with monkeypatch.context() as patch:
            patch.setattr(torch, "rand_like", lambda like, waiting=waiting: next(waiting))
            loop.step(probability, target)
    for weight, synapses in zip(loop.W, net.synapses.values(), strict=True):
        torch.testing.assert_close(weight, synapses.weight, rtol=0, atol=1e-12)


def test_timings_are_of_both(capsys):
    timing = time_step(network(), batch=2, steps=2, repetitions=3)
    assert len(timing.engine) == len(timing.plain) == 3
    assert min(timing.engine + timing.plain) > 0
    assert timing.synapses == 784 * 30 + 30 * 30 + 30 * 20 + 80
    assert "engine / plain loop" in str(timing)


def test_bench_refuses_an_impossible_batch(capsys):
    assert main(["bench", "--batch-size", "0", "--device", "cpu"]) == 2
    assert "batch must be at least 1" in capsys.readouterr().err


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


@pytest.mark.long
def test_a_step_costs_no_more_than_the_plain_loop():
    """The full network at batch 100; five in a hundred are allowed for noise."""
    timing = time_step(sf.models.lillicrap2016.spiking_mnist(), batch=100, steps=10)
    assert timing.ratio <= 1.05, str(timing)
