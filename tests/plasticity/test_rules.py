"""The plasticity rules against loops over streams and synapses in NumPy."""

from functools import partial

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.errors import SpikefaError
from spikefa.plasticity import Post
from spikefa.recording import Probe, Window

N_PRE, N_POST, BATCH, STEPS = 5, 4, 3, 12
ETA = 0.3


def activity():
    """Return pre, potential, spikes, gain, modulator of some steps."""
    random = np.random.default_rng(7)
    for _ in range(STEPS):
        potential = 3 * random.standard_normal((BATCH, N_POST))
        p = 1 / (1 + np.exp(-potential))
        yield (
            (random.random((BATCH, N_PRE)) < 0.5).astype(float),
            potential,
            (random.random((BATCH, N_POST)) < p).astype(float),
            p * (1 - p),
            random.standard_normal((BATCH, N_POST)),
        )


def run(rule):
    """Return weight and bias after some steps of `rule`."""
    synapses = sf.Dense(N_PRE, N_POST, scale=1.0, dtype=torch.float64)
    synapses.initialise(torch.Generator().manual_seed(0))
    synapses.bias.fill_(0.25)
    state = rule.state(N_PRE, N_POST, BATCH, ETA, torch.device("cpu"), torch.float64)
    for step in activity():
        pre, *post, modulator = (torch.as_tensor(each) for each in step)
        synapses.apply(rule.update(pre, Post(*post), modulator, state))
    return synapses.weight.numpy(), synapses.bias.numpy()


def loop(change):
    """Return the same from ``change(k, i, j, pre, V, s, gain, m, W)``, called synapse by synapse.

    The bias is synapse N_PRE, from a neuron whose activity is always 1.
    """
    synapses = sf.Dense(N_PRE, N_POST, scale=1.0, dtype=torch.float64)
    synapses.initialise(torch.Generator().manual_seed(0))
    W = np.vstack([synapses.weight.numpy(), np.full(N_POST, 0.25)])
    for pre, V, s, gain, m in activity():
        pre = np.hstack([pre, np.ones((BATCH, 1))])
        new = W.copy()
        for k in range(BATCH):
            for i in range(N_PRE + 1):
                for j in range(N_POST):
                    here = (pre[k, i], V[k, j], s[k, j], gain[k, j], m[k, j], W[i, j])
                    new[i, j] += change(k, i, j, *here)
        W = new
    return W[:-1], W[-1]


def three_factor():
    return lambda k, i, j, x, V, s, gain, m, w: -ETA * x * m * gain


def rough(band, centre):
    return lambda k, i, j, x, V, s, gain, m, w: (
        -ETA * x * m * ((1 / (2 * band)) if abs(V - centre) < band else 0)
    )


def eligibility(memory):
    e = np.zeros((BATCH, N_PRE + 1, N_POST))

    def change(k, i, j, x, V, s, gain, m, w):
        e[k, i, j] = memory * e[k, i, j] + x * gain
        return -ETA * m * e[k, i, j]

    return change


def stdp(pre_memory, post_memory, plus, minus):
    x_trace = np.zeros((BATCH, N_PRE + 1, N_POST))
    y_trace = np.zeros((BATCH, N_PRE + 1, N_POST))

    def change(k, i, j, x, V, s, gain, m, w):
        at = (k, i, j)
        x_trace[at] = pre_memory * x_trace[at] + x if i < N_PRE else 1
        dw = -ETA * m * (plus * s * x_trace[at] - minus * x * y_trace[at])
        y_trace[at] = post_memory * y_trace[at] + s
        return dw

    return change


def low_pass(memory, post_memory):
    x_trace = np.zeros((BATCH, N_PRE + 1, N_POST))
    y_trace = np.zeros((BATCH, N_PRE + 1, N_POST))

    def change(k, i, j, x, V, s, gain, m, w):
        at = (k, i, j)
        x_trace[at] = memory * x_trace[at] + x if i < N_PRE else 1
        y_trace[at] = post_memory * y_trace[at] + m * gain
        return -ETA * x_trace[at] * y_trace[at]

    return change


