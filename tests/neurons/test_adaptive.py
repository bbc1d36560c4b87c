"""Adaptive neurons against a loop in NumPy, and without adaptation against snnTorch's Leaky."""

import numpy as np
import pytest
import snntorch
import torch

import spikefa as sf

SIZE, BATCH, STEPS = 6, 3, 60


def driven(population):
    """Yield the state after each of some steps, and the drive of that step."""
    state, random = (
        population.state(BATCH, torch.device("cpu"), torch.float64),
        np.random.default_rng(0),
    )
    for _ in range(STEPS):
        drive = random.normal(0.15, 0.3, (BATCH, SIZE))
        state.drive.copy_(torch.from_numpy(drive))
        population.step(state)
        yield state, drive


@pytest.mark.parametrize("adaptation", [0.0, 0.4])
@pytest.mark.parametrize("threshold", [1.0, 0.5])
def test_neurons_are_their_equations(threshold, adaptation):
    memory, rho, dampening = 0.85, 0.9, 0.4
    neuron = {"memory": memory, "adaptation_memory": rho, "dampening": dampening}
    population = sf.ALIF(SIZE, threshold=threshold, adaptation=adaptation, **neuron)
    v, a, s = (np.zeros((BATCH, SIZE)) for _ in range(3))
    spikes = 0
    for state, drive in driven(population):
        for k in range(BATCH):
            for j in range(SIZE):
                v[k, j] = memory * v[k, j] + drive[k, j] - threshold * s[k, j]
                a[k, j] = rho * a[k, j] + s[k, j]
                level = threshold + adaptation * a[k, j]
                s[k, j] = v[k, j] > level
                hat = max(0.0, 1 - abs(v[k, j] - level) / threshold)
                assert state.gain[k, j].item() == pytest.approx(dampening / threshold * hat)
        np.testing.assert_allclose(state.potential, v, rtol=0, atol=1e-12)
        np.testing.assert_allclose(state.adaptation, a, rtol=0, atol=1e-12)
        assert np.array_equal(state.spikes, s)
        spikes += s.sum()
    assert 0.03 < spikes / (STEPS * BATCH * SIZE) < 0.5


def test_without_adaptation_they_are_leaky_neurons_of_snntorch():
    leaky = sf.SnnTorch(snntorch.Leaky(beta=0.875, threshold=1.0), SIZE)
    other = driven(leaky)
    for state, _ in driven(sf.ALIF(SIZE, memory=0.875, adaptation=0)):
        there, _ = next(other)
        assert torch.equal(state.spikes, there.spikes)
        torch.testing.assert_close(state.potential, there.potential, rtol=0, atol=1e-12)


def test_adaptation_makes_them_fire_less():
    rates = [
        sum(state.spikes.sum().item() for state, _ in driven(sf.ALIF(SIZE, adaptation=beta)))
        for beta in (0.0, 0.2, 1.0)
    ]
    assert rates[0] > rates[1] > rates[2] > 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("memory", 1), ("threshold", 0), ("adaptation", -1), ("adaptation_memory", 1.5)],
)
def test_neurons_that_cannot_be(name, value):
    with pytest.raises(sf.SpikefaError, match=f"{name} of ALIF is"):
        sf.ALIF(SIZE, **{name: value})
