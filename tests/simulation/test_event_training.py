"""Networks learn from events: recorded, resumed, in replicas, from rest or without a pause."""

from itertools import pairwise
from typing import ClassVar

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.recording import Always, Probe
from spikefa.utils.tensors import named_tensors
from tests.helpers.small_events import EVENTS, OUTPUTS, UNITS, events


class Adding(sf.PlasticityRule):
    """A rule with a trace of every place, which all of its changes depend on."""

    traces: ClassVar = {"a": "pre", "b": "post", "c": "synapse", "d": "stream_synapse"}

    def update(self, pre, post, modulator, state):
        a, b, c, d = (state.traces[name] for name in "abcd")
        a.mul_(0.5).add_(pre)
        b.mul_(0.5).add_(modulator)
        d.mul_(0.5).add_(a.unsqueeze(-1) * b.unsqueeze(-2))
        c.mul_(0.5).add_(d.sum(-3))
        return sf.Direct(-state.learning_rate * c, -state.learning_rate * b.sum(-2))


NETWORKS = {
    "FA": lambda: {"feedback": sf.FA(), "rule": sf.ThreeFactor(0.05)},
    "reward": lambda: {"feedback": sf.Reward(), "rule": sf.ThreeFactor(0.05)},
    "traces": lambda: {"feedback": sf.PFAo(), "rule": Adding(1e-3)},
    "LAFS": lambda: {"feedback": sf.Auxiliary(), "rule": sf.ThreeFactor(0.05)},
    "mirror": lambda: {"feedback": sf.WM(every=7), "rule": sf.ThreeFactor(0.05)},
    "replicas": lambda: {"feedback": sf.DFA(), "rule": sf.STDP(0.05), "replicas": 2},
}


def simulate(name="events", network="FA", resets=None, **options):
    parts = NETWORKS[network]()
    parts["replicas"] = options.pop("replicas", parts.get("replicas"))
    stimulus = EVENTS[name]()
    stimulus.resets = stimulus.resets if resets is None else resets
    populations = {"hidden1": sf.StochasticBinary(6), "output": sf.StochasticBinary(OUTPUTS)}
    net = sf.Network(UNITS, populations, **parts)
    given = {"test": EVENTS[name](), "progress": False, "batch_size": 2, "seed": 3}
    return sf.Simulation(net, stimulus, **given | options)


def differing(one, other):
    here, there = one.tensors(), other.tensors()
    assert here.keys() == there.keys()
    return [name for name in here if not torch.equal(here[name], there[name])]


CROSSED = [(name, "FA") for name in EVENTS] + [("events, longer", each) for each in NETWORKS]


@pytest.mark.parametrize(("name", "network"), CROSSED)
def test_a_resumed_run_is_bit_identical(name, network, tmp_path):
    whole, first, second = (simulate(name, network) for _ in range(3))
    whole.train(2)
    first.train(1)
    first.save(tmp_path / "checkpoint")
    second.restore(tmp_path / "checkpoint")
    second.train(1)
    assert differing(whole, second) == []
    assert whole.test() == second.test()


def test_other_events_are_not_gone_on_with(tmp_path):
    one, other = simulate(), simulate("events, longer")
    one.train(1)
    one.save(tmp_path / "checkpoint")
    with pytest.raises(sf.SpikefaError, match="steps"):
        other.restore(tmp_path / "checkpoint")


@pytest.mark.parametrize("network", NETWORKS)
def test_replicas_are_single_networks(network):
    wide = simulate("events, longer", network, seed=[3, 4], replicas=2)
    singles = [simulate("events, longer", network, seed=seed, replicas=None) for seed in (3, 4)]
    for each in (wide, *singles):
        each.train(2)
    for number, single in enumerate(singles):
        own = wide.network.replica(number).tensors()
        for name, tensor in single.network.tensors().items():
            torch.testing.assert_close(own[name], tensor, rtol=1e-5, atol=1e-6)


