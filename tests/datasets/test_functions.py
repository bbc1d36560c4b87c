"""Functions to learn, against loops in NumPy."""

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.datasets import functions
from spikefa.utils.seeding import generator


def drawn(task, count=40, seed=3):
    x, y = task.draw(count, generator(seed, "examples"))
    assert x.shape == (count, task.n_inputs)
    assert y.shape == (count, task.n_outputs)
    assert x.dtype == y.dtype == torch.float64
    return x.numpy(), y.numpy()


def teacher(*shapes, half_range, seed=5):
    """Draw as the task does, matrix after matrix from one stream."""
    source = generator(seed, "teacher")
    empty = [torch.empty(shape, dtype=torch.float64) for shape in shapes]
    return [each.uniform_(-half_range, half_range, generator=source).numpy() for each in empty]


def test_linear():
    x, y = drawn(functions.linear(4, 3, seed=5, half_range=2.0))
    (matrix,) = teacher((4, 3), half_range=2.0)
    assert np.abs(matrix).max() > 1
    for row, target in zip(x, y, strict=True):
        np.testing.assert_allclose(target, [row @ matrix[:, k] for k in range(3)])


def test_a_teacher_of_four_layers():
    x, y = drawn(functions.tanh_teacher((4, 3, 3, 2), seed=5))
    w0, b0, w1, b1, w2, b2 = teacher((4, 3), (3,), (3, 3), (3,), (3, 2), (2,), half_range=0.5)
    for row, target in zip(x, y, strict=True):
        expected = w2.T @ np.tanh(w1.T @ np.tanh(w0.T @ row + b0) + b1) + b2
        np.testing.assert_allclose(target, expected)


def test_quadratic():
    x, y = drawn(functions.quadratic(4, 3, seed=5), count=400)
    (stacked,) = teacher((12, 4), half_range=0.5)
    for row, target in zip(x[:20], y[:20], strict=True):
        for k in range(3):
            form = stacked[4 * k : 4 * k + 4]
            expected = sum(row[i] * form[i, j] * row[j] for i in range(4) for j in range(4))
            assert target[k] == pytest.approx(expected)
    assert 1.9 < np.abs(x).max() <= 2


def test_xor_shows_all_four():
    x, y = drawn(functions.xor())
    assert {(a, b, c) for (a, b), (c,) in zip(x, y, strict=True)} == {
        (0, 0, 0),
        (0, 1, 1),
        (1, 0, 1),
        (1, 1, 0),
    }


def test_an_autoencoder_can_be_learned_by_a_narrow_network():
    x, y = drawn(functions.autoencoder(8, 3, seed=5), count=3000)
    assert (x == y).all()
    assert np.linalg.matrix_rank(x) == 3
    assert x.var() == pytest.approx(1, abs=0.5)


def test_the_same_seed_gives_the_same_function_another_another():
    first, again, other = (drawn(functions.linear(4, 3, seed))[1] for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: functions.tanh_teacher((4,), 0), "inputs and outputs"),
        (lambda: functions.autoencoder(3, 4, 0), "rank"),
        (lambda: functions.patterns("p", torch.zeros(2, 1), torch.zeros(3, 1)), "one target"),
    ],
)
def test_wrong_sizes_are_refused(make, message):
    with pytest.raises(sf.SpikefaError, match=message):
        make()
