"""Feedback matrices: distributions, sparsity, and procedural ones that equal the stored."""

import math

import pytest
import torch

import spikefa as sf
from spikefa.feedback import RandomMatrix, reciprocal_rate
from spikefa.feedback.random_matrix import BLOCK
from spikefa.utils.seeding import generator

SHAPE = (500, 301)  # several blocks, the last of them not full


def matrix(kind="uniform", shape=SHAPE, **more):
    made = RandomMatrix(*shape, kind=kind, dtype=more.pop("dtype", torch.float64), **more)
    made.initialise(3, "feedback", 1)
    return made


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_uniform_matrix_is_one_draw_from_its_stream(dtype):
    """Bit for bit what feedback alignment has always drawn: seeds keep their meaning."""
    assert SHAPE[0] * SHAPE[1] > 2 * BLOCK, "one block would prove nothing"
    expected = torch.empty(SHAPE, dtype=dtype)
    expected.uniform_(-0.2, 0.2, generator=generator(3, "feedback", 1))
    assert torch.equal(matrix(scale=0.2, dtype=dtype).stored, expected)


@pytest.mark.parametrize(
    ("kind", "mean", "deviation"),
    [
        ("uniform", 0, 1 / math.sqrt(3)),
        ("normal", 0, 1),
        ("sign", 0, 1),
        ("B1", 1, 0.01),
        ("B5", 1, 0.01 / math.sqrt(3)),
        ("B7", 0, 0.01),
    ],
)
def test_distributions_have_the_moments_given(kind, mean, deviation):
    drawn = matrix(kind, scale=0.3).stored
    error = 5 * deviation * 0.3 / math.sqrt(drawn.numel())
    assert drawn.mean().item() == pytest.approx(0.3 * mean, abs=error)
    assert drawn.std().item() == pytest.approx(0.3 * deviation, rel=0.02)
    rows = drawn[1:] * drawn[:-1]  # neighbours are independent
    assert ((rows - rows.mean()).mean() / drawn.var()).abs() < 0.02


def test_sign_matrix_has_two_values():
    assert matrix("sign", scale=0.3).stored.unique().tolist() == [-0.3, 0.3]


@pytest.mark.parametrize("shape", [(40, 30), (30, 40), (30, 30)])
def test_orthogonal_matrix_is_semi_orthogonal(shape):
    drawn = matrix("orthogonal", shape, scale=2.0).stored
    gram = drawn.T @ drawn if shape[0] >= shape[1] else drawn @ drawn.T
    torch.testing.assert_close(gram, 4 * torch.eye(30, dtype=torch.float64), rtol=0, atol=1e-12)


@pytest.mark.parametrize("shape", [SHAPE, (301, 500)])
def test_identities(shape):
    exact, noisy = (matrix(kind, shape, scale=0.5).stored for kind in ("B2", "B3"))
    assert torch.equal(exact, 0.5 * torch.eye(*shape, dtype=torch.float64))
    assert (noisy - exact).std().item() == pytest.approx(0.005, rel=0.02)


def test_sparse_ones_of_the_paper():
    ones, noisy = (matrix(kind, scale=0.5).stored for kind in ("B4", "B6"))
    assert set(ones.unique().tolist()) == {0.0, 0.5}
    for drawn in (ones, noisy):
        assert (drawn == 0).double().mean().item() == pytest.approx(0.5, abs=0.01)
    assert noisy[noisy != 0].std().item() == pytest.approx(0.005, rel=0.02)


@pytest.mark.parametrize("kind", ["uniform", "normal", "sign"])
@pytest.mark.parametrize("sparsity", [0.1, 0.9])
def test_sparsity_is_the_fraction_removed(kind, sparsity):
    full, thin = matrix(kind).stored, matrix(kind, sparsity=sparsity).stored
    spread = math.sqrt(sparsity * (1 - sparsity) / thin.numel())
    assert (thin == 0).double().mean().item() == pytest.approx(sparsity, abs=5 * spread)
    assert torch.equal(thin[thin != 0], full[thin != 0]), "what is left must not change"


