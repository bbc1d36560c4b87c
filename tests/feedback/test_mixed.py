"""The strategies s1 to s3, with the output's error and with auxiliary ones, against NumPy."""

import numpy as np
import pytest
import torch

import spikefa as sf
from tests.helpers.driving import BATCH, SIZES, drive, network

TAU, HIDDEN = 0.9, len(SIZES) - 1
F = {
    "mean": lambda terms: sum(terms) / len(terms),
    "sum": sum,
    "tanh": lambda terms: np.tanh(sum(terms)),
}


class Loop:
    """Table 1 of the paper, with leaky error populations, from its three kinds of matrices."""

    def __init__(self, circuit, gated):
        self.strategy, self.gated, self.F = circuit.strategy, gated, F[circuit.combine]
        self.M = {name: matrix.numpy() for name, matrix in circuit.tensors().items()}
        self.U = [np.zeros((BATCH, n)) for n in SIZES]
        self.Y = [np.zeros((BATCH, n)) for n in SIZES[:-1]]
        self.A, self.E = (np.zeros((HIDDEN, BATCH, SIZES[-1])) for _ in range(2))

    def leak(self, old, new):
        return (1 - TAU) * old + TAU * new

    def sent(self, u, layer):
        return np.tanh(u) * (self.gain[layer] if self.gated else 1)

    def step(self, state, direct_errors=None):
        self.gain = [p.gain.numpy() for p in state.populations]
        self.U[-1] = self.leak(self.U[-1], state.error.numpy())
        D = [self.M[f"direct{layer + 1}"] for layer in range(HIDDEN)]
        if direct_errors is None:
            direct_errors = [self.sent(self.U[-1], -1)] * HIDDEN
        direct = [e @ d for e, d in zip(direct_errors, D, strict=True)]
        self.Y = [self.leak(y, d) for y, d in zip(self.Y, direct, strict=True)]

        def above(layer, u):
            return self.sent(u[layer + 1], layer + 1) @ self.M[f"above{layer + 1}"]

        def below(layer, u):
            return self.sent(u[layer - 1], layer - 1) @ self.M[f"below{layer + 1}"]

        def combine(layer, *terms):
            arrived = terms[0] if len(terms) == 1 else self.F(terms)
            self.U[layer] = self.leak(self.U[layer], arrived)

        if self.strategy == "direct":
            for layer in range(HIDDEN):
                combine(layer, direct[layer])
        elif self.strategy == "s1":
            combine(HIDDEN - 1, direct[-1])
            for layer in reversed(range(HIDDEN - 1)):
                combine(layer, direct[layer], above(layer, self.U))
        elif self.strategy == "s2":
            combine(0, direct[0])
            for layer in range(1, HIDDEN):
                combine(layer, direct[layer], below(layer, self.U))
        else:
            combine(0, direct[0], above(0, self.Y))
            for layer in range(1, HIDDEN - 1):
                combine(layer, direct[layer], above(layer, self.Y), below(layer, self.Y))
            combine(HIDDEN - 1, direct[-1], below(HIDDEN - 1, self.Y))


@pytest.mark.parametrize("strategy", ["s1", "s2", "s3"])
@pytest.mark.parametrize("combine", ["mean", "sum", "tanh"])
@pytest.mark.parametrize("gated", [False, True])
def test_strategies_follow_table_1(strategy, combine, gated):
    circuit = sf.Mixed(strategy, combine, scale=0.5, phi_delta="tanh", gated=gated)
    net = network(circuit)
    loop = Loop(circuit, gated)

    def compare(state, target):
        loop.step(state)
        for error, expected in zip(state.feedback.errors, loop.U, strict=True):
            np.testing.assert_allclose(error.potential, expected, rtol=0, atol=1e-12)
            np.testing.assert_allclose(error.activity, np.tanh(expected), rtol=0, atol=1e-12)

    before = {name: tensor.clone() for name, tensor in circuit.tensors().items()}
    drive(net, 15, each=compare)
    assert all(tensor.equal(before[name]) for name, tensor in circuit.tensors().items())


@pytest.mark.parametrize("strategy", ["direct", "s1", "s2", "s3"])
def test_auxiliary_errors_follow_section_2_1_1(strategy):
    circuit = sf.Auxiliary(strategy, scale=0.5, phi_delta="tanh")
    net = network(circuit)
    loop = Loop(circuit, gated=True)

    def compare(state, target):
        for layer in range(HIDDEN):
            logits = state.populations[layer].spikes.numpy() @ loop.M[f"direct{layer + 1}"].T
            loop.A[layer] = loop.leak(loop.A[layer], logits)
            guess = 1 / (1 + np.exp(-loop.A[layer]))
            loop.E[layer] = loop.leak(loop.E[layer], guess - target.numpy())
        loop.step(state, list(np.tanh(loop.E)))
        for error, expected in zip(state.feedback.errors, loop.U, strict=True):
            np.testing.assert_allclose(error.potential, expected, rtol=0, atol=1e-12)

    drive(net, 15, each=compare)


