"""What is set by hand stays, or is refused with what to use instead."""

import re
from functools import partial

import pytest
import torch

import spikefa as sf
from spikefa.errors import SpikefaError


def network(**options):
    populations = {"hidden1": sf.StochasticBinary(8), "output": sf.StochasticBinary(6)}
    rule = sf.ThreeFactor(5e-2, weight_decay=1e-2)
    return sf.Network(12, populations, sf.FA(scale=0.5), rule, **options)


def simulate(tiny, net, **options):
    return sf.Simulation(net, tiny, steps_per_image=3, batch_size=4, **options)


@pytest.mark.parametrize("through", ["network", "simulation"])
@pytest.mark.parametrize("schedule", [None, sf.WarmUpAnneal(epochs=4, warmup=1)])
def test_learning_rates_set_by_hand_stay(tiny, tmp_path, through, schedule):
    sim = simulate(tiny, network(), schedule=schedule)
    sim.train(1)
    before = {name: each.weight.clone() for name, each in sim.network.synapses.items()}
    if through == "network":
        sim.network.set_learning_rates(sim.runner.state, [0.0, 0.5])
    else:
        sim.set_learning_rates([0.0, 0.5])
    sim.train(1)
    after = {name: each.weight for name, each in sim.network.synapses.items()}
    assert torch.equal(before["hidden1"], after["hidden1"])
    assert not torch.equal(before["output"], after["output"])
    factor = schedule(sim.epoch) if schedule else 1.0
    assert sim.history[-1]["learning_rate_factor_hidden1"] == 0
    assert sim.history[-1]["learning_rate_factor_output"] == pytest.approx(0.5 * factor)
    sim.save(tmp_path / "checkpoint.pt")
    again = simulate(tiny, network(), schedule=schedule)
    again.restore(tmp_path / "checkpoint.pt")
    for each in (sim, again):
        each.train(1)
    tensors = sim.tensors()
    assert all(torch.equal(tensor, tensors[name]) for name, tensor in again.tensors().items())
    assert torch.equal(before["hidden1"], again.network.synapses["hidden1"].weight)


def test_a_decay_set_by_hand_stays(tiny):
    sim = simulate(tiny, network())
    sim.train(1)
    sim.network.set_learning_rates(sim.runner.state, decay=0.0)
    sim.train(1)
    assert sim.runner.state.learning_rates.lost.tolist() == [0, 0]
    assert sim.history[-1]["weight_decay_factor"] == 0


def test_factors_that_are_refused_change_nothing(tiny):
    sim = simulate(tiny, network())
    for wrong in ([1.0], [1.0, -1.0], float("nan")):
        with pytest.raises(SpikefaError):
            sim.set_learning_rates(wrong)
    assert sim.runner.state.learning_rates.own.tolist() == [1, 1, 1]


@pytest.mark.parametrize("name", ["batch_size", "schedule", "network", "seeds", "typo"])
def test_what_a_simulation_reads_once_cannot_be_set_later(tiny, name):
    sim = simulate(tiny, network())
    with pytest.raises(SpikefaError, match=f"^{name} cannot be set: a Simulation reads"):
        setattr(sim, name, 5)


@pytest.mark.parametrize("what", ["weight", "bias", "feedback"])
def test_weights_that_would_be_overwritten_are_refused(tiny, what):
    net = network()
    tensors = net.tensors()
    name = "feedback.B1" if what == "feedback" else f"synapses.hidden1.{what}"
    tensors[name].fill_(0.25)
    with pytest.raises(SpikefaError, match=rf"^{re.escape(name)} would be overwritten.*initialise"):
        simulate(tiny, net)
    net.initialise(0)
    tensors[name].fill_(0.25)
    simulate(tiny, net)
    assert (tensors[name] == 0.25).all()


def test_the_learning_rate_of_an_optimiser_is_the_rules(tiny):
    sim = simulate(tiny, network(optimiser=partial(torch.optim.SGD, momentum=0.9)))
    sim.train(1)
    sim.network.optimiser.torch.param_groups[0]["lr"] = 0.1
    with pytest.raises(SpikefaError, match=r"learning rate of SGD was set to 0.1.*schedule"):
        sim.train(1)
