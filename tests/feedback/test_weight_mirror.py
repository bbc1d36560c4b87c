"""Weight mirrors: one phase against a loop, and where they come to rest against theory."""

import math
from functools import partial

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.utils.tensors import named_tensors
from tests.helpers.driven_network import drive, network, run

STILL = sf.ThreeFactor(1e-30, weight_decay=0)  # forward weights that stay where they are


def test_one_phase_against_a_loop():
    rate, gain, batch = 0.2, 3.0, 2
    net = network(sf.WM(rate=rate, gain=gain), rule=STILL)
    back = net.feedback.matrices[0]
    before, weight = back.numpy().copy(), net.synapses["hidden2"].weight.numpy()
    state = run(net, batch, steps=1)
    noise = np.where(state.feedback.chances[0].numpy() < 0.5, 1.0, -1.0)
    expected = (1 - rate) * before
    for stream in range(batch):
        answer = [sum(noise[stream, i] * weight[i, j] for i in range(9)) for j in range(7)]
        for j in range(7):
            for i in range(9):
                expected[j, i] += gain * rate / batch * answer[j] * noise[stream, i]
    np.testing.assert_allclose(back.numpy(), expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize(("rate", "batch"), [(0.01, 50), (0.1, 50), (0.05, 5)])
def test_the_angle_at_rest_is_that_of_theory(rate, batch):
    """arctan sqrt(n_l rate / ((2 - rate) batch)), from the variance of the running mean."""
    hidden = (40, 60)
    net = network(sf.WM(rate=rate, gain=2.0), hidden, 50, rule=STILL)
    state, seen = net.state(batch), []
    for step, _ in enumerate(drive(net, state, steps=int(10 / rate))):
        if step * rate > 7 and step % max(1, int(0.5 / rate)) == 0:
            seen.append(list(net.alignment().values()))
    for n, degrees in zip(hidden, np.mean(seen, axis=0), strict=True):
        expected = math.degrees(math.atan(math.sqrt(n * rate / ((2 - rate) * batch))))
        assert degrees == pytest.approx(expected, rel=0.1)


def test_the_size_at_rest_is_that_of_the_weights_times_the_gain():
    net = network(sf.WM(rate=0.01, gain=2.5), (20, 30), rule=STILL)
    run(net, batch=100, steps=1000)
    above = list(net.synapses.values())[1:]
    for back, synapses in zip(net.feedback.matrices, above, strict=True):
        ratio = (back * synapses.weight.mT).sum() / synapses.weight.pow(2).sum()
        assert ratio.item() == pytest.approx(2.5, rel=0.02)
    assert max(net.alignment().values()) < 3


def test_biases_are_blocked():
    nets = [network(sf.WM(rate=0.1), rule=STILL) for _ in range(2)]
    for synapses in nets[1].synapses.values():
        synapses.bias.fill_(5.0)
    for net in nets:
        run(net, steps=5)
    for one, other in zip(*(net.feedback.matrices for net in nets), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


@pytest.mark.parametrize("population", [sf.StochasticBinary, partial(sf.Rate, noise=0.1)])
def test_the_stream_is_not_disturbed(population):
    """The same numbers for the forward populations, mirrors or not: nothing of theirs differs."""
    nets = [network(each, population=population, rule=STILL) for each in (sf.WM(), sf.FA())]
    states = []
    for net in nets:
        state, source = net.state(3), torch.Generator().manual_seed(0)
        for _ in range(4):
            for part in state.populations:
                part.uniforms.uniform_(generator=source)
            for uniforms in state.feedback.uniforms().values():
                uniforms.uniform_(generator=torch.Generator().manual_seed(1))
            inputs = torch.rand(3, net.n_inputs, dtype=net.dtype, generator=source)
            net.step(state, inputs, torch.zeros(3, net.n_outputs, dtype=net.dtype))
        states.append(named_tensors(state.populations))
    for name, tensor in states[0].items():
        assert torch.equal(tensor, states[1][name])


def test_phases_come_every_so_many_steps():
    net = network(sf.WM(every=3))
    back, changed = net.feedback.matrices[0], []
    last = back.clone()
    for _ in drive(net, net.state(2), steps=8):
        changed.append(not torch.equal(back, last))
        last = back.clone()
    assert changed == [True, False, False, True, False, False, True, False]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rate": 0}, "rate of WM is 0: give a number above 0, at most 1"),
        ({"rate": 1.5}, "rate of WM is 1.5: give"),
        ({"gain": 0}, "gain of WM is 0: give"),
        ({"every": 0}, "every of WM is 0: give a whole number"),
        ({"every": 1.5}, "every of WM is 1.5: give a whole number"),
        ({"matrix": "ones"}, "matrix must be one of"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(sf.SpikefaError, match=message):
        sf.WM(**arguments)
