"""The studies of Chu & Bacho 2024 on the embedded digits, and what they are made of."""

from dataclasses import replace
from functools import partial
from importlib import import_module

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.experiments.chu2024 import _network as net
from spikefa.experiments.chu2024._perturbed import Perturbed, turn
from spikefa.experiments.chu2024._settings import Shared
from spikefa.experiments.chu2024.fig4 import align

SMALL = {"dataset": "digits", "train": 300, "test": 100, "first": 20, "second": 15, "repeats": 1}
SHORT = {
    "fig1": {"epochs": 1, "more": 1, "looks": 1},
    "fig2": {},
    "fig3": {"epochs": 1.0, "updates": 2, "repetitions": 2},
    "fig4": {"epochs": 1, "looks": 2},
    "fig5": {"swap": 6, "after": 4, "every": 2},
    "eq11": {"updates": 30, "looks": 4},
}


def small(scale=0.1, circuit=None, optimiser=None, **others):
    settings = replace(Shared(), **(SMALL | others))
    circuit = circuit or net.feedback_alignment()
    data = net.examples(settings)
    network = net.network_of(settings, data, circuit, scale, 0, optimiser)
    return net.simulation_of(settings, data, network, 0)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORT)
def test_every_study_runs_on_any_images_and_is_drawn(name, tmp_path):
    module = import_module(f"spikefa.experiments.chu2024.{name}")
    settings = module.Settings(**(SMALL | SHORT[name]))
    experiment = module.EXPERIMENT
    directory = experiment.run(settings, tmp_path / "run", None)
    assert (directory.figures / f"{name}.png").stat().st_size > 5000
    assert experiment.run(settings, None, directory.path).path == directory.path


def test_the_network_is_that_of_the_methods():
    """Normal weights, B of -1 and 1, no biases, and the mean of eq. 3 over the batch, in NumPy."""
    simulation = small(rate=0.5)
    w = [weight.double().numpy() for weight in net.weights(simulation.network)]
    assert w[0].std() == pytest.approx(0.1, rel=0.1)
    b1, b2 = (matrix.double().numpy() for matrix in simulation.network.feedback.matrices)
    assert set(np.unique(b1)) == {-1, 1}
    before = [each.copy() for each in w]
    shown = simulation.runner.stimulus_state
    x, y = shown.rows[:100], shown.row_targets[:100]
    simulation.network.step(simulation.runner.state, x, y)
    x, y = x.double().numpy(), y.double().numpy()
    h1 = np.tanh(x @ before[0])
    h2 = np.tanh(h1 @ before[1])
    said = np.exp(h2 @ before[2])
    e = said / said.sum(1, keepdims=True) - y
    d2 = (e @ b2) * (1 - h2**2)
    d1 = (d2 @ b1) * (1 - h1**2)
    for weight, old, pre, delta in zip(
        net.weights(simulation.network), before, (x, h1, h2), (d1, d2, e), strict=True
    ):
        expected = old - 0.5 * pre.T @ delta / 100
        np.testing.assert_allclose(weight.numpy(), expected, atol=1e-5)
    assert not any(each.bias.any() for each in simulation.network.synapses.values())


@pytest.mark.parametrize("alignment", [-1.0, -0.3, 0.0, 0.6, 1.0])
def test_a_turned_gradient_has_the_alignment_that_was_asked_for_and_its_length(alignment):
    source = torch.Generator().manual_seed(0)
    gradient = torch.randn(30, 20, generator=source, dtype=torch.float64)
    turned = gradient.clone()
    turn(turned, alignment, torch.randn(30, 20, generator=source, dtype=torch.float64))
    g, t = gradient.numpy().ravel(), turned.numpy().ravel()
    assert g @ t / (g @ g) == pytest.approx(alignment, abs=1e-12)
    assert np.linalg.norm(t) == pytest.approx(np.linalg.norm(g))


def test_a_gradient_of_zero_is_not_turned():
    gradient = torch.zeros(3, 4)
    turn(gradient, 0.5, torch.ones(3, 4))
    assert not gradient.any()


def test_gradients_at_an_alignment_of_one_are_backpropagation_and_the_output_is_never_turned():
    plain = small(circuit=sf.Backprop(tau=1.0))
    whole, turned = (
        small(0.1, sf.Backprop(tau=1.0), partial(Perturbed, alignment=each, seed=0))
        for each in (1.0, 0.2)
    )
    for simulation in (plain, whole, turned):
        simulation.learn(1)
    expected = net.weights(plain.network)
    for own, weight in zip(net.weights(whole.network), expected, strict=True):
        torch.testing.assert_close(own, weight)
    lower, _, output = net.weights(turned.network)
    torch.testing.assert_close(output, expected[2])
    assert not torch.allclose(lower, expected[0])


def test_weights_begin_with_the_signs_of_b_or_equal_to_it():
    for start, cosines in (("random", (-0.5, 0.5)), ("sign", (0.5, 0.9)), ("same", (0.999, 1.001))):
        simulation = small(0.05, net.feedback_alignment("normal"))
        align(simulation.network, start, 0.05)
        assert all(cosines[0] < each < cosines[1] for each in net.weight_alignment(simulation)())
        assert net.weights(simulation.network)[2].std() == pytest.approx(0.05, rel=0.3)


def test_gradient_alignment_of_a_network_is_one_where_b_is_the_transpose():
    simulation = small()
    simulation.look()
    assert net.gradient_alignment(simulation)()[0] < 0.9
    for back, weight in zip(
        simulation.network.feedback.matrices, net.weights(simulation.network)[1:], strict=True
    ):
        back.copy_(weight.mT)
    simulation.look()
    assert net.gradient_alignment(simulation)() == pytest.approx([1, 1, 1])