@pytest.mark.parametrize(("guess", "loss"), [("softmax", "soft"), ("logistic", "binary")])
def test_each_layer_descends_the_cross_entropy_of_its_own_guess(guess, loss):
    """LAFS as layer-wise training (Gilmer et al.), from autograd with every layer cut off."""
    circuit = sf.Auxiliary(guess=guess, tau=1.0)
    net = network(circuit, rate=True, tau=1.0, eta=1.0)
    layers = list(net.synapses.values())
    before = [synapses.weight.clone() for synapses in layers]
    random = torch.Generator().manual_seed(0)
    x = torch.randn(BATCH, 6, generator=random, dtype=torch.float64)
    target = torch.softmax(torch.randn(BATCH, 4, generator=random, dtype=torch.float64), -1)
    net.step(net.state(BATCH), x, target)
    s = x
    for layer in range(HIDDEN):
        weight = before[layer].clone().requires_grad_()
        s = torch.tanh(s.detach() @ weight)
        logits = s @ circuit.matrices[layer]["direct"].mT
        if loss == "soft":
            entropy = -(target * logits.log_softmax(-1)).sum()
        else:
            entropy = torch.nn.functional.binary_cross_entropy_with_logits(
                logits, target, reduction="sum"
            )
        entropy.backward()
        assert weight.grad.abs().max() > 1e-3
        torch.testing.assert_close(
            layers[layer].weight, before[layer] - weight.grad, rtol=0, atol=1e-10
        )


@pytest.mark.parametrize("circuit", [sf.Mixed, sf.Auxiliary])
def test_a_combination_of_ones_own(circuit):
    def largest(terms, out):
        torch.amax(torch.stack(list(terms)), 0, out=out)

    net = network(circuit("s3", combine=largest, tau=1.0))

    def compare(state, target):
        for error, arrived in zip(state.feedback.errors[:-1], state.feedback.arrived, strict=True):
            expected = np.max([term.numpy() for term in arrived.values()], 0)
            np.testing.assert_allclose(error.potential, expected)

    drive(net, 3, each=compare)


@pytest.mark.parametrize("strategy", ["s1", "s2", "s3"])
def test_with_one_hidden_layer_it_is_feedback_alignment(strategy):
    mixed, fa = sf.Mixed(strategy), sf.FA(scale=0.2, gated=True)
    one, two = network(mixed, (5, 4)), network(fa, (5, 4))
    fa.matrices[0].copy_(mixed.matrices[0]["direct"])
    drive(one, 10), drive(two, 10)
    for name, synapses in one.synapses.items():
        torch.testing.assert_close(synapses.weight, two.synapses[name].weight)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("phi_delta", ["identity", "tanh", "logistic", "spiking"])
@pytest.mark.parametrize("sizes", [(4,), (5, 4), (5, 7, 4)])
@pytest.mark.parametrize("rate", [False, True])
@pytest.mark.parametrize("circuit", [sf.Mixed, sf.Auxiliary])
def test_it_runs_with_every_population_and_depth(circuit, batch, phi_delta, sizes, rate):
    for strategy in ("s1", "s2", "s3"):
        net = network(circuit(strategy, phi_delta=phi_delta), sizes, rate, dtype=torch.float32)
        state = drive(net, 3, batch=batch)
        assert all(tensor.isfinite().all() for tensor in net.tensors().values())
        hidden = len(sizes) - 1
        expected = len(sizes) + hidden * ((strategy == "s3") + (circuit is sf.Auxiliary))
        assert len(state.feedback.uniforms()) == (phi_delta == "spiking") * expected


def test_alignment_of_s1_is_to_the_layer_above():
    net = network(sf.Mixed("s1"))
    assert list(net.alignment()) == ["hidden2", "hidden3", "output"]
    assert network(sf.Mixed("s3")).alignment() == network(sf.Auxiliary("s1")).alignment() == {}


@pytest.mark.parametrize("circuit", [sf.Mixed, sf.Auxiliary])
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"strategy": "s4"}, r"strategy must be one of .*s1, s2, s3, 's4' given"),
        ({"combine": "median"}, "combine must be one of mean, sum, tanh, or a function"),
        ({"scale": 0.0}, "is 0.0: give a number above 0"),
        ({"sparsity": 1.0}, "sparsity of"),
        ({"matrix": "cauchy"}, "matrix must be one of uniform"),
        ({"tau": 2.0}, "tau of"),
    ],
)
def test_bad_arguments_are_told_at_once(circuit, arguments, says):
    with pytest.raises(sf.SpikefaError, match=says):
        circuit(**arguments)


def test_a_guess_needs_an_activation():
    with pytest.raises(sf.SpikefaError, match="activation must be one of"):
        sf.Auxiliary(guess="step")
