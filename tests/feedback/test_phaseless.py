"""Phaseless alignment learning: some steps against a loop, and its fixed point against theory."""

from functools import partial

import numpy as np
import pytest
import torch

import spikefa as sf
from tests.helpers.driven_network import drive, network, run

STILL = sf.ThreeFactor(1e-30, weight_decay=0)  # forward weights that stay where they are


def test_some_steps_against_a_loop():
    rate, gain, smoothing, batch = 0.2, 3.0, 0.4, 2
    net = network(sf.PAL(rate=rate, gain=gain, smoothing=smoothing), rule=STILL)
    back = net.feedback.matrices[0]
    expected, slow = back.numpy().copy(), np.zeros((batch, 7))
    state = net.state(batch)
    for _ in drive(net, state, steps=4):
        below, above = (each for each in state.populations[:2])
        xi = (below.spikes - below.probability).numpy()
        expected *= 1 - rate
        for stream in range(batch):
            for j in range(7):
                rapid = above.probability[stream, j].item() - slow[stream, j]
                slow[stream, j] += smoothing * rapid
                for i in range(9):
                    expected[j, i] += gain * rate / batch * rapid * xi[stream, i]
        np.testing.assert_allclose(back.numpy(), expected, rtol=0, atol=1e-13)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("population", "gain"),
    [(sf.StochasticBinary, 16.0), (partial(sf.Rate, activation="logistic", noise=0.2), 100.0)],
)
def test_it_comes_to_rest_at_the_weights_as_they_transmit(population, gain):
    """gain tau <Psi(V_j) W_ij Var(xi_i)>, under a stimulus that changes at every step."""
    net = network(sf.PAL(rate=0.002, gain=gain), (40, 30), 20, population, STILL)
    for synapses in net.synapses.values():
        synapses.weight.mul_(0.5)
    state = net.state(300)
    means = [torch.zeros_like(back) for back in net.feedback.matrices]
    for _ in drive(net, state, steps=2500):
        for mean, below, above in zip(
            means, state.populations, state.populations[1:], strict=False
        ):
            noise = (below.spikes - below.probability).pow(2).mean(0)
            mean.mul_(0.998).add_(torch.outer(above.gain.mean(0), noise), alpha=0.002)
    tau = 0.9 if population is sf.StochasticBinary else 1.0
    above = list(net.synapses.values())[1:]
    for back, mean, synapses in zip(net.feedback.matrices, means, above, strict=True):
        expected = gain * tau * mean * synapses.weight.mT
        ratio = (back * expected).sum() / expected.pow(2).sum()
        assert ratio.item() == pytest.approx(1, rel=0.05)
        cosine = torch.cosine_similarity(back.flatten(), expected.flatten(), dim=0)
        assert cosine.item() > 0.99
    assert max(net.alignment().values()) < 12


def test_neurons_without_noise_are_refused():
    with pytest.raises(sf.SpikefaError, match="Rate with noise above 0"):
        network(sf.PAL(), population=sf.Rate)


def test_the_output_needs_no_noise():
    net = network(sf.PAL(), hidden=(), population=sf.Rate)
    run(net)
    assert net.feedback.tensors() == {}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rate": 0}, "rate of PAL is 0: give a number above 0, at most 1"),
        ({"rate": 2}, "rate of PAL is 2: give"),
        ({"gain": -1}, "gain of PAL is -1: give"),
        ({"smoothing": 1}, "smoothing of PAL is 1: give a number from 0, below 1"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(sf.SpikefaError, match=message):
        sf.PAL(**arguments)