def at_rest(simulation):
    """Bring potentials, errors and traces to what a new state of the network holds."""
    runner, parts = simulation.runner, ("populations", "error")
    new = simulation.network.state(runner.batch)
    for part in parts:
        tensors = named_tensors(getattr(runner.state, part))
        for name, tensor in named_tensors(getattr(new, part)).items():
            tensors[name].copy_(tensor)
    for here, fresh in zip(runner.state.plasticity, new.plasticity, strict=True):
        for name, trace in fresh.traces.items():
            here.traces[name].copy_(trace)
    lasting = {"mean", "seen", "clock", "rate"}
    here = named_tensors(runner.state.feedback)
    for name, tensor in named_tensors(new.feedback).items():
        if name.split(".")[0] not in lasting:
            here[name].copy_(tensor)


@pytest.mark.parametrize("network", NETWORKS)
def test_a_presentation_from_rest_begins_as_a_new_network(network):
    """The clock of weight mirrors and the mean of a reward last; so do learning rates."""
    schedule = sf.Piecewise({0: 1.0, 1: 0.3})
    resetting = simulate("events", network, resets=True, schedule=schedule)
    by_hand = simulate("events", network, resets=False, schedule=schedule)
    on = simulate("events", network, resets=False, schedule=schedule)
    for _ in range(6):
        at_rest(by_hand)
        for each in (resetting, by_hand, on):
            each.learn(1)
        assert differing(resetting, by_hand) == []
    assert "state.populations.0.potential" in " ".join(differing(resetting, on))


@pytest.mark.parametrize("resets", [False, True])
def test_what_a_network_at_rest_does_follows_from_the_sample_alone(resets):
    sim, potentials = simulate(resets=resets), []
    start = sim.runner.random.states()
    for before in ([0, 3], [2, 1]):
        for items in (before, [4, 4]):
            sim.runner.random.set_states(start)
            sim.runner.load(0, torch.tensor(items))
            for _ in sim.runner.rest():
                pass
        potentials.append(sim.runner.state.populations[0].potential.clone())
    assert potentials[0].equal(potentials[1]) == resets


@pytest.mark.parametrize("name", EVENTS)
def test_what_is_recorded_is_what_was_shown(name, tmp_path):
    sim, plain = simulate(name), simulate(name)
    binary = "counted" not in name and "frames" not in name
    variable = "spikes" if binary else "activity"
    with sim:
        sim.record(tmp_path / "run.h5", [Probe("input", variable, "all")], Always())
        sim.train(1)
    plain.train(1)
    assert differing(sim, plain) == []
    with sf.open(tmp_path / "run.h5") as recording:
        read = recording.raster("input") if binary else recording.trace("input", variable)
        items = recording.stimulus["image"]
    steps = sim.stimulus.steps
    film = dense(sim.stimulus)
    assert len(read) == 3 * steps
    for number, row in enumerate(read):
        assert (row == film[items[number], number % steps]).all()


def dense(stimulus):
    if isinstance(stimulus.activity, np.ndarray):
        return stimulus.activity.astype(np.float32)
    film = np.zeros((len(stimulus) * stimulus.steps, UNITS), np.float32)
    binned = stimulus.activity
    for row, (start, stop) in enumerate(pairwise(binned.starts)):
        counts = binned.counts
        film[row, binned.units[start:stop]] = 1 if counts is None else counts[start:stop]
    return film.reshape(len(stimulus), stimulus.steps, UNITS)


def test_classes_that_differ_in_units_are_learnt():
    """Class c has events of units 3c to 3c + 2 alone, at random times."""
    random = np.random.default_rng(0)
    labels = np.arange(40) % 2
    samples = [(random.uniform(0, 80, 30), random.integers(0, 3, 30) + 3 * c) for c in labels]
    made = sf.datasets.Events.of(samples, UNITS, labels, time_unit="ms")
    stimulus = sf.EventStimulus(made, 0.01)
    populations = {"hidden1": sf.StochasticBinary(20), "output": sf.StochasticBinary(20)}
    net = sf.Network(UNITS, populations, sf.DFA(0.3), sf.ThreeFactor(0.01))
    sim = sf.Simulation(net, stimulus, test=stimulus, batch_size=4, seed=0, progress=False)
    before = sim.test().error_percent_summed
    sim.train(20)
    assert sim.test().error_percent_summed == 0 < before


def test_the_score_of_targets_is_a_squared_error():
    score = simulate("events, targets").test()
    assert set(score.measures) == {"squared_error"}
    assert score.predictions is None
    assert simulate().test().predictions.confusion().sum() == len(events())
