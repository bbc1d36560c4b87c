"""A rate network in front of a function: what is shown, what is measured."""

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.datasets.functions import linear, quadratic
from spikefa.models import rate_network


def simulate(rate=0.01, feedback=None, task=None, batch=1, tests=500):
    network = rate_network((4, 5, 3), feedback or sf.FA(0.5, tau=1.0), rate, weight_scale=0.3)
    stimulus = sf.FunctionStimulus(task or linear(4, 3, seed=0), tests=tests)
    return sf.Simulation(network, stimulus, batch_size=batch, seed=0)


def weights(simulation):
    return {name: tensor.clone() for name, tensor in simulation.network.tensors().items()}


def next_examples(simulation):
    """Return the inputs and targets of the next presentation, from which the synapses learn."""
    for _ in simulation.present():
        pass
    return simulation.runner.inputs.clone(), simulation.runner.target.clone()


def test_the_error_is_normalised_as_in_equation_2():
    sim = simulate(tests=60)
    sim.learn(30)
    sim.look()
    said = sim.held_out.state.populations[-1].spikes.numpy()
    target = sim.held_out.answers.targets.numpy()
    errors = sum(np.sum((a - b) ** 2) for a, b in zip(said, target, strict=True))
    variance = sum(np.sum((b - target.mean(0)) ** 2) for b in target)
    assert sim.held_out.answers.nse() == pytest.approx(errors / variance)


def test_learning_is_that_of_a_plain_loop():
    """Online feedback alignment in NumPy on the examples of the stream; biases too."""
    sim = simulate(rate=0.02)
    start = {name: tensor.numpy() for name, tensor in weights(sim).items()}
    w0, w1 = start["synapses.hidden1.weight"], start["synapses.output.weight"]
    b0, b1 = start["synapses.hidden1.bias"], start["synapses.output.bias"]
    back = start["feedback.B1"]
    seen = [next_examples(sim) for _ in range(20)]
    for x, y in seen:
        x, y = x.numpy()[0], y.numpy()[0]
        h = np.tanh(x @ w0 + b0)
        e = y - (h @ w1 + b1)
        delta = (e @ back) * (1 - h**2)
        w1, b1 = w1 + 0.02 * np.outer(h, e), b1 + 0.02 * e
        w0, b0 = w0 + 0.02 * np.outer(x, delta), b0 + 0.02 * delta
    for name, expected in (("hidden1.weight", w0), ("output.weight", w1), ("hidden1.bias", b0)):
        np.testing.assert_allclose(weights(sim)[f"synapses.{name}"], expected, atol=1e-12)


def test_what_is_shown_does_not_depend_on_when_one_looks():
    a, b = simulate(), simulate()
    a.follow([0, 7, 300, 600], {"nse": a.held_out.answers.nse})
    b.learn(600)
    assert all(torch.equal(tensor, weights(b)[name]) for name, tensor in weights(a).items())


def test_another_circuit_sees_the_same_examples():
    a, b = simulate(), simulate(feedback=sf.Backprop(tau=1.0))
    for mine, other in zip(next_examples(a), next_examples(b), strict=True):
        assert torch.equal(mine, other)
    assert torch.equal(a.held_out.answers.inputs, b.held_out.answers.inputs)


def test_measures_are_taken_where_asked():
    sim = simulate()
    found = sim.follow(
        [0, 5, 6], {"updates": lambda: sim.presentation, "nse": sim.held_out.answers.nse}
    )
    assert found["updates"].tolist() == [0, 5, 6]
    assert found["nse"].shape == (3,)
    assert found["nse"][2] != found["nse"][1]
    assert sim.follow([4], {"updates": lambda: sim.presentation})["updates"].tolist() == [10]


def test_a_look_does_not_change_the_weights():
    sim = simulate()
    sim.learn(5)
    before = weights(sim)
    sim.look()
    assert all(torch.equal(tensor, before[name]) for name, tensor in weights(sim).items())


@pytest.mark.parametrize("frozen", [(), (0,), (1,)])
def test_frozen_projections_stay(frozen):
    sim = simulate()
    sim.freeze(0, 1)
    sim.freeze(*frozen)
    before = weights(sim)
    sim.learn(3)
    changed = [
        not torch.equal(weights(sim)[f"synapses.{name}.weight"], before[f"synapses.{name}.weight"])
        for name in ("hidden1", "output")
    ]
    assert changed == [0 not in frozen, 1 not in frozen]


def test_an_update_is_summed_over_its_batch():
    """Frozen but for the output, from the same weights: the change is that of all examples."""
    sim = simulate(rate=1e-3, batch=4)
    before = weights(sim)["synapses.output.bias"]
    x, y = next_examples(simulate(batch=4))
    state = sim.network.state(4)
    sim.network.forward(state, x)
    expected = before - 1e-3 * (state.populations[-1].spikes - y).sum(0)
    sim.learn(1)
    torch.testing.assert_close(weights(sim)["synapses.output.bias"], expected)


def test_synapses_without_a_bias():
    network = rate_network((4, 5, 3), sf.FA(0.5, tau=1.0), 0.1, bias=False)
    network.initialise(0)
    before = network.synapses["output"].weight.clone()
    sf.Simulation(network, sf.FunctionStimulus(quadratic(4, 3, 0)), batch_size=1).learn(3)
    assert all((synapses.bias == 0).all() for synapses in network.synapses.values())
    assert not torch.equal(network.synapses["output"].weight, before)


def test_the_first_weights_have_the_scale_of_their_projection():
    network = rate_network((40, 50, 30), sf.FA(0.5, tau=1.0), 0.1, weight_scale=(0.2, 3.0))
    network.initialise(0)
    largest = [float(synapses.weight.abs().max()) for synapses in network.synapses.values()]
    assert largest == pytest.approx([0.2, 3.0], rel=0.01)


def test_a_rate_at_which_learning_explodes_is_told():
    sim = simulate(rate=50.0)
    with pytest.raises(sf.SpikefaError, match="lower the learning rate"):
        sim.follow([0, 2000], {"nse": sim.held_out.answers.nse})


def test_a_network_of_another_size_is_refused():
    with pytest.raises(sf.SpikefaError, match="2 inputs"):
        simulate(task=linear(2, 3, seed=0))


def test_biases_can_be_drawn_too():
    network = rate_network((4, 500, 400), sf.FA(0.5, tau=1.0), 0.1, weight_scale=0.1, bias=2.0)
    network.initialise(0)
    for synapses in network.synapses.values():
        assert float(synapses.bias.abs().max()) == pytest.approx(2.0, rel=0.02)
        assert float(synapses.weight.abs().max()) <= 0.1
    again = rate_network((4, 500, 400), sf.FA(0.5, tau=1.0), 0.1, weight_scale=0.1, bias=2.0)
    again.initialise(0)
    assert torch.equal(again.synapses["output"].bias, network.synapses["output"].bias)


@pytest.mark.parametrize("optimiser", [None, torch.optim.SGD])
def test_without_biases_neither_a_rule_nor_an_optimiser_makes_any(optimiser):
    network = rate_network((3, 4, 2), sf.FA(0.5, tau=1.0), 0.1, bias=False, optimiser=optimiser)
    network.initialise(0)
    before = network.synapses["output"].weight.clone()
    state = network.state(5)
    for _ in range(2):
        network.step(state, torch.ones(5, 3, dtype=torch.float64), torch.ones(5, 2))
    assert not any(each.bias.any() for each in network.synapses.values())
    assert not torch.equal(network.synapses["output"].weight, before)
