"""R replicas are R single networks, step for step, whatever circuit, rule, neurons and synapses."""

from functools import partial

import pytest
import snntorch
import torch

import spikefa as sf
from spikefa.models.rate_networks import Biased, Unbiased
from spikefa.synapses import Dense, LocallyConnected, Masked
from spikefa.utils.seeding import generator
from spikefa.utils.tensors import named_tensors

N_IN, SIZES, BATCH, SEEDS = 6, (9, 7, 4), 3, (4, 1, 7)

CIRCUITS = {
    "FA": sf.FA,
    "FA gated": partial(sf.FA, gated=True, phi_delta="tanh"),
    "FA spiking": partial(sf.FA, phi_delta="spiking"),
    "FA procedural": partial(sf.FA, procedural=True, sparsity=0.3),
    "FA orthogonal": partial(sf.FA, matrix="orthogonal"),
    "FA B6": partial(sf.FA, matrix="B6"),
    "DFA": sf.DFA,
    "DFA procedural": partial(sf.DFA, procedural=True),
    "Backprop": sf.Backprop,
    "uSF": sf.SF,
    "brSF": partial(sf.SF, "brSF"),
    "frSF": partial(sf.SF, "frSF"),
    "KP": sf.KP,
    "WM": partial(sf.WM, every=3),
    "PAL": sf.PAL,
    "DRTP": sf.DRTP,
    "DRTP procedural": partial(sf.DRTP, procedural=True),
    "DKP": partial(sf.DKP, momentum=0.5),
    "FDFA": sf.FDFA,
    "PFA": partial(sf.PFA, middle_phi_delta="spiking"),
    "PFAo": sf.PFAo,
    "PFA fixed": partial(sf.PFA, plastic=False),
    "s1": partial(sf.Mixed, "s1"),
    "s2": partial(sf.Mixed, "s2", combine="tanh"),
    "s3": partial(sf.Mixed, "s3", phi_delta="spiking"),
    "LAFS": sf.Auxiliary,
    "LAFS s3": partial(sf.Auxiliary, "s3", guess="softmax"),
    "NodePerturbation": sf.NodePerturbation,
    "Reward": sf.Reward,
    "Reward noiseless": partial(sf.Reward, noisy=False),
    "Shallow": sf.Shallow,
    "PseudoBackprop": partial(sf.PseudoBackprop, every=4),
}
RULES = {
    "ThreeFactor": partial(sf.ThreeFactor, weight_decay=1e-3),
    "RoughThreeFactor": sf.RoughThreeFactor,
    "Eligibility": sf.Eligibility,
    "LowPassTraces": partial(sf.LowPassTraces, post_memory=0.3),
    "STLLR": sf.STLLR,
    "EProp": sf.EProp,
    "STDP": sf.STDP,
    "Homeostatic": sf.Homeostatic,
    "Oja": sf.Oja,
    "Hebbian Oja": partial(sf.Oja, modulated=False),
    "BCM": sf.BCM,
}
NEURONS = {
    "binary": sf.StochasticBinary,
    "noisy tanh": partial(sf.Rate, activation="tanh", noise=0.1),
    "refractory": partial(sf.Refractory, steps=3),
    "relu": partial(sf.Rate, activation="relu"),
    "softmax": partial(sf.Rate, activation="softmax"),
    "Leaky": lambda n: sf.SnnTorch(snntorch.Leaky(beta=0.9, threshold=0.2), n),
    "RSynaptic": lambda n: sf.SnnTorch(
        snntorch.RSynaptic(alpha=0.8, beta=0.9, all_to_all=False, V=0.3, threshold=0.2), n
    ),
}
SYNAPSES = {
    "norm": partial(Dense, norm=0.7),
    "masked": partial(Masked, sparsity=0.4),
    "Dale, mismatch and failure": partial(
        Dense, constraints=(sf.Dale(0.6), sf.Mismatch(0.2), sf.Failure(0.2))
    ),
    "bits": partial(Masked, sparsity=0.4, constraints=(sf.Bits(3, limit=0.1),)),
    "unbiased": Unbiased,
    "biased": partial(Biased, bias_scale=0.3),
}
OPTIMISERS = {
    name: getattr(torch.optim, name)
    for name in ("SGD", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "RMSprop", "Adagrad")
} | {
    "momentum": partial(torch.optim.SGD, momentum=0.9, nesterov=True),
    "Adadelta": torch.optim.Adadelta,
    "Rprop": torch.optim.Rprop,
}


