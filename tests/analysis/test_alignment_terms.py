"""Alignment terms and the transformation matrix, against the formulas of the paper in NumPy."""

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.analysis.alignment_terms import (
    alignment_terms,
    cosines,
    skew_ratio,
    symmetric_and_skew,
    transformation_matrix,
)
from spikefa.analysis.trajectories import principal_trajectories
from spikefa.models import rate_network

SIZES, BATCH, RATE, UPDATES = (6, 5, 4, 3), 8, 0.02, 12


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def learned(hidden):
    """Let FA learn for some updates; return what each of them was about, in NumPy."""
    circuit = sf.FA(0.5, tau=1.0, gated=True)
    network = rate_network(SIZES, circuit, RATE, hidden, hidden, 0.7)
    network.initialise(3)
    state, steps = network.state(BATCH), []
    for update in range(UPDATES):
        x = random(BATCH, SIZES[0], seed=10 + update)
        before = [each.weight.clone() for each in network.synapses.values()]
        bias = [each.bias.clone() for each in network.synapses.values()]
        network.step(state, x, random(BATCH, SIZES[-1], seed=90 + update))
        populations, modulators = state.populations, state.feedback.modulators
        steps.append(
            {
                "W": before,
                "b": bias,
                "L": [x, *(population.spikes.clone() for population in populations)],
                "gain": [population.gain.clone() for population in populations],
                "delta": [
                    m * population.gain
                    for m, population in zip(modulators, populations, strict=True)
                ],
                "potential": [population.potential.clone() for population in populations],
            }
        )
    return network, steps


def slope(kind, z):
    return {"linear": np.ones_like(z), "tanh_relu": (z > 0) * (1 - np.tanh(z) ** 2)}[kind]


@pytest.mark.parametrize("hidden", ["linear", "tanh_relu"])
@pytest.mark.parametrize("layer", [1, 2])
def test_terms_are_those_of_equation_4(hidden, layer):
    """Computed as the paper writes it, from B and the errors of the time; layer is l."""
    network, steps = learned(hidden)
    now, back = steps[-1], network.feedback.matrices[layer - 1].numpy()
    history = torch.stack([step["W"][layer - 1] for step in steps])
    names = list(network.populations)
    found = alignment_terms(
        now["L"][layer - 1],
        history,
        now["b"][layer - 1],
        now["delta"][layer],
        network.populations[names[layer - 1]],
        RATE,
    )
    x, delta = now["L"][layer - 1].numpy(), now["delta"][layer].numpy()
    for order in range(1, UPDATES):
        then = steps[-1 - order]
        zeta = x @ then["W"][layer - 1].numpy() + now["b"][layer - 1].numpy()
        error = then["delta"][layer].numpy() @ back
        error = error * slope(hidden, then["potential"][layer - 1].numpy())
        moved = RATE * error.T @ then["L"][layer - 1].numpy() @ x.T
        expected = RATE * (slope(hidden, zeta).T * moved) @ delta
        np.testing.assert_allclose(found[order - 1], expected, rtol=0, atol=1e-12)


def test_in_a_linear_network_all_terms_and_the_first_weights_make_up_the_change():
    network, steps = learned("linear")
    now = steps[-1]
    history = torch.stack([step["W"][0] for step in steps])
    linear = network.populations["hidden1"]
    terms = alignment_terms(now["L"][0], history, now["b"][0], now["delta"][1], linear, RATE)
    first = -RATE * (now["L"][0] @ history[0] + now["b"][0]).mT @ now["delta"][1]
    change = network.synapses["hidden2"].weight - now["W"][1]
    torch.testing.assert_close(terms.sum(0) + first, change, rtol=0, atol=1e-12)


def test_the_transformation_matrix_turns_b_into_the_terms_of_a_linear_network():
    network, steps = learned("linear")
    now, back = steps[-1], network.feedback.matrices[0]
    history = torch.stack([step["W"][0] for step in steps])
    linear = network.populations["hidden1"]
    terms = alignment_terms(now["L"][0], history, now["b"][0], now["delta"][1], linear, RATE)
    for order in range(1, UPDATES):
        then = steps[-1 - order]
        matrix = transformation_matrix(now["L"][0], now["delta"][1], then["L"][0], then["delta"][1])
        torch.testing.assert_close(terms[order - 1], RATE**2 * back.mT @ matrix, rtol=0, atol=1e-12)


def test_of_a_batch_that_is_shown_again_the_matrix_is_symmetric_and_positive():
    x, delta = random(9, 6), random(9, 4, seed=1)
    matrix = transformation_matrix(x, delta, x, delta)
    _, skew = symmetric_and_skew(matrix)
    assert skew.abs().max() < 1e-12
    assert torch.linalg.eigvalsh(matrix).min() > 0
    assert skew_ratio(random(4, 7), matrix) < 1e-12
    assert cosines((random(4, 7).mT @ matrix)[None], random(4, 7).mT)[0] > 0


def test_the_skew_part_turns_b_by_a_right_angle():
    matrix, back = random(5, 5), random(5, 3, seed=1)
    symmetric, skew = symmetric_and_skew(matrix)
    torch.testing.assert_close(symmetric + skew, matrix)
    assert cosines((back.mT @ skew)[None], back.mT)[0].item() == pytest.approx(0, abs=1e-14)
    ratio = np.linalg.norm(back.numpy().T @ skew.numpy())
    ratio /= np.linalg.norm(back.numpy().T @ symmetric.numpy())
    assert skew_ratio(back, matrix) == pytest.approx(ratio)


def test_mistakes_are_told():
    with pytest.raises(sf.SpikefaError, match="2 or more weights, 1 given"):
        alignment_terms(random(2, 3), random(1, 3, 4), random(4), random(2, 5), sf.Rate(4))
    with pytest.raises(sf.SpikefaError, match=r"square, \(2, 3\) given"):
        symmetric_and_skew(random(2, 3))
    with pytest.raises(sf.SpikefaError, match=r"trajectories of \[2, 3\] dimensions"):
        principal_trajectories([np.ones((4, 2)), np.ones((4, 3))])
    with pytest.raises(sf.SpikefaError, match="4 components of 4 points"):
        principal_trajectories([np.ones((4, 9))], 4)
