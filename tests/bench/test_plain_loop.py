"""The plain loop computes the same equations, and the engine is not slower."""

import pytest
import torch

import spikefa as sf
from spikefa.bench import plain_variants
from spikefa.bench.limits import Limits
from spikefa.bench.plain_expressions import PlainExpressions
from spikefa.bench.plain_loop import PlainLoop
from spikefa.bench.plain_variants import plain_steps
from spikefa.bench.step_times import StepTimes
from spikefa.bench.steps import time_steps
from spikefa.bench.work import work_of
from spikefa.errors import SpikefaError
from spikefa.testing import Tape
from tests.helpers.bench_network import network


def written(net, monkeypatch):
    """The loop as it is written, with draws that the test gives."""
    loop = PlainLoop(net, batch=3)
    monkeypatch.setattr(loop, "draw", lambda: None)

    def step(probability, target, uniforms):
        for kept, drawn in zip(
            [loop.uniforms, *(layer.uniforms for layer in loop.layers)], uniforms, strict=True
        ):
            kept.copy_(drawn)
        loop.step(probability, target)

    return loop, step


def expressions(net, monkeypatch, compiler=lambda step: step):
    """The loop for a compiler, here without one, with draws that the test gives."""
    loop, draws = PlainExpressions(net, batch=3), []
    monkeypatch.setattr(loop, "draw", lambda layer, p: (draws[layer + 1] < p).to(p.dtype))
    run = compiler(loop.step)

    def step(probability, target, uniforms):
        draws[:] = uniforms
        run(probability, target)

    return loop, step


def compiled(net, monkeypatch):
    return expressions(net, monkeypatch, torch.compile)


@pytest.mark.parametrize(
    "make", [written, expressions, pytest.param(compiled, marks=pytest.mark.long)]
)
def test_the_plain_loop_follows_the_same_equations(make, monkeypatch):
    """Given the same uniforms, the loop and the engine change the weights in the same way."""
    net = network(dtype=torch.float64, rule=sf.ThreeFactor(1e-2, weight_decay=0))
    net.initialise(0)
    loop, step = make(net, monkeypatch)
    state = net.state(3)
    probability = torch.rand(3, 784, dtype=torch.float64)
    target = torch.eye(20, dtype=torch.float64)[[0, 7, 19]]
    for _ in range(5):
        uniforms = [torch.rand(3, n, dtype=torch.float64) for n in (784, 30, 30, 20)]
        for population, drawn in zip(state.populations, uniforms[1:], strict=True):
            population.uniforms.copy_(drawn)
        net.step(state, (uniforms[0] < probability).double(), target)
        step(probability, target, uniforms)
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


def test_a_step_of_the_plain_loop_allocates_nothing():
    net = network()
    net.initialise(0)
    loop = PlainLoop(net, batch=2)
    target, probability = torch.zeros(2, 20), torch.full((2, 784), 0.5)
    loop.step(probability, target)
    with torch.profiler.profile(profile_memory=True) as profiled:
        loop.step(probability, target)
    assert sum(max(0, event.self_cpu_memory_usage) for event in profiled.key_averages()) == 0


@pytest.mark.slow
def test_variants_that_cannot_be_made_say_why(monkeypatch):
    def broken(step, **options):
        raise RuntimeError("no C++ compiler\nat all")

    monkeypatch.setattr(torch, "compile", broken)
    result = time_steps(network(), batch=2, steps=1, repetitions=1)
    assert result.left_out == {"plain loop, compiled": "RuntimeError: no C++ compiler at all"}
    assert "plain loop, compiled not timed: RuntimeError" in str(result)
    assert set(result.times) == {"eager", "products", "plain loop"}


@pytest.mark.slow
def test_on_a_gpu_the_loop_is_captured_and_rounded_too(monkeypatch):
    """With tapes in place of CUDA graphs and nothing compiled, on a CPU."""
    monkeypatch.setattr(plain_variants, "CudaCapture", Tape)
    monkeypatch.setattr(plain_variants, "captures_on", lambda device: True)
    precisions = []

    def step(loop, probability, target):
        precisions.append(torch.get_float32_matmul_precision())

    monkeypatch.setattr(torch, "compile", lambda step, mode="default": step)
    monkeypatch.setattr(PlainLoop, "step", step)
    monkeypatch.setattr(PlainExpressions, "step", step)
    steps, failed = plain_steps(network(), torch.zeros(2, 784), torch.zeros(2, 20))
    ways = ["", ", graph", ", compiled", ", compiled, graph"]
    assert list(steps) == [f"plain loop{way}{end}" for end in ("", ", TF32") for way in ways]
    assert not failed
    assert set(precisions) == {"highest", "high"}
    assert torch.get_float32_matmul_precision() == "highest"


def test_a_captured_loop_does_five_steps_at_every_fifth_call(monkeypatch):
    monkeypatch.setattr(plain_variants, "CudaCapture", Tape)
    counted = torch.zeros(1)
    step = plain_variants._captured(lambda: counted.add_(1), counted.device)
    counted.zero_()
    seen = []
    for _ in range(6):
        step()
        seen.append(int(counted))
    assert seen == [5, 5, 5, 5, 5, 10]


def test_the_best_plain_loop_rounds_nothing():
    times = {"eager": [4.0], "products": [1.0], "plain loop": [3.0]}
    times |= {"plain loop, graph": [2.0], "plain loop, graph, TF32": [1.0]}
    found = StepTimes(times, 1, work_of(network(), 1), Limits(1e12, 1e12))
    assert found.best_plain == "plain loop, graph"
    assert found.as_json()["backends"]["eager"]["ratio_to_best_plain_loop"] == 2
    assert "engine / plain loop, graph: 2.000" in str(found)


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


@pytest.mark.gpu
def test_every_variant_can_be_had_on_a_gpu():
    net = network(device="cuda")
    net.initialise(0)
    probability = torch.full((16, 784), 0.13, device="cuda")
    steps, failed = plain_steps(net, probability, torch.zeros(16, 20, device="cuda"))
    assert not failed
    assert len(steps) == 8
