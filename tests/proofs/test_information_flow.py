"""How B gets into W: Lillicrap et al. 2016, figure 5c and supplementary note 12.

Learning is taken apart: the hidden synapses A learn while the output synapses W are frozen, then W
while A is frozen, then A again.
"""

import numpy as np
import pytest
import torch

from spikefa.analysis import angle
from tests.helpers.linear_network import LinearNetwork

N_I, N_H, N_O = 30, 20, 10  # of the paper
ETA, STEPS, SEEDS = 0.01, 100, 10
X = np.eye(N_I)
HIDDEN, OUTPUT = (1.0, 0.0), (0.0, 1.0)
"""Factors on the learning rates of A and W."""


class Flow:
    """A network with random weights and a random target, and what note 12 looks at."""

    def __init__(self, seed):
        self.net = LinearNetwork(N_I, N_H, N_O, ETA, start=0.1, seed=seed)
        self.T = np.random.default_rng(seed).normal(size=(N_O, N_I)) / np.sqrt(N_I)

    @property
    def E(self):
        return self.T - self.net.W @ self.net.A

    @property
    def loss(self):
        return np.sum(self.E**2)

    @property
    def trace(self):
        return np.trace(self.net.B @ self.net.W)

    def learn(self, factor, steps=STEPS):
        for _ in range(steps):
            self.net.step(X, X @ self.T.T, factor)

    def weight_angle(self):
        return between(self.net.W, self.net.B.T)

    def delta_angle(self):
        """Return the angle between what A learns from and what it would by backpropagation."""
        return between(self.net.B @ self.E, self.net.W.T @ self.E)


def between(a, b):
    return angle(torch.from_numpy(a.copy()), torch.from_numpy(b.copy()))


@pytest.fixture(params=range(SEEDS))
def flow(request):
    return Flow(request.param)


@pytest.mark.slow
def test_information_on_b_goes_into_a_and_from_there_into_w(flow):
    assert abs(flow.weight_angle() - 90) < 15
    W, trace = flow.net.W, flow.trace
    size = np.sum(flow.net.A**2)
    flow.learn(HIDDEN)
    assert (flow.net.W == W).all(), "frozen"
    assert flow.trace == trace
    assert np.sum(flow.net.A**2) > 2 * size
    assert np.trace(flow.net.A.T @ flow.net.B @ flow.E) > 0  # eq. 25
    A, before = flow.net.A, flow.weight_angle()
    flow.learn(OUTPUT)
    assert (flow.net.A == A).all(), "frozen"
    assert flow.weight_angle() < before - 20
    assert flow.delta_angle() < 75


@pytest.mark.slow
def test_then_the_hidden_synapses_learn_what_helps():
    """What A learns at first is as good as random; in the third phase it lowers the loss."""
    first, third = [], []
    for seed in range(SEEDS):
        flow = Flow(seed)
        for factor, falls in ((HIDDEN, first), (OUTPUT, []), (HIDDEN, third)):
            before = flow.loss
            flow.learn(factor, 1)
            falls.append(1 - flow.loss / before)
            flow.learn(factor)
    assert min(third) > 0
    assert np.mean(third) > 5 * np.mean(np.abs(first))


@pytest.mark.slow
def test_without_the_first_phase_w_learns_nothing_of_b():
    angles = []
    for seed in range(SEEDS):
        flow = Flow(seed)
        flow.learn(OUTPUT)
        angles.append(flow.weight_angle())
    assert np.mean(angles) == pytest.approx(90, abs=3)


@pytest.mark.slow
def test_the_trace_grows_as_eq_27_says(flow):
    """The change of tr(B W) in one step with A frozen is eta tr(B E A^T), exactly."""
    flow.learn(HIDDEN)
    expected = ETA * np.trace(flow.net.B @ flow.E @ flow.net.A.T)
    before = flow.trace
    flow.learn(OUTPUT, 1)
    assert expected > 0
    assert flow.trace - before == pytest.approx(expected, rel=1e-9)
