"""What decays goes to 0, not through subnormal numbers, with which processors are slow."""

import math
from functools import partial

import pytest
import snntorch
import torch
from hypothesis import given
from hypothesis import strategies as st

import spikefa as sf
from spikefa.feedback.error_population import ErrorPopulation
from spikefa.feedback.matrix import PlasticMatrix
from spikefa.feedback.momentum import Momentum
from spikefa.plasticity import Post
from spikefa.utils.tensors import flush, leak

DTYPES = (torch.float32, torch.float64)


def subnormal(x):
    return (x != 0) & (x.abs() < torch.finfo(x.dtype).tiny)


def check(tensors):
    for name, x in tensors.items():
        if isinstance(x, torch.Tensor) and x.is_floating_point():
            assert not subnormal(x).any(), name


def near_zero(dtype, *shape):
    """Return numbers of both signs around the smallest normal one, on a logarithmic scale."""
    tiny = torch.finfo(dtype).tiny
    count = math.prod(shape)
    powers = torch.linspace(0, 8, count, dtype=torch.float64)
    signs = 1 - 2 * (torch.arange(count) % 2)
    return (tiny * 10**powers * signs).to(dtype).reshape(shape)


@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data())
def test_flush_changes_subnormal_numbers_and_nothing_else(dtype, data):
    width = 32 if dtype == torch.float32 else 64
    values = data.draw(st.lists(st.floats(width=width, allow_subnormal=True), min_size=1))
    tiny = torch.finfo(dtype).tiny
    values += [tiny, -tiny, tiny / 2, -tiny / 2, tiny - tiny * torch.finfo(dtype).eps, math.nan]
    given = torch.tensor(values * 3, dtype=dtype)
    flushed = flush(given.clone())
    expected = [0.0 if 0 < abs(value) < tiny else value for value in given.tolist()]
    assert torch.equal(flushed.isnan(), given.isnan())
    assert torch.equal(flushed.nan_to_num(0.0), torch.tensor(expected, dtype=dtype).nan_to_num(0.0))


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_leak_is_exact_down_to_the_smallest_normal_number(dtype):
    potential, plain = near_zero(dtype, 200), near_zero(dtype, 200)
    leak(potential, torch.zeros(200, dtype=dtype), 0.9)
    plain.lerp_(torch.zeros(200, dtype=dtype), 0.9)
    small = plain.abs() < torch.finfo(dtype).tiny
    assert small.any()
    assert torch.equal(potential[~small], plain[~small])
    assert not potential[small].any()


NEURONS = {
    "binary": sf.StochasticBinary(50),
    "rate": sf.Rate(50, tau=0.9),
    "leaky": sf.SnnTorch(snntorch.Leaky(beta=0.1), 50),
    "synaptic": sf.SnnTorch(snntorch.Synaptic(alpha=0.1, beta=0.1), 50),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NEURONS)
def test_potentials_of_neurons(name, dtype):
    neurons = NEURONS[name]
    state = neurons.state(4, torch.device("cpu"), dtype)
    state.potential.copy_(near_zero(dtype, 4, 50))
    currents = getattr(state, "currents", {})
    for current in currents.values():
        current.copy_(near_zero(dtype, 4, 50))
    for _ in range(3):
        neurons.step(state)
        check({"potential": state.potential, **currents})


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("phi_delta", ["identity", "tanh", "logistic"])
def test_potentials_and_activity_of_error_neurons(phi_delta, dtype):
    population = ErrorPopulation(50, phi_delta=phi_delta)
    state = population.state(4, torch.device("cpu"), dtype)
    state.potential.copy_(near_zero(dtype, 4, 50))
    for _ in range(3):
        population.step(state)
        check(vars(state))