def s_tllr(pre_memory, post_memory, acausal):
    x_trace = np.zeros((BATCH, N_PRE + 1, N_POST))
    z_trace = np.zeros((BATCH, N_PRE + 1, N_POST))

    def change(k, i, j, x, V, s, gain, m, w):
        at = (k, i, j)
        x_trace[at] = pre_memory * x_trace[at] + x if i < N_PRE else 1
        after = acausal * x * z_trace[at] if i < N_PRE else 0
        dw = -ETA * m * (gain * x_trace[at] + after)
        z_trace[at] = post_memory * z_trace[at] + gain
        return dw

    return change


def e_prop(memory, adaptation, adaptation_memory, readout_memory, strength=0.0, target=0.0):
    x_trace, a, f, rate = (np.zeros((BATCH, N_PRE + 1, N_POST)) for _ in range(4))

    def change(k, i, j, x, V, s, gain, m, w):
        at = (k, i, j)
        x_trace[at] = memory * x_trace[at] + x
        e = gain * (x_trace[at] - adaptation * a[at])
        f[at] = readout_memory * f[at] + e
        a[at] = adaptation_memory * a[at] + e
        rate[at] = 0.7 * rate[at] + 0.3 * s
        return -ETA * (m + strength * (rate[at] - target)) * f[at]

    return change


def bcm(memory, modulated):
    theta = np.zeros((BATCH, N_PRE + 1, N_POST))

    def change(k, i, j, x, V, s, gain, m, w):
        dw = ETA * (-m if modulated else 1) * x * s * (s - theta[k, i, j])
        theta[k, i, j] = memory * theta[k, i, j] + (1 - memory) * s**2
        return dw

    return change


def oja(alpha, modulated):
    return lambda k, i, j, x, V, s, gain, m, w: (
        ETA * ((-m * gain if modulated else s) * x - alpha * s**2 * w)
    )