def network(replicas=None, circuit=sf.FA, rule=sf.ThreeFactor, neurons=None, **others):
    """Return a network of a few neurons in float64, its weights not drawn yet."""
    kind = neurons or sf.StochasticBinary
    names = ("hidden1", "hidden2", "output")
    return sf.Network(
        N_IN,
        {name: kind(size) for name, size in zip(names, SIZES, strict=True)},
        circuit(),
        rule(0.05),
        **{"synapses": partial(Dense, scale=0.6), "dtype": torch.float64, **others},
        replicas=replicas,
    )


def draw(state, seed, step):
    """Draw the uniforms of one step of a single network; return inputs and target."""
    source = generator(seed, "test", step)
    uniforms = {str(n): population.uniforms for n, population in enumerate(state.populations)}
    for numbers in (uniforms | state.feedback.uniforms()).values():
        numbers.uniform_(generator=source)
    inputs = torch.rand(BATCH, N_IN, generator=source, dtype=torch.float64)
    target = torch.rand(BATCH, SIZES[-1], generator=source, dtype=torch.float64)
    return inputs.round(), target.round()


def run_alone(make, seed, steps):
    """Return weights and state of a single network, after so many steps."""
    net = make()
    net.initialise(seed)
    state = net.state(BATCH)
    net.set_learning_rates(state, 0.5)
    for step in range(steps):
        net.step(state, *draw(state, seed, step))
    return {**net.tensors(), **named_tensors(state, "state")}


def run_together(make, seeds, steps):
    """Return the same of all replicas, each as it would be on its own."""
    net = make(replicas=len(seeds))
    net.initialise(list(seeds))
    state = net.state(BATCH)
    net.set_learning_rates(state, 0.5)
    each = [state.replica(number) for number in range(len(seeds))]
    for step in range(steps):
        drawn = [draw(own, seed, step) for own, seed in zip(each, seeds, strict=True)]
        inputs, target = (torch.stack(tensors) for tensors in zip(*drawn, strict=True))
        net.step(state, inputs, target)
    return [
        {**net.replica(number).tensors(), **named_tensors(own, "state")}
        for number, own in enumerate(each)
    ]


def assert_the_same(make, steps=20, seeds=SEEDS):
    for seed, together in zip(seeds, run_together(make, seeds, steps), strict=True):
        alone = run_alone(make, seed, steps)
        assert set(together) == set(alone)
        for name, tensor in alone.items():
            assert together[name].shape == tensor.shape, name
            torch.testing.assert_close(
                together[name], tensor, rtol=1e-9, atol=1e-12, equal_nan=True, msg=name
            )


@pytest.mark.slow
@pytest.mark.parametrize("circuit", CIRCUITS.values(), ids=CIRCUITS)
def test_circuits(circuit):
    assert_the_same(partial(network, circuit=circuit))


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_rules(rule):
    assert_the_same(partial(network, rule=rule))


@pytest.mark.parametrize("neurons", NEURONS.values(), ids=NEURONS)
def test_neurons(neurons):
    assert_the_same(partial(network, neurons=neurons))


@pytest.mark.parametrize("synapses", SYNAPSES.values(), ids=SYNAPSES)
def test_synapses(synapses):
    assert_the_same(partial(network, synapses=synapses))


def test_locally_connected():
    local = partial(LocallyConnected, grid=(2, 3), field=(1, 1), maps=2)
    sizes = {"hidden1": 12, "output": 4}

    def make(replicas=None):
        return sf.Network(
            6,
            {name: sf.StochasticBinary(size) for name, size in sizes.items()},
            sf.FA(),
            sf.ThreeFactor(0.05),
            synapses={"hidden1": local},
            dtype=torch.float64,
            replicas=replicas,
        )

    assert_the_same(make)


@pytest.mark.parametrize("optimiser", OPTIMISERS.values(), ids=OPTIMISERS)
def test_optimisers(optimiser):
    assert_the_same(partial(network, optimiser=optimiser))


@pytest.mark.parametrize("replicas", [1, 2])
def test_one_replica_and_two(replicas):
    assert_the_same(network, seeds=SEEDS[:replicas])