RULES = {
    "ThreeFactor": sf.ThreeFactor,
    "Rough": sf.RoughThreeFactor,
    "Oja": sf.Oja,
    "BCM": sf.BCM,
    "STDP": partial(sf.STDP, pre_memory=0.1, post_memory=0.1),
    "LowPassTraces": partial(sf.LowPassTraces, memory=0.1, post_memory=0.1),
    "EProp": partial(sf.EProp, memory=0.1, adaptation_memory=0.1, readout_memory=0.1),
    "STLLR": partial(sf.STLLR, pre_memory=0.1, post_memory=0.1),
    "Eligibility": partial(sf.Eligibility, memory=0.1),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", RULES)
def test_traces_of_rules(name, dtype):
    rule = RULES[name](learning_rate=0.1)
    state = rule.state(30, 50, 4, 0.1, torch.device("cpu"), dtype)
    for trace in state.traces.values():
        trace.copy_(near_zero(dtype, *trace.shape))
    pre, silent = torch.zeros(4, 30, dtype=dtype), torch.zeros(4, 50, dtype=dtype)
    post = Post(silent, silent, silent + 0.25)
    for _ in range(3):
        rule.update(pre, post, near_zero(dtype, 4, 50), state)
        check(state.traces)


CIRCUITS = {
    "FA": sf.FA(0.3),
    "FA, gated": sf.FA(0.3, gated=True),
    "FA, tanh": sf.FA(0.3, phi_delta="tanh"),
    "DFA": sf.DFA(0.3),
    "DRTP": sf.DRTP(0.3),
    "DKP": sf.DKP(0.3),
    "FDFA": sf.FDFA(0.3),
    "FDFA, not gated": sf.FDFA(0.3, gated=False),
    "SF": sf.SF(),
    "KP": sf.KP(0.3),
    "KP, momentum": sf.KP(0.3, momentum=0.5),
    "WM": sf.WM(),
    "PAL": sf.PAL(0.3),
    "PFA": sf.PFA(2, scale=0.3),
    "PFA, momentum": sf.PFA(2, scale=0.3, momentum=0.5),
    "PFAo": sf.PFAo(2),
    "Auxiliary": sf.Auxiliary(),
    "Backprop": sf.Backprop(),
    "PseudoBackprop": sf.PseudoBackprop(),
    "Mixed": sf.Mixed("s3"),
    "Reward": sf.Reward(),
    "NodePerturbation": sf.NodePerturbation(),
}
LEARNING = {
    "weight decay": sf.ThreeFactor(1e-2, weight_decay=0.9),
    "Rough": sf.RoughThreeFactor(1e-2),
    "Oja": sf.Oja(1e-2),
    "BCM": sf.BCM(1e-2),
    "STDP": sf.STDP(1e-2, pre_memory=0.1, post_memory=0.1),
    "LowPassTraces": sf.LowPassTraces(1e-2, memory=0.1, post_memory=0.1),
    "EProp": sf.EProp(1e-2, memory=0.1, adaptation_memory=0.1, readout_memory=0.1),
    "STLLR": sf.STLLR(1e-2, pre_memory=0.1, post_memory=0.1),
    "Eligibility": sf.Eligibility(1e-2, memory=0.1),
}


def trained(circuit, rule):
    """Return a simulation after 50 images of 5 steps, the inputs at the border silent."""
    net = sf.models.lillicrap2016.spiking_mnist(
        n_inputs=64, hidden=20, outputs=20, feedback=circuit, rule=rule
    )
    data = sf.datasets.digits().subset(300, 10)
    sim = sf.Simulation(net, data, steps_per_image=5, batch_size=10, progress=False)
    sim.learn(50)
    return sim


@pytest.mark.slow
@pytest.mark.parametrize("name", CIRCUITS)
def test_a_circuit_in_training_holds_no_subnormal_numbers(name):
    check(trained(CIRCUITS[name], sf.ThreeFactor(1e-2)).tensors())


@pytest.mark.parametrize("name", LEARNING)
def test_a_rule_in_training_holds_no_subnormal_numbers(name):
    check(trained(sf.FA(0.3), LEARNING[name]).tensors())


def test_velocities_that_decay_are_zero_at_last():
    inertia = Momentum(0.1, "B")
    matrix = torch.zeros(3, 4)
    inertia.connect([PlasticMatrix(matrix)])
    inertia.velocities[0].copy_(near_zero(torch.float32, 3, 4))
    for _ in range(3):
        inertia.step(0, torch.zeros(2, 3), torch.zeros(2, 4), torch.tensor(1.0))
        check(inertia.tensors())


def test_weights_that_only_decay_are_zero_at_last():
    synapses = sf.Dense(4, 5)
    synapses.weight.copy_(near_zero(torch.float32, 4, 5))
    synapses.decay(0.3)
    check({"weight": synapses.weight})
    assert (synapses.weight == 0).any()