def homeostatic(target, strength):
    return lambda k, i, j, x, V, s, gain, m, w: (
        -ETA * (x * m * gain + (strength * (s - target) if i == N_PRE else 0))
    )


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        (partial(sf.ThreeFactor), three_factor),
        (partial(sf.Homeostatic, target=0.3, strength=0.7), partial(homeostatic, 0.3, 0.7)),
        (partial(sf.RoughThreeFactor), partial(rough, 2.0, 0.0)),
        (partial(sf.RoughThreeFactor, band=0.7, centre=1.0), partial(rough, 0.7, 1.0)),
        (partial(sf.Eligibility, memory=0.8), partial(eligibility, 0.8)),
        (partial(sf.Eligibility, memory=0.0), three_factor),
        (partial(sf.STDP), partial(stdp, 0.5, 0.5, 1, 1)),
        (
            partial(sf.STDP, pre_memory=0.9, post_memory=0.3, potentiation=2, depression=0.5),
            partial(stdp, 0.9, 0.3, 2, 0.5),
        ),
        (partial(sf.LowPassTraces), partial(low_pass, 0.5, 0.0)),
        (partial(sf.LowPassTraces, memory=0.8, post_memory=0.3), partial(low_pass, 0.8, 0.3)),
        (partial(sf.LowPassTraces, memory=0), three_factor),
        (partial(sf.STLLR), partial(s_tllr, 0.5, 0.2, -1)),
        (
            partial(sf.STLLR, pre_memory=0.9, post_memory=0.4, acausal=0.7),
            partial(s_tllr, 0.9, 0.4, 0.7),
        ),
        (partial(sf.STLLR, pre_memory=0.8, acausal=0), partial(low_pass, 0.8, 0.0)),
        (partial(sf.EProp), partial(e_prop, 0.9, 0.2, 0.97, 0.5)),
        (
            partial(sf.EProp, memory=0.4, adaptation=1.5, adaptation_memory=0.6, readout_memory=0),
            partial(e_prop, 0.4, 1.5, 0.6, 0),
        ),
        (
            partial(sf.EProp, rate_strength=1.5, target_rate=0.2, rate_memory=0.7),
            partial(e_prop, 0.9, 0.2, 0.97, 0.5, 1.5, 0.2),
        ),
        (partial(sf.EProp, memory=0, adaptation=0, readout_memory=0), three_factor),
        (partial(sf.EProp, memory=0, adaptation=0, readout_memory=0.8), partial(eligibility, 0.8)),
        (partial(sf.BCM, memory=0.6), partial(bcm, 0.6, True)),
        (partial(sf.BCM, memory=0.9, modulated=False), partial(bcm, 0.9, False)),
        (partial(sf.Oja, alpha=0.2), partial(oja, 0.2, True)),
        (partial(sf.Oja, alpha=0.1, modulated=False), partial(oja, 0.1, False)),
    ],
    ids=lambda made: getattr(made, "__name__", None),
)
def test_rules_are_their_equations(rule, change):
    weight, bias = run(rule(ETA))
    expected_weight, expected_bias = loop(change())
    np.testing.assert_allclose(weight, expected_weight, rtol=0, atol=1e-12)
    np.testing.assert_allclose(bias, expected_bias, rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_traces_without_memory_are_the_three_factors_bit_for_bit(dtype, tiny):
    def weights(rule):
        net = sf.models.lillicrap2016.spiking_mnist(
            12, 2, 4, n_inputs=12, feedback=sf.KP(0.3), rule=rule, dtype=dtype
        )
        sim = sf.Simulation(net, tiny, batch_size=4, seed=9)
        sim.train(epochs=2)
        return net.tensors()

    expected = weights(sf.ThreeFactor(0.05))
    found = weights(sf.LowPassTraces(learning_rate=0.05, memory=0, weight_decay=1e-8))
    for name, tensor in expected.items():
        assert torch.equal(tensor, found[name]), name


@pytest.mark.parametrize("constant", [True, False])
def test_eligibility_is_a_product_of_traces_if_the_gain_is_constant(constant, monkeypatch):
    steps = list(activity())

    def steady():
        for pre, potential, spikes, gain, modulator in steps:
            yield pre, potential, spikes, steps[0][3] if constant else gain, modulator

    monkeypatch.setitem(run.__globals__, "activity", steady)
    traced, _ = run(sf.LowPassTraces(learning_rate=ETA, memory=0.7))
    eligible, _ = run(sf.Eligibility(ETA, memory=0.7))
    assert (np.abs(traced - eligible).max() < 1e-12) == constant


def test_oja_without_modulator_finds_the_first_principal_component():
    random = torch.Generator().manual_seed(1)
    spread = torch.tensor([3.0, 1.0, 0.5, 0.2], dtype=torch.float64)
    turn, _ = torch.linalg.qr(torch.randn(4, 4, generator=random, dtype=torch.float64))
    net = sf.Network(
        4,
        {"output": sf.Rate(1, "linear")},
        sf.FA(),
        sf.Oja(2e-4, alpha=0.25, modulated=False),
        dtype=torch.float64,
    )
    net.initialise(0)
    state, target = net.state(10), torch.zeros(10, 1, dtype=torch.float64)
    for _ in range(2000):
        inputs = (torch.randn(10, 4, generator=random, dtype=torch.float64) * spread) @ turn.T
        net.step(state, inputs, target)
    weight = net.synapses["output"].weight[:, 0]
    assert abs(weight.norm() - 2) < 0.1, "length 1 / sqrt(alpha)"
    assert abs(weight @ turn[:, 0]) / weight.norm() > 0.99


@pytest.mark.parametrize("optimiser", [None, torch.optim.SGD])
def test_what_a_neuron_loses_is_the_same_through_an_optimiser(optimiser):
    net = sf.Network(
        3,
        {"output": sf.Rate(2, "tanh")},
        sf.FA(),
        sf.Oja(0.1, alpha=0.5),
        dtype=torch.float64,
        optimiser=optimiser,
    )
    net.initialise(0)
    before = {name: tensor.clone() for name, tensor in net.synapses["output"].tensors().items()}
    state, x = net.state(2), torch.randn(2, 3, dtype=torch.float64)
    net.step(state, x, torch.zeros(2, 2, dtype=torch.float64))
    here = state.populations[0]
    lost = 0.1 * 0.5 * here.spikes.square().sum(0)
    factor = -0.1 * state.feedback.modulators[0] * here.gain
    after = net.synapses["output"]
    torch.testing.assert_close(after.weight, before["weight"] * (1 - lost) + x.T @ factor)
    torch.testing.assert_close(after.bias, before["bias"] * (1 - lost) + factor.sum(0))


RULES = [
    sf.RoughThreeFactor,
    sf.Eligibility,
    partial(sf.EProp, rate_strength=0.1),
    sf.LowPassTraces,
    sf.STLLR,
    sf.STDP,
    sf.BCM,
    sf.Oja,
]


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
def test_traces_are_in_checkpoints_and_can_be_recorded(rule, tiny, tmp_path):
    def simulation():
        net = sf.Network(
            12,
            {"hidden1": sf.StochasticBinary(6), "output": sf.StochasticBinary(4)},
            sf.FA(),
            rule(0.02),
        )
        return sf.Simulation(net, tiny, batch_size=4, seed=9)

    whole, first, second = simulation(), simulation(), simulation()
    variables = whole.runner.variables()
    probes = [
        Probe(population, name, "all")
        for population in ("input", "output")
        for name in rule(0.02).traces
        if name in variables[population]
    ]
    assert probes
    with whole:
        whole.record(tmp_path / "run.h5", probes, [Window("all", 0, 20)])
        whole.train(epochs=2)
    with sf.open(tmp_path / "run.h5") as recording:
        for probe in probes:
            trace = recording.trace(probe.population, probe.variable)
            assert np.isfinite(trace).all()
            assert np.abs(trace).max() > 0
    first.train(epochs=1)
    first.save(tmp_path / "checkpoint")
    second.restore(tmp_path / "checkpoint")
    second.train(epochs=1)
    for name, tensor in whole.tensors().items():
        assert tensor.equal(second.tensors()[name]), name


@pytest.mark.slow
@pytest.mark.parametrize("rule", [sf.RoughThreeFactor, sf.Eligibility, sf.LowPassTraces, sf.STLLR])
def test_rules_that_follow_the_error_learn_digits(rule):
    net = sf.models.lillicrap2016.spiking_mnist(
        hidden=100,
        hidden_layers=1,
        outputs=50,
        n_inputs=64,
        feedback=sf.FA(scale=0.2),
        rule=rule(0.03),
    )
    simulation = sf.Simulation(net, sf.datasets.digits(), batch_size=10, seed=0)
    simulation.train(epochs=3)
    assert simulation.test().error_percent_summed < 40  # chance is 90


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sf.RoughThreeFactor(band=0), "band of RoughThreeFactor is 0: give"),
        (lambda: sf.Eligibility(memory=1), "memory of Eligibility is"),
        (lambda: sf.STDP(pre_memory=-0.1), "pre_memory of STDP is"),
        (lambda: sf.STDP(post_memory=1.0), "post_memory of STDP is"),
        (lambda: sf.LowPassTraces(memory=1), "memory of LowPassTraces is 1: give"),
        (lambda: sf.EProp(readout_memory=1), "readout_memory of EProp is 1: give"),
        (lambda: sf.EProp(adaptation=-1), "adaptation of EProp is -1: give"),
        (lambda: sf.STLLR(post_memory=1.5), "post_memory of STLLR is"),
        (lambda: sf.BCM(memory=2), "memory of BCM is 2: give"),
        (lambda: sf.Oja(alpha=-1), "alpha of Oja is -1: give"),
    ],
)
def test_rules_that_cannot_be(make, message):
    with pytest.raises(SpikefaError, match=message):
        make()
