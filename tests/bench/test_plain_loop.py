"""The plain loop computes the same equations, and the engine is not slower."""

import pytest
import torch

import spikefa as sf
from spikefa.bench import PlainLoop, time_steps
from spikefa.errors import SpikefaError
from tests.helpers.bench_network import network


def test_the_plain_loop_follows_the_same_equations(monkeypatch):
    """Given the same uniforms, the loop and the engine change the weights in the same way."""
    net = network(dtype=torch.float64, rule=sf.ThreeFactor(1e-2, weight_decay=0))
    net.initialise(0)
    loop, state = PlainLoop(net, batch=3), net.state(3)
    monkeypatch.setattr(loop, "draw", lambda: None)
    probability = torch.rand(3, 784, dtype=torch.float64)
    target = torch.eye(20, dtype=torch.float64)[[0, 7, 19]]
    for _ in range(5):
        uniforms = [torch.rand(3, n, dtype=torch.float64) for n in (784, 30, 30, 20)]
        for population, drawn in zip(state.populations, uniforms[1:], strict=True):
            population.uniforms.copy_(drawn)
        net.step(state, (uniforms[0] < probability).double(), target)
        loop.uniforms.copy_(uniforms[0])
        for layer, drawn in zip(loop.layers, uniforms[1:], strict=True):
            layer.uniforms.copy_(drawn)
        loop.step(probability, target)
    for layer, synapses in zip(loop.layers, net.synapses.values(), strict=True):
        torch.testing.assert_close(layer.W, synapses.weight, rtol=0, atol=1e-12)
        torch.testing.assert_close(layer.b, synapses.bias, rtol=0, atol=1e-12)


def test_the_plain_loop_draws_in_every_step():
    net = network()
    net.initialise(0)
    loop = PlainLoop(net, batch=2)
    target, probability = torch.zeros(2, 20), torch.full((2, 784), 0.5)
    loop.step(probability, target)
    first = [loop.spikes.clone(), *(layer.s.clone() for layer in loop.layers)]
    loop.step(probability, target)
    second = [loop.spikes, *(layer.s for layer in loop.layers)]
    assert not any(one.equal(other) for one, other in zip(first, second, strict=True))


def test_the_plain_loop_refuses_other_circuits():
    net = network(feedback=sf.DFA())
    net.initialise(0)
    with pytest.raises(SpikefaError, match=r"such as FA\(\), DFA\("):
        PlainLoop(net, batch=1)


@pytest.mark.long
def test_a_step_costs_no_more_than_the_plain_loop():
    """The full network at batch 100; five in a hundred are allowed for noise."""
    timing = time_steps(sf.models.lillicrap2016.spiking_mnist(), batch=100, steps=10)
    assert timing.ratio("eager", "plain loop") <= 1.05, str(timing)


@pytest.mark.long
def test_a_step_of_one_stream_is_twice_as_fast_as_the_plain_loop():
    timing = time_steps(sf.models.lillicrap2016.spiking_mnist(), batch=1, steps=30)
    assert timing.ratio("eager", "plain loop") <= 0.5, str(timing)
