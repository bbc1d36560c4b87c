"""Theorem 1 of Lillicrap et al. 2016 (supplementary notes 11 and 12), on the engine.

With dW/dt = E A^T and dA/dt = B E, where E = T - W A, the matrix C = B W + W^T B^T - A A^T does not
change; if it is zero and the columns of B are independent, the error goes to zero.
"""

import numpy as np
import pytest

import spikefa as sf
from tests.helpers.linear_network import LinearNetwork

N_I, N_H, N_O = 9, 7, 3  # fewer outputs than hidden neurons than inputs: A has to learn
TIME = 1.0
X = np.eye(N_I)  # streams whose covariance, summed over them, is the identity


def teacher(seed=1):
    return np.random.default_rng(seed).normal(size=(N_O, N_I)) / np.sqrt(N_I)


T = teacher()


def network(eta, **others):
    return LinearNetwork(N_I, N_H, N_O, eta, **others)


def learn(net, steps=1):
    """Step over the full covariance of the inputs."""
    for _ in range(steps):
        net.step(X, X @ T.T)


def carried(net):
    """Return B E."""
    return net.B @ (T - net.W @ net.A)


def constant(net):
    back = net.B @ net.W
    return back + back.T - net.A @ net.A.T


def constant_of_backprop(net):
    return net.W.T @ net.W - net.A @ net.A.T


def drift(conserved, eta, **others):
    """Return how far `conserved` has moved after TIME, whatever the step is."""
    net = network(eta, start=0.5, **others)
    before, A = conserved(net), net.A
    learn(net, round(TIME / eta))
    assert np.linalg.norm(net.A - A) > 0.5, "the weights hardly changed: nothing to conserve"
    return np.linalg.norm(conserved(net) - before)


def test_one_step_changes_the_constant_by_the_square_of_the_step_alone():
    """The terms of first order cancel as in eqs. 11 to 13; what is left is -eta^2 BE (BE)^T."""
    eta = 0.05
    net = network(eta, start=0.5)
    for _ in range(20):
        before, BE = constant(net), carried(net)
        learn(net)
        expected = -(eta**2) * BE @ BE.T
        assert np.linalg.norm(expected) > 1e-4, "the test would see nothing"
        np.testing.assert_allclose(constant(net) - before, expected, rtol=0, atol=1e-14)


@pytest.mark.slow
def test_the_constant_is_conserved_as_the_steps_get_small():
    """Euler's method is of first order: half the step, half the drift."""
    drifts = [drift(constant, eta) for eta in (0.02, 0.01, 0.005, 0.0025)]
    ratios = np.divide(drifts[:-1], drifts[1:])
    np.testing.assert_allclose(ratios, 2, rtol=0.05)
    assert (np.diff(np.abs(ratios - 2)) < 0).all()
    assert abs(2 * drifts[-1] - drifts[-2]) < 0.01 * drifts[-1]  # what steps of no size would leave


@pytest.mark.slow
def test_backpropagation_conserves_another_constant():
    """W^T W - A A^T (Saxe et al. 2013); feedback alignment, which conserves C, does not."""
    backprop = [
        drift(constant_of_backprop, eta, feedback=sf.Backprop(tau=1.0)) for eta in (0.01, 0.005)
    ]
    alignment = [drift(constant_of_backprop, eta) for eta in (0.01, 0.005)]
    assert backprop[0] / backprop[1] == pytest.approx(2, rel=0.05)
    assert alignment[0] / alignment[1] == pytest.approx(1, rel=0.05)


@pytest.mark.slow
def test_the_error_goes_to_zero_from_a_zero_start():
    """Theorem 1; on the way |B E|^2 never grows (lemma 2), and tr(B W) = |A|^2 / 2 as C = 0."""
    net = network(eta=0.04)
    assert np.linalg.matrix_rank(net.B) == N_O
    lyapunov = []
    for _ in range(1000):
        lyapunov.append(np.sum(carried(net) ** 2))
        learn(net)
    assert np.diff(lyapunov).max() < 1e-15
    assert np.linalg.norm(T - net.W @ net.A) < 1e-6 * np.linalg.norm(T)
    alignment = np.trace(net.B @ net.W)
    assert alignment > 0.1
    assert alignment == pytest.approx(np.sum(net.A**2) / 2, rel=0.05)  # C drifts with the step


def test_the_lyapunov_function_falls_as_fast_as_the_proof_says():
    """Eq. 18: dV/dt = -2 |B E A^T|^2 - |A^T B E|^2 where C = 0, measured over one small step."""
    excess = []
    for eta in (1e-3, 1e-4):
        net = network(eta)
        B, M = net.B, teacher(seed=2)
        net.set(A=B @ M, W=M @ M.T @ B.T / 2)
        assert np.abs(constant(net)).max() < 1e-15
        A, BE = net.A, carried(net)
        expected = -2 * np.sum((BE @ A.T) ** 2) - np.sum((A.T @ BE) ** 2)
        learn(net)
        change = np.sum(carried(net) ** 2) - np.sum(BE**2)
        excess.append(change / eta / expected - 1)
    assert 1e-6 < abs(excess[0]) < 0.02
    assert excess[1] == pytest.approx(excess[0] / 10, rel=0.05)


@pytest.mark.slow
def test_dependent_columns_of_b_leave_an_error():
    """Theorem 1 needs B^+ B = I: with B of rank 2 the network can become T of rank 2 at best."""
    net = network(eta=0.04)
    B = net.circuit.tensors()["B1"]
    B[2] = B[0] + B[1]
    learn(net, 1000)
    least = np.linalg.svd(T)[1][2]  # of all matrices of rank 2 (Eckart & Young)
    assert np.linalg.norm(T - net.W @ net.A) > 0.999 * least