KINDS = ["uniform", "normal", "sign", "B1", "B2", "B3", "B4", "B5", "B6", "B7"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sparsity", [0.0, 0.3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_procedural_matrix_is_the_stored_one(kind, sparsity, dtype):
    stored = matrix(kind, sparsity=sparsity, dtype=dtype)
    drawn = matrix(kind, sparsity=sparsity, dtype=dtype, procedural=True)
    assert drawn.stored.numel() == 0, "the matrix must not be stored"
    sent = torch.randn(4, SHAPE[0], dtype=dtype, generator=torch.Generator().manual_seed(0))
    out = torch.full((4, SHAPE[1]), math.nan, dtype=dtype)
    for _ in range(2):  # the same at every step
        assert torch.equal(drawn.whole(), stored.stored)
        drawn.carry(sent, out)
        torch.testing.assert_close(out, sent @ stored.stored)


def test_procedural_matrix_keeps_one_block():
    held = matrix(shape=(1000, 1000), procedural=True)
    numbers = sum(
        tensor.numel()
        for value in vars(held).values()
        for tensor in (value if isinstance(value, tuple) else [value])
        if isinstance(tensor, torch.Tensor)
    )
    assert numbers <= 2 * BLOCK + 2


def test_reciprocal_rate_of_independent_masks():
    removed_forward, removed_back = 0.3, 0.6
    forward = matrix("sign", sparsity=removed_forward).stored
    back = RandomMatrix(301, 500, kind="uniform", sparsity=removed_back)
    back.initialise(4, "feedback", 1)
    both = sum(
        forward[i, j] != 0 and back.stored[j, i] != 0 for i in range(40) for j in range(50)
    ) / (40 * 50)
    assert reciprocal_rate(forward[:40, :50], back.stored[:50, :40]) == pytest.approx(both)
    assert reciprocal_rate(forward, back.stored) == pytest.approx(0.7 * 0.4, abs=0.01)
    with pytest.raises(sf.SpikefaError, match="transposed"):
        reciprocal_rate(forward, back.stored.T)


def network(feedback, seed=0):
    sizes = {"hidden1": 12, "hidden2": 9, "output": 5}
    populations = {name: sf.StochasticBinary(n) for name, n in sizes.items()}
    net = sf.Network(7, populations, feedback, sf.ThreeFactor(0.1), dtype=torch.float64)
    net.initialise(seed)
    return net


def run(net, steps=3):
    source = torch.Generator().manual_seed(1)
    state = net.state(4)
    for _ in range(steps):
        for population in state.populations:
            population.uniforms.uniform_(generator=source)
        for uniforms in state.feedback.uniforms().values():
            uniforms.uniform_(generator=source)
        net.step(state, torch.ones(4, 7, dtype=torch.float64), torch.zeros(4, 5))
    return state


@pytest.mark.parametrize("circuit", [sf.FA, sf.DFA])
def test_procedural_circuit_learns_as_the_stored_one(circuit):
    nets = [network(circuit(0.5, sparsity=0.2, procedural=each)) for each in (False, True)]
    for net in nets:
        run(net)
    stored, drawn = nets
    assert drawn.feedback.matrices == []
    assert drawn.alignment() == {}
    for name, synapses in stored.synapses.items():
        torch.testing.assert_close(drawn.synapses[name].weight, synapses.weight)


def test_procedural_circuit_is_restored_from_its_seeds():
    first, second = network(sf.FA(procedural=True), 0), network(sf.FA(procedural=True), 1)
    for name, tensor in second.tensors().items():
        tensor.copy_(first.tensors()[name])
    for one, other in zip(first.feedback.random.each, second.feedback.random.each, strict=True):
        assert torch.equal(one.whole(), other.whole())


def test_layers_have_independent_matrices():
    net = sf.Network(
        4, {name: sf.StochasticBinary(50) for name in "abc"}, sf.DFA(), sf.ThreeFactor()
    )
    net.initialise(0)
    one, other = net.feedback.matrices
    assert torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1].abs() < 0.1


@pytest.mark.parametrize("circuit", [sf.FA, sf.DFA])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"matrix": "gaussian"}, "matrix must be one of uniform, normal"),
        ({"sparsity": 1.0}, "is 1.0: give a number from 0, below 1"),
        ({"sparsity": -0.1}, "is -0.1: give a number from 0, below 1"),
        ({"scale": 0}, "scale of .* is 0: give a number above 0"),
        ({"scale": [0.1, -1]}, r"scale\[1\] of .* is -1: give"),
        ({"scale": math.nan}, "scale of .* is nan: give"),
        ({"matrix": "orthogonal", "procedural": True}, "neither sparse nor procedural"),
        ({"matrix": "orthogonal", "sparsity": 0.5}, "neither sparse nor procedural"),
    ],
)
def test_bad_matrices_are_told_at_once(circuit, arguments, message):
    with pytest.raises(sf.SpikefaError, match=message):
        circuit(**arguments)


def test_scales_must_fit_the_layers():
    with pytest.raises(sf.SpikefaError, match="for 2 hidden populations: give one, or one each"):
        network(sf.DFA(scale=[0.1, 0.2, 0.3]))
