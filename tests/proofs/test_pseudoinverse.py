"""B and the pseudoinverse of W: Lillicrap et al. 2016, supplementary notes 14 and 15.

Theorem 2: from a zero start, with one pair to learn, B e is a positive multiple of W^+ e at all
times. Note 15: an error that comes down through W^+ moves the hidden neurons, to first order, as a
Gauss-Newton step does.
"""

import numpy as np
import pytest
import torch

import spikefa as sf
from tests.helpers.linear_network import LinearNetwork

N_I, N_H, N_O = 6, 8, 4
ETA = 0.05


def pair(seed=3):
    """Return an input of length 1, so that eta_A = eta_W / (x^T x) is eta_W, and its output."""
    random = np.random.default_rng(seed)
    x, y = random.normal(size=N_I), random.normal(size=N_O)
    return x / np.linalg.norm(x), y


def learn(net, x, y):
    net.step(x[None], y[None])


def cosine(a, b):
    return a @ b / np.linalg.norm(a) / np.linalg.norm(b)


def test_the_weights_are_the_two_numbers_of_lemma_5():
    """h = s_h B y and W = s_w y (B y)^T, the numbers following the recursion of the proof."""
    x, y = pair()
    net = LinearNetwork(N_I, N_H, N_O, ETA)
    By = net.B @ y
    s_h = s_w = 0.0
    for _ in range(200):
        np.testing.assert_allclose(net.A @ x, s_h * By, rtol=0, atol=1e-12)
        np.testing.assert_allclose(net.W, s_w * np.outer(y, By), rtol=0, atol=1e-12)
        learn(net, x, y)
        s_y = s_w * s_h * By @ By
        s_w, s_h = s_w + ETA * (1 - s_y) * s_h, s_h + ETA * (1 - s_y)
    assert s_y == pytest.approx(1), "the pair was never learned"


def test_the_error_fed_back_is_a_positive_multiple_of_that_through_the_pseudoinverse():
    """Theorem 2; by lemma 5 the factor s of eq. 47 is 1 / (s_w |B y|^2)."""
    x, y = pair()
    net = LinearNetwork(N_I, N_H, N_O, ETA)
    learn(net, x, y)
    learn(net, x, y)  # W stays zero in the first step, and zero has no direction
    for _ in range(15):
        e = y - net.W @ net.A @ x
        fed_back, pseudo = net.B @ e, np.linalg.pinv(net.W, rtol=1e-6) @ e
        assert np.linalg.norm(e) > 1e-3
        assert cosine(fed_back, pseudo) == pytest.approx(1, abs=1e-12)
        By = net.B @ y
        s_w = y @ net.W @ By / (y @ y) / (By @ By)
        np.testing.assert_allclose(pseudo * s_w * (By @ By), fed_back, rtol=0, atol=1e-10)
        learn(net, x, y)


def test_from_another_start_it_is_not():
    """What theorem 2 asks for is needed: weights that began elsewhere keep the two apart."""
    x, y = pair()
    net = LinearNetwork(N_I, N_H, N_O, ETA, start=0.5)
    for _ in range(50):
        learn(net, x, y)
    e = y - net.W @ net.A @ x
    assert cosine(net.B @ e, np.linalg.pinv(net.W) @ e) < 0.99


def fed_back_through_the_pseudoinverse(activation, eta):
    """Return a network with errors that come down through W^+ as it is now."""
    circuit = sf.PseudoBackprop(every=1, rtol=0.0, scale=1.0, tau=1.0)
    net = sf.Network(
        N_I,
        {"hidden": sf.Rate(N_H, activation), "output": sf.Rate(N_O, "linear")},
        feedback=circuit,
        rule=sf.ThreeFactor(eta, weight_decay=0),
        dtype=torch.float64,
    )
    net.initialise(seed=0)
    for synapses in net.synapses.values():
        synapses.weight.mul_(20)
    circuit.refresh()
    return net


def hidden_change(activation, eta):
    """Return the change of h in one step, sigma'(A x) before it, and the Gauss-Newton step."""
    x, y = pair()
    net = fed_back_through_the_pseudoinverse(activation, eta)
    inputs, target = torch.as_tensor(x[None]), torch.as_tensor(y[None])
    state = net.state(1)
    net.forward(state, inputs)
    h, said, gain = (
        tensor.numpy()[0].copy()
        for tensor in (
            state.populations[0].spikes,
            state.populations[1].spikes,
            state.populations[0].gain,
        )
    )
    W = net.synapses["output"].weight.mT.numpy().copy()
    newton = np.linalg.lstsq(W, y - said, rcond=None)[0]  # least |e - W dh|, of these the shortest
    np.testing.assert_allclose(W @ (h + newton), y, atol=1e-12)  # the outputs are linear in h
    net.step(net.state(1), inputs, target)
    net.forward(state, inputs)
    return state.populations[0].spikes.numpy()[0] - h, gain, newton


def test_pseudo_backpropagation_is_gauss_newton_on_linear_hidden_neurons():
    """x^T x is 1 and the bias, a neuron that is always on, adds 1: eta = 1/2 is the full step."""
    change, gain, newton = hidden_change("linear", eta=0.5)
    assert (gain == 1).all()
    np.testing.assert_allclose(change, newton, rtol=0, atol=1e-12)


def test_pseudo_backpropagation_is_gauss_newton_to_first_order():
    """Eq. 59: dh_j = eta D_j^2 x^T x newton_j, with an error of second order in eta."""
    excess = []
    for eta in (1e-3, 1e-4):
        change, gain, newton = hidden_change("tanh", eta)
        assert gain.min() < 0.9, "as good as linear"
        expected = eta * gain**2 * 2 * newton
        excess.append(np.linalg.norm(change - expected) / np.linalg.norm(expected))
    assert 1e-6 < excess[0] < 0.01
    assert excess[1] == pytest.approx(excess[0] / 10, rel=0.05)
