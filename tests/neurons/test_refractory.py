"""Refractory neurons against a loop, and against the mean rate of a renewal process."""

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.neurons import noiseless

CPU, F64 = torch.device("cpu"), torch.float64


def run(population, drive, uniforms):
    """Return the spikes, probabilities and gains [steps, streams, n] of a population."""
    state = population.state(drive.shape[1], CPU, F64)
    left = []
    for now, chances in zip(drive, uniforms, strict=True):
        state.drive.copy_(now)
        state.uniforms.copy_(chances)
        population.step(state)
        left.append([each.clone() for each in (state.spikes, state.probability, state.gain)])
    return [torch.stack(each).numpy() for each in zip(*left, strict=True)]


def by_hand(drive, uniforms, steps, tau):
    V, wait = np.zeros(drive.shape[1:]), np.zeros(drive.shape[1:], int)
    left = []
    for now, chances in zip(drive, uniforms, strict=True):
        V = (1 - tau) * V + tau * now
        p = 1 / (1 + np.exp(-V))
        p[wait > 0] = 0
        s = chances < p
        left.append((s.astype(float), p, p * (1 - p)))
        wait = np.where(s, steps, np.maximum(wait - 1, 0))
    return [np.array(each) for each in zip(*left, strict=True)]


@pytest.mark.parametrize(("steps", "tau"), [(1, 0.9), (2, 0.9), (5, 1.0), (3, 0.2)])
def test_the_steps_are_those_of_a_loop(steps, tau):
    random = np.random.default_rng(3)
    drive, uniforms = random.normal(0.5, 2, (60, 3, 4)), random.random((60, 3, 4))
    population = sf.Refractory(4, steps=steps, tau=tau)
    found = run(population, torch.tensor(drive), torch.tensor(uniforms))
    for own, expected in zip(found, by_hand(drive, uniforms, steps, tau), strict=True):
        np.testing.assert_allclose(own, expected, atol=1e-12)
    spikes = found[0]
    for lag in range(1, steps + 1):
        assert not (spikes[lag:] * spikes[:-lag]).any()
    assert (spikes[steps + 1 :] * spikes[: -steps - 1]).any()


def test_the_mean_rate_is_that_of_the_silenced_neurons():
    """sigma / (1 + r sigma), within 4 sigma of a simulation."""
    drive = torch.tensor([-2.0, -0.5, 1.0], dtype=F64)
    population, streams, steps = sf.Refractory(3, steps=3, tau=1.0), 300, 300
    uniforms = torch.rand(steps, streams, 3, generator=torch.Generator().manual_seed(0), dtype=F64)
    spikes, *_ = run(population, drive.expand(steps, streams, 3), uniforms)
    state = noiseless(population.state(1, CPU, F64))
    state.drive.copy_(drive)
    population.step(state)
    sigma = 1 / (1 + np.exp(-drive.numpy()))
    expected = sigma / (1 + 3 * sigma)
    np.testing.assert_allclose(state.spikes[0], expected)
    rates = spikes[100:].mean(0)  # of each stream, which began alike
    error = rates.std(0) / np.sqrt(streams)
    assert (np.abs(rates.mean(0) - expected) < 4 * error).all()


def test_it_learns_digits_records_its_rest_and_goes_on_bit_for_bit(tmp_path):
    def simulation():
        sizes = {"hidden1": sf.Refractory(30, steps=2), "output": sf.StochasticBinary(20)}
        net = sf.Network(64, sizes, sf.FA(scale=0.5), sf.ThreeFactor(0.01))
        digits = sf.datasets.digits().subset(300, 100)
        return sf.Simulation(net, digits, batch_size=10, seed=1, progress=False)

    whole, first, second = (simulation() for _ in range(3))
    with whole:
        probes = [sf.Probe("hidden1", "resting", 30)]
        whole.record(tmp_path / "run.h5", probes, sf.recording.Always())
        whole.train(epochs=1)
    first.train(epochs=1)
    first.save(tmp_path / "checkpoint")
    second.restore(tmp_path / "checkpoint")
    for each in (whole, second):
        each.train(epochs=1)
    for name, tensor in whole.tensors().items():
        assert tensor.equal(second.tensors()[name]), name
    with sf.open(tmp_path / "run.h5") as recording:
        assert set(np.unique(recording.trace("hidden1", "resting"))) == {0, 1, 2}
