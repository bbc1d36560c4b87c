"""Weights of few bits: what is stored, and that stochastic rounding keeps the mean."""

import math

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.utils.seeding import generator


def make(bits, n_pre=60, n_post=50, **options):
    more = options.pop("more", ())
    options = {"limit": 1.0, **options}
    synapses = sf.Dense(n_pre, n_post, scale=2.0, constraints=(sf.Bits(bits, **options), *more))
    synapses.initialise(generator(2, "weights", 1))
    return synapses


def change(synapses, by):
    weight = torch.full_like(synapses.weight, by)
    synapses.apply(sf.Direct(weight, torch.zeros_like(synapses.bias)))


@pytest.mark.parametrize("rounding", ["stochastic", "nearest"])
@pytest.mark.parametrize("bits", range(1, 17))
def test_weights_have_the_values_that_bits_can_store(bits, rounding):
    """-1 and 1; -1, 0 and 1; -1, -2/3, ... of the limit, stored in the fewest bytes."""
    synapses = make(bits, limit=0.5, rounding=rounding)
    (held,) = synapses.held
    top = max(2 ** (bits - 1) - 1, 1)
    assert held.levels.dtype == (torch.int8 if bits <= 8 else torch.int16)
    steps = synapses.weight.double() * top / 0.5
    np.testing.assert_allclose(steps, steps.round(), atol=0.01)
    assert steps.round().equal(held.levels.double())
    if bits <= 4:
        levels = [-1, 1] if bits == 1 else list(range(-top, top + 1))
        assert held.levels.unique().tolist() == levels


def test_with_dales_law_the_sign_takes_no_bit():
    synapses = make(2, limit=0.3, more=(sf.Dale(0.5),))
    assert synapses.weight[:30].unique().tolist() == pytest.approx([0, 0.1, 0.2, 0.3])
    assert synapses.weight[30:].unique().tolist() == pytest.approx([-0.3, -0.2, -0.1, 0])
    assert make(8, more=(sf.Dale(),)).held[1].levels.dtype == torch.int16
    assert make(16, more=(sf.Dale(),)).held[1].levels.dtype == torch.int32


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_rounding_to_nearest_is_that_of_a_loop(dtype):
    synapses = sf.Dense(7, 5, scale=1.5, constraints=(sf.Bits(3, rounding="nearest"),), dtype=dtype)
    synapses.initialise(generator(0))
    plain = sf.Dense(7, 5, scale=1.5, dtype=dtype)
    plain.initialise(generator(0))
    expected = np.clip(np.round(plain.weight.numpy() * 3), -3, 3) / 3
    np.testing.assert_allclose(synapses.weight, expected, rtol=1e-6)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_the_mean_of_stochastic_rounding_is_the_change(bits):
    """Of 3,000 weights that each change 60 times by a hundredth of a unit; 4 sigma."""
    synapses = make(bits, n_pre=300, n_post=10)
    (held,) = synapses.held
    spacing = 2 if bits == 1 else 1
    synapses.weight.fill_(0.0 if bits > 1 else -1.0)  # from where nothing is clipped
    synapses.constrain()
    start, count, small = synapses.weight.double().mean(), 60, 0.01 * spacing * held.unit
    for _ in range(count):
        change(synapses, small)
    if bits == 1:  # a weight that has become 1 stays there
        expected, variance = 2 * (1 - 0.99**count), 4 * 0.99**count * (1 - 0.99**count)
    elif bits == 2:
        expected, variance = 1 - 0.99**count, 0.99**count * (1 - 0.99**count)
    else:
        expected, variance = count * small, count * 0.01 * 0.99 * held.unit**2
    moved = float(synapses.weight.double().mean() - start)
    assert abs(moved - expected) < 4 * math.sqrt(variance / 3000)


def test_rounding_to_nearest_loses_every_small_change():
    synapses = make(4, rounding="nearest")
    before = synapses.weight.clone()
    for _ in range(100):
        change(synapses, 0.49 / 7)
    assert synapses.weight.equal(before)
    change(synapses, 0.51 / 7)
    assert (synapses.weight >= before).all()
    assert (synapses.weight > before).any()


def test_roundings_of_neighbours_and_of_steps_are_independent():
    """Whether a weight went up, against its neighbours and against the step before; 4 sigma."""
    synapses = make(8, n_pre=100, n_post=80)
    synapses.weight.zero_()
    synapses.constrain()
    ups = []
    for _ in range(40):
        before = synapses.weight.clone()
        change(synapses, 0.5 * synapses.held[0].unit)
        ups.append((synapses.weight > before).double() * 2 - 1)
    z = torch.stack(ups)
    for a, b in ((z[1:], z[:-1]), (z[:, 1:], z[:, :-1]), (z[:, :, 1:], z[:, :, :-1])):
        assert abs(float((a * b).mean())) < 4 / math.sqrt(a.numel())


def test_other_seeds_and_projections_round_otherwise():
    one, same, other = make(3), make(3), make(3)
    other.initialise(generator(3, "weights", 1))
    assert one.weight.equal(same.weight)
    one.weight.zero_(), same.weight.zero_(), other.weight.zero_()
    for each in (one, same, other):
        each.constrain()
        change(each, 0.1)
    assert one.weight.equal(same.weight)
    assert not one.weight.equal(other.weight)


def test_nan_is_not_hidden():
    synapses = make(4)
    synapses.weight[3, 4] = torch.nan
    synapses.constrain()
    assert synapses.weight.isnan().sum() == 1
