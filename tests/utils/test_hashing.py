"""Hashed uniforms: the numbers of a loop, as uniform and independent as drawn ones."""

import math

import numpy as np
import pytest
import torch

from spikefa.utils.hashing import advance, hashed_uniforms, keys_from, normal

ROWS, COLUMNS, STEPS = 50, 60, 300


def rooms(shape):
    return torch.empty(shape, dtype=torch.int32), torch.empty(shape, dtype=torch.int32)


def steps(counters, count=STEPS, dtype=torch.float64):
    out, room = torch.empty(count, ROWS, COLUMNS, dtype=dtype), rooms((ROWS, COLUMNS))
    for each in out:
        advance(counters)
        hashed_uniforms(counters, each, room)
    return out


def by_hand(keys, place):
    """The hash in Python's whole numbers, modulo 2^32."""
    x = (place + keys[0]) % 2**32
    x = (x ^ x >> 16) * 0x7FEB352D % 2**32
    x = ((x ^ x >> 15) + keys[1]) * 0x846CA68B % 2**32
    return ((x ^ x >> 16) >> 8) / 2**24


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_numbers_are_those_of_a_loop(dtype):
    keys = torch.tensor([-5, 2**31 - 3], dtype=torch.int32)
    out = hashed_uniforms(keys, torch.empty(7, 9, dtype=dtype), rooms((7, 9)))
    expected = [[by_hand(keys.tolist(), 9 * i + j) for j in range(9)] for i in range(7)]
    np.testing.assert_array_equal(out, np.array(expected))


def test_each_replica_has_the_numbers_of_its_own_keys():
    keys = torch.tensor([[1, 2], [3, 4]], dtype=torch.int32)
    both = hashed_uniforms(keys, torch.empty(2, 4, 5), rooms((2, 4, 5)))
    for number, own in enumerate(keys):
        assert both[number].equal(hashed_uniforms(own, torch.empty(4, 5), rooms((4, 5))))


def test_counters_take_every_value_before_they_return():
    counters = torch.tensor([7, -9], dtype=torch.int32)
    seen = set()
    for _ in range(1000):
        advance(counters)
        seen |= {(0, int(counters[0])), (1, int(counters[1]))}
    assert len(seen) == 2000
    assert all(step % 2 for step in (0x9E3779B9, 0x3C6EF373))


def test_keys_differ_for_uniforms_that_differ_in_the_last_bit():
    uniforms = torch.tensor([0.5, 0.5 + 2**-24], dtype=torch.float32)
    assert keys_from(uniforms).diff().item() == 1


@pytest.mark.parametrize("start", [(0, 0), (123456789, -98765)])
def test_moments_and_frequencies_are_those_of_uniforms(start):
    found = steps(torch.tensor(start, dtype=torch.int32))
    z, n = (found - 0.5) * math.sqrt(12), found.numel()
    assert float(found.min()) >= 0
    assert float(found.max()) < 1
    assert abs(float(z.mean())) < 4 / math.sqrt(n)
    assert abs(float(z.var()) - 1) < 4 * math.sqrt(0.8 / n)
    counts = torch.histc(found, 256, 0, 1)
    chi2 = float(((counts - n / 256).square() / (n / 256)).sum())
    assert abs(chi2 - 255) < 4 * math.sqrt(2 * 255)


@pytest.mark.parametrize("start", [(0, 0), (123456789, -98765)])
def test_neighbours_and_steps_are_independent(start):
    """No correlation of values or of their squares, and all pairs of sixteenths alike."""
    found = steps(torch.tensor(start, dtype=torch.int32))
    pairs = {
        "column": (found[:, :, 1:], found[:, :, :-1]),
        "row": (found[:, 1:], found[:, :-1]),
        "step": (found[1:], found[:-1]),
        "step and column": (found[1:, :, 1:], found[:-1, :, :-1]),
    }
    for name, (a, b) in pairs.items():
        x, y = ((each - 0.5) * math.sqrt(12) for each in (a, b))
        root = math.sqrt(x.numel())
        assert abs(float((x * y).mean())) < 4 / root, name
        assert abs(float(((x**2 - 1) * (y**2 - 1)).mean())) < 4 * 0.8 / root, name
        both = (16 * a).long() * 16 + (16 * b).long()
        counts = torch.bincount(both.flatten(), minlength=256).double()
        chi2 = float(((counts - counts.mean()).square() / counts.mean()).sum())
        assert abs(chi2 - 255) < 4 * math.sqrt(2 * 255), name


def test_the_mean_over_steps_is_right_at_every_place():
    found = steps(torch.tensor([5, -77], dtype=torch.int32), count=600)
    means = (found - 0.5).mean(0) * math.sqrt(12 * len(found))  # normal, of variance 1
    assert abs(float(means.var()) - 1) < 4 * math.sqrt(2 / means.numel())
    assert float(means.abs().max()) < 5


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_normal_numbers_are_finite_at_both_ends(dtype):
    """In float32 the last uniform, moved up by half a step, would be 1, and the number infinite."""
    ends = normal(torch.tensor([0, 1 - 2**-24], dtype=dtype))
    assert ends.isfinite().all()
    assert ends[0] == -ends[1] < -5


def test_normal_numbers_have_the_moments_of_the_normal_distribution():
    z = normal(steps(torch.tensor([3, 4], dtype=torch.int32), count=100))
    for power, moment, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs(float((z**power).mean()) - moment) < 4 * math.sqrt(variance / z.numel())
