"""Synapses that transmit something else than their weights: mismatch and failure."""

from functools import partial

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.utils.seeding import generator

N_PRE, N_POST, STREAMS = 40, 6, 20_000


def made(*constraints, dtype=torch.float64, **options):
    synapses = sf.Dense(N_PRE, N_POST, scale=0.5, constraints=constraints, dtype=dtype, **options)
    synapses.initialise(generator(4, "weights", 1))
    synapses.bias.copy_(torch.linspace(-1, 1, N_POST))
    return synapses


def driven(synapses, pre):
    out = torch.full((len(pre), N_POST), torch.nan, dtype=pre.dtype)
    synapses.drive(pre, out)
    return out


def test_mismatch_transmits_other_weights_than_those_that_learn():
    synapses, plain = made(sf.Mismatch(0.3)), made()
    assert synapses.weight.equal(plain.weight)
    factors = synapses.held[0].factors.clone()
    pre = torch.rand(3, N_PRE, dtype=torch.float64)
    post = torch.rand(3, N_POST, dtype=torch.float64)
    for each in (synapses, plain):
        each.apply(sf.Outer(pre, post))
    assert synapses.weight.equal(plain.weight)
    assert synapses.held[0].factors.equal(factors)
    expected = np.zeros((3, N_POST))
    for i in range(N_PRE):
        for j in range(N_POST):
            expected[:, j] += pre[:, i].numpy() * float(plain.weight[i, j] * factors[i, j])
    np.testing.assert_allclose(driven(synapses, pre), expected + plain.bias.numpy())


def test_factors_of_mismatch_are_normal_and_never_negative():
    synapses = sf.Dense(300, 200, constraints=(sf.Mismatch(0.2),))
    synapses.initialise(generator(0, "x"))
    factors = synapses.held[0].factors.double()
    assert float(factors.mean()) == pytest.approx(1, abs=4 * 0.2 / np.sqrt(60_000))
    assert float(factors.std()) == pytest.approx(0.2, rel=0.02)
    wide = sf.Dense(300, 200, constraints=(sf.Mismatch(2.0),))
    wide.initialise(generator(0, "x"))
    assert float(wide.held[0].factors.min()) == 0


@pytest.mark.parametrize("constraints", [(), (sf.Mismatch(0.4),)])
@pytest.mark.parametrize("graded", [False, True])
def test_failure_has_the_mean_and_variance_of_synapses_that_fail_one_by_one(constraints, graded):
    """Against a simulation in NumPy, in which every synapse of every stream has its own number."""
    p, random = 0.3, np.random.default_rng(1)
    synapses = made(sf.Failure(p), *constraints)
    synapses.held[0].keys.copy_(torch.tensor([0.2, 0.7]))
    one = random.random(N_PRE) if graded else (random.random(N_PRE) < 0.5).astype(float)
    pre = torch.tensor(one).expand(STREAMS, -1)
    found = driven(synapses, pre).numpy() - synapses.bias.numpy()
    weight = synapses.weight.numpy().copy()
    if constraints:
        weight *= synapses.held[1].factors.numpy()
    transmitted = random.random((STREAMS, N_PRE, N_POST)) >= p
    expected = np.einsum("i,ij,sij->sj", one, weight, transmitted)
    error = 4 * expected.std(0) * np.sqrt(2 / STREAMS)
    assert (np.abs(found.mean(0) - expected.mean(0)) < error).all()
    np.testing.assert_allclose(found.std(0), expected.std(0), rtol=0.04)
    between = np.corrcoef(found.T)[np.triu_indices(N_POST, 1)]
    assert np.abs(between).max() < 4 / np.sqrt(STREAMS)  # neurons fail independently


def test_failure_is_new_with_new_keys_and_the_same_with_the_same():
    synapses, pre = made(sf.Failure(0.5)), torch.ones(4, N_PRE, dtype=torch.float64)
    keys = synapses.uniforms()["failure"]
    first = driven(synapses, pre)
    assert driven(synapses, pre).equal(first)
    keys.uniform_(generator=generator(0))
    second = driven(synapses, pre)
    assert (second != first).all()
    assert len(second.unique()) == second.numel()


def test_without_activity_nothing_fails():
    synapses = made(sf.Failure(0.5))
    out = driven(synapses, torch.zeros(2, N_PRE, dtype=torch.float64))
    assert out.equal(synapses.bias.expand(2, -1))


def test_a_simulation_draws_failures_from_a_stream_of_each_projection(tiny):
    def simulated(*constraints):
        net = sf.Network(
            12,
            {"hidden1": sf.StochasticBinary(6), "output": sf.StochasticBinary(4)},
            sf.FA(),
            sf.ThreeFactor(0.1),
            synapses=partial(sf.Dense, constraints=constraints),
        )
        return sf.Simulation(net, tiny, batch_size=4, seed=9)

    failing, plain = simulated(sf.Failure(0.2)), simulated()
    names = set(failing.training.runner.generators) - set(plain.training.runner.generators)
    assert names == {"synapses/hidden1/failure", "synapses/output/failure"}
    keys = [each.uniforms()["failure"] for each in failing.network.synapses.values()]
    seen = set()
    for _ in failing.present():
        seen.add(tuple(torch.cat(keys).tolist()))
    assert len(seen) == 5
    assert len(set(sum(seen, ()))) == 4 * len(seen)
