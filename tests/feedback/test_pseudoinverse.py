"""Pseudobackpropagation against NumPy, and against a Gauss-Newton step."""

import numpy as np
import pytest
import torch

import spikefa as sf
from tests.helpers.driving import BATCH, SIZES, drive, network


@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("rtol", [0.0, 0.3])
def test_the_error_comes_back_through_the_pseudoinverse(gated, rtol):
    circuit = sf.PseudoBackprop(every=1, rtol=rtol, scale=0.5, gated=gated)
    net = network(circuit, eta=0.02)
    potential = [np.zeros((BATCH, n)) for n in SIZES]
    weights = [s.weight.numpy().copy() for s in net.synapses.values()]

    def compare(state, target):
        nonlocal weights
        potential[-1] = 0.1 * potential[-1] + 0.9 * state.error.numpy()
        for layer in reversed(range(1, len(SIZES))):
            sent = potential[layer]
            if gated:
                sent = sent * state.populations[layer].gain.numpy()
            back = 0.5 * np.linalg.pinv(weights[layer], rcond=rtol or 1e-15)
            potential[layer - 1] = 0.1 * potential[layer - 1] + 0.9 * sent @ back
        for error, expected in zip(state.feedback.errors, potential, strict=True):
            np.testing.assert_allclose(error.potential, expected, rtol=1e-8, atol=1e-9)
        weights = [s.weight.numpy().copy() for s in net.synapses.values()]

    drive(net, 6, each=compare)


def test_it_is_computed_every_so_many_steps():
    circuit = sf.PseudoBackprop(every=3, rtol=0.0, scale=1.0)
    net = network(circuit, (6, 4))
    matrix, weight = circuit.matrices[0], net.synapses["output"].weight
    seen = [matrix.clone()]

    def look(state, target):
        step, fresh = len(seen), torch.linalg.pinv(weight)
        if step % 3:
            assert matrix.equal(seen[-1])
            assert not torch.allclose(matrix, fresh)
        else:
            torch.testing.assert_close(matrix, fresh)
        seen.append(matrix.clone())

    drive(net, 7, each=look)
    assert circuit.age == 1
    circuit.refresh()
    torch.testing.assert_close(matrix, torch.linalg.pinv(weight))
    assert circuit.age == 0


def test_below_a_linear_output_it_is_the_gauss_newton_step():
    """Note 15, eq. 55: the step of h that makes a linear output right, the shortest of them."""
    circuit = sf.PseudoBackprop(every=1, rtol=0.0, scale=1.0, tau=1.0)
    net = sf.Network(
        5,
        {"hidden1": sf.Rate(8, "tanh"), "output": sf.Rate(3, "linear")},
        circuit,
        sf.ThreeFactor(),
        dtype=torch.float64,
    )
    net.initialise(0)
    state = net.state(4)
    random = torch.Generator().manual_seed(0)
    x = torch.randn(4, 5, generator=random, dtype=torch.float64)
    target = torch.randn(4, 3, generator=random, dtype=torch.float64)
    net.forward(state, x)
    net.feed_back(state, target)
    step = -state.feedback.modulators[0]
    weight = net.synapses["output"].weight
    torch.testing.assert_close((state.populations[0].spikes + step) @ weight, target)
    shortest = torch.linalg.lstsq(weight.mT, -state.error.mT, driver="gelsd").solution.mT
    torch.testing.assert_close(step, shortest)


def test_the_age_travels_with_a_checkpoint():
    circuit = sf.PseudoBackprop(every=5)
    drive(network(circuit), 3)
    assert circuit.tensors()["age"] == 3
    assert circuit.reads_weights


@pytest.mark.parametrize("phi_delta", ["identity", "tanh", "logistic", "spiking"])
@pytest.mark.parametrize("sizes", [(4,), (5, 4), (5, 7, 4)])
@pytest.mark.parametrize("rate", [False, True])
def test_it_runs_with_every_population_and_depth(phi_delta, sizes, rate):
    for batch in (1, 3):
        net = network(sf.PseudoBackprop(2, phi_delta=phi_delta), sizes, rate, dtype=torch.float32)
        drive(net, 5, batch=batch)
        assert all(tensor.isfinite().all() for tensor in net.tensors().values())
        assert len(net.alignment()) == len(sizes) - 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"every": 0}, "every of PseudoBackprop is 0: give a whole number from 1"),
        ({"rtol": 1.0}, "rtol of PseudoBackprop is"),
        ({"scale": 0.0}, "scale of .*: give a number above 0"),
    ],
)
def test_bad_arguments_are_told_at_once(arguments, says):
    with pytest.raises(sf.SpikefaError, match=says):
        sf.PseudoBackprop(**arguments)
