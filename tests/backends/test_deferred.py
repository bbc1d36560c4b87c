"""The deferred backend computes what eager computes, in another order of the sums."""

import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import snntorch
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

import spikefa as sf
from spikefa.backends import choose_backend
from spikefa.backends.deferred import DeferredPlasticity
from spikefa.datasets.functions import linear
from spikefa.errors import SpikefaError
from spikefa.models import rate_network
from spikefa.recording import Always, Probe, open_recording
from spikefa.synapses.deferred import Deferred
from tests.helpers.fused_pairs import DEVICE

PRESENTATIONS, STEPS = 40, 5
CIRCUITS = {
    "FA": lambda: sf.FA(),
    "FA gated tanh": lambda: sf.FA(gated=True, phi_delta="tanh"),
    "FA spiking": lambda: sf.FA(phi_delta="spiking"),
    "FA procedural": lambda: sf.FA(procedural=True),
    "DFA": lambda: sf.DFA(),
    "PFA": lambda: sf.PFA(2),
    "PFAo": lambda: sf.PFAo(),
    "KP": lambda: sf.KP(),
    "PAL": lambda: sf.PAL(),
    "DKP": lambda: sf.DKP(),
    "Mixed": lambda: sf.Mixed("s1"),
    "Shallow": lambda: sf.Shallow(),
}
RULES = {
    "ThreeFactor": lambda: sf.ThreeFactor(1e-2, weight_decay=0.0),
    "decay at every step": lambda: sf.ThreeFactor(1e-2, weight_decay=1e-3),
    "Rough": lambda: sf.RoughThreeFactor(1e-2),
    "BCM": lambda: sf.BCM(1e-2),
    "STDP, of two terms": lambda: sf.STDP(1e-2),
    "LowPassTraces": lambda: sf.LowPassTraces(1e-2),
    "STLLR, of two terms": lambda: sf.STLLR(1e-2),
    "EProp, no product": lambda: sf.EProp(1e-2),
    "Homeostatic, of two terms": lambda: sf.Homeostatic(1e-2),
    "Oja, which loses weight": lambda: sf.Oja(1e-2),
    "Eligibility, no product": lambda: sf.Eligibility(1e-2),
}
CONSTRAINTS = (sf.Dale(0.7), sf.Bounded(-0.1, 0.1), sf.Failure(0.2))
SYNAPSES = {
    "norm": lambda *a, **kw: sf.Dense(*a, norm=1.0, **kw),
    "masked": lambda *a, **kw: sf.Masked(*a, sparsity=0.3, **kw),
    "constrained": lambda *a, **kw: sf.Dense(*a, constraints=CONSTRAINTS, **kw),
}


@pytest.fixture(autouse=True)
def small_weights_wait_too(monkeypatch):
    """On a CPU the weights of small layers would change at once."""
    monkeypatch.setattr(DeferredPlasticity, "least", 0)


def simulation(
    tiny, backend, circuit=None, rule=None, batch=2, schedule=None, population=None, **options
):
    sizes = {"hidden1": 18, "hidden2": 16, "output": 14}
    population = population or sf.StochasticBinary
    net = sf.Network(
        12,
        {name: population(size) for name, size in sizes.items()},
        circuit or sf.FA(),
        rule or sf.ThreeFactor(1e-2, weight_decay=0.0),
        device=DEVICE,
        dtype=torch.float64,
        **options,
    )
    return sf.Simulation(
        net,
        tiny,
        steps_per_image=STEPS,
        batch_size=batch,
        seed=3,
        schedule=schedule,
        backend=backend,
        progress=False,
    )


def agree(tiny, presentations=PRESENTATIONS, make=lambda: {}, **options):
    """Both learn the same to 1e-10, over 200 steps with a switch of images every 5."""
    both = [simulation(tiny, backend, **make(), **options) for backend in ("eager", "deferred")]
    for each in both:
        each.learn(presentations)
    same(*both)
    return both


def same(one, other):
    expected, got = one.tensors(), other.tensors()
    assert expected.keys() == got.keys()
    for name, tensor in expected.items():
        torch.testing.assert_close(got[name], tensor, rtol=1e-10, atol=1e-10, msg=name)


@pytest.mark.slow
@pytest.mark.parametrize("circuit", CIRCUITS)
def test_it_learns_what_eager_learns(circuit, tiny):
    one, other = agree(tiny, make=lambda: {"circuit": CIRCUITS[circuit]()})
    assert (one.backend, other.backend) == ("eager", "deferred")
    begun = simulation(tiny, "eager", CIRCUITS[circuit]()).network.synapses["output"].weight
    assert not torch.allclose(begun, one.network.synapses["output"].weight, atol=1e-2)


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
def test_any_rule_learns_what_it_learns_with_eager(rule, tiny):
    agree(tiny, make=lambda: {"rule": RULES[rule]()})


@pytest.mark.parametrize("redrawn", ["presentation", "step"])
def test_neurons_that_are_silenced(redrawn, tiny):
    def population(size):
        dropout = None if size == 14 else sf.Dropout(0.3, redrawn)
        return sf.StochasticBinary(size, dropout=dropout)

    agree(tiny, population=population)


@pytest.mark.parametrize("synapses", SYNAPSES)
def test_synapses_with_constraints_change_at_once(synapses, tiny):
    _, other = agree(tiny, synapses=SYNAPSES[synapses])
    assert not any(isinstance(each, Deferred) for each in other.runner.backend.synapses)


def test_connections_and_delays(tiny):
    recurrent = sf.Connection("hidden2", "hidden1", delay=(1, 3))
    agree(tiny, connections=[recurrent], delays={"hidden2": 2})


@pytest.mark.slow
@pytest.mark.parametrize("batch", [1, 2, 7])
@pytest.mark.parametrize("replicas", [None, 3])
def test_batches_and_replicas(batch, replicas, tiny):
    agree(tiny, batch=batch, replicas=replicas)


def test_a_schedule_that_freezes_a_projection(tiny):
    schedule = {"hidden1": lambda epoch: float(epoch < 1), "hidden2": lambda epoch: 0.5}
    agree(tiny, schedule=schedule)


def test_weights_stand_still_within_a_presentation(tiny):
    """They are written once in a presentation, however many steps it has."""
    sim = simulation(tiny, "deferred", batch=1)
    weight = sim.network.synapses["hidden1"].weight
    written, changes = weight._version, []
    sim.runner.load(0, sim.training.sampler.items(0))
    for _ in sim.runner.learn():
        changes.append(weight._version - written)
    assert changes == [0] * STEPS
    assert weight._version > written


def test_a_single_stream_as_a_loop_in_numpy():
    """The drive and the changes of Deferred, against sums over all changes ever made."""
    random = np.random.default_rng(4)
    synapses = sf.Dense(9, 8, dtype=torch.float64)
    synapses.initialise(torch.Generator().manual_seed(1))
    deferred = Deferred(synapses, batch=2, steps=4)
    weight, bias = synapses.weight.numpy().copy(), synapses.bias.numpy().copy()
    waited = []
    for _ in range(11):
        pre, post = random.integers(0, 2, (2, 9)).astype(float), random.normal(size=(2, 8))
        out = torch.empty(2, 8, dtype=torch.float64)
        deferred.drive(torch.from_numpy(pre), out)
        np.testing.assert_allclose(out.numpy(), pre @ weight + bias, atol=1e-12)
        deferred.apply(sf.Outer(torch.from_numpy(pre), torch.from_numpy(post)))
        waited.append(deferred.waiting)
        weight, bias = weight + pre.T @ post, bias + post.sum(0)
    assert waited == [2, 4, 2, 4, 2, 4, 2, 4, 2, 4, 2]  # 4 rows of 17 numbers hold 72 at most
    deferred.flush()
    np.testing.assert_allclose(synapses.weight.numpy(), weight, atol=1e-12)
    np.testing.assert_allclose(synapses.bias.numpy(), bias, atol=1e-12)


@pytest.mark.parametrize("streams", [1, 2, 3])
def test_few_changes_of_large_weights_are_made_one_by_one(streams):
    """On a CPU that is faster; either way the sum is that of all of them."""
    random = np.random.default_rng(2)
    synapses = sf.Dense(600, 500, dtype=torch.float64)
    deferred = Deferred(synapses, batch=streams, steps=5)
    weight, bias = 0, 0
    for _ in range(5):
        pre, post = random.integers(0, 2, (streams, 600)) * 1.0, random.normal(size=(streams, 500))
        deferred.apply(sf.Outer(torch.from_numpy(pre), torch.from_numpy(post)))
        weight, bias = weight + pre.T @ post, bias + post.sum(0)
    before = synapses.weight._version
    deferred.flush()
    assert synapses.weight._version - before == (5 * streams if streams < 3 else 1)
    np.testing.assert_allclose(synapses.weight.numpy(), weight, atol=1e-12)
    np.testing.assert_allclose(synapses.bias.numpy(), bias, atol=1e-12)


def test_on_a_cpu_weights_that_fit_into_the_cache_change_at_once(tiny, monkeypatch):
    monkeypatch.undo()
    sim = simulation(tiny, "deferred")
    at_once = [each.steps == 1 for each in sim.runner.backend.synapses]
    assert at_once == [DEVICE == "cpu"] * 3


def test_a_probe_of_weights_reads_those_of_the_step(tiny, tmp_path):
    read = {}
    for backend in ("eager", "deferred"):
        path = tmp_path / f"{backend}.h5"
        with simulation(tiny, backend) as sim:
            sim.record(path, [Probe("hidden1", "weights", "all")], Always())
            sim.train(1)
        with open_recording(path) as recording:
            read[backend] = recording.trace("hidden1", "weights")
    assert len(read["eager"]) > STEPS
    np.testing.assert_allclose(read["deferred"], read["eager"], atol=1e-7)  # stored as float32


@pytest.mark.parametrize("rule", ["ThreeFactor", "STDP, of two terms"])
def test_a_presentation_captured_as_a_graph_is_the_same(rule, tiny, captured):
    sim, taped = (simulation(tiny, "deferred", rule=RULES[rule](), batch=1) for _ in range(2))
    sim.runner.backend = DeferredPlasticity(sim.network, sim.runner.state, STEPS)  # uncaptured
    assert type(taped.runner.backend).__name__ == "Graph"
    for each in (sim, taped):
        each.learn(10)
    for name, tensor in sim.tensors().items():
        assert tensor.equal(taped.tensors()[name]), name


@pytest.mark.parametrize(
    ("circuit", "options"),
    [
        (sf.Backprop, {}),
        (sf.SF, {}),
        (sf.WM, {}),
        (sf.FA, {"optimiser": torch.optim.SGD}),
    ],
)
def test_networks_that_read_weights_at_every_step_are_refused(circuit, options, tiny):
    net = simulation(tiny, "eager", circuit(), **options).network
    with pytest.raises(SpikefaError, match="use another backend"):
        choose_backend("deferred", net, 1)


class Reads(sf.ThreeFactor):
    """A rule of the user that looks at the weights, which no synapse could."""

    weight = None

    def update(self, pre, post, modulator, state):
        change = super().update(pre, post, modulator, state)
        here = self.weight
        if here is None or here.shape[-1] != change.post.shape[-1]:
            return change
        return sf.Outer(change.pre, change.post - 1e-3 * here.mean(-2))


class Forgets(sf.ThreeFactor):
    """A rule of the user with a loss in every step."""

    def update(self, pre, post, modulator, state):
        change = super().update(pre, post, modulator, state)
        return sf.Outer(change.pre, change.post, 1e-3 * post.spikes.mean(-2))


class Each(sf.ThreeFactor):
    """A rule of the user that returns the change of each synapse."""

    def update(self, pre, post, modulator, state):
        change = super().update(pre, post, modulator, state)
        return sf.Direct(change.pre.mT @ change.post, change.post.sum(-2))


class Twice(sf.ThreeFactor):
    """A rule of the user of two terms, with twice as many rows."""

    def update(self, pre, post, modulator, state):
        change = super().update(pre, post, modulator, state)
        both = torch.cat([change.pre, 0.5 * change.pre], -2), change.post.repeat(2, 1)
        return sf.Outer(*both)


@pytest.mark.parametrize("rule", [Forgets, Each, Twice])
def test_rules_of_the_user(rule, tiny):
    agree(tiny, make=lambda: {"rule": rule(1e-2)})


def test_a_rule_that_reads_weights_finds_those_of_the_step(tiny):
    """They do not stand still: a trial has seen that they are read."""
    both = [simulation(tiny, backend, rule=Reads(1e-2)) for backend in ("eager", "deferred")]
    for each in both:
        each.network.rule.weight = each.network.synapses["hidden2"].weight
        each.switch(sf.FA())  # so that a backend is made that knows the rule as it is now
        each.learn(PRESENTATIONS)
    same(*both)
    steps = [each.steps for each in both[1].runner.backend.synapses]
    assert steps == [STEPS, 1, STEPS]


NEURONS = {
    "Leaky": lambda size: sf.SnnTorch(snntorch.Leaky(beta=0.9), size),
    "Synaptic": lambda size: sf.SnnTorch(snntorch.Synaptic(0.6, 0.8, reset_delay=False), size),
    "RLeaky": lambda size: sf.SnnTorch(
        snntorch.RLeaky(0.7, V=0.4, all_to_all=False, learn_recurrent=False), size
    ),
    "tanh": sf.Rate,
    "softmax": lambda size: sf.Rate(size, "softmax"),
    "noisy": lambda size: sf.Rate(size, "relu", tau=0.5, noise=0.1),
}


@pytest.mark.slow
@pytest.mark.parametrize("neurons", NEURONS)
def test_other_neurons(neurons, tiny):
    """The learning rate is low: with a high one, differences of rounding grow fast."""
    agree(tiny, population=NEURONS[neurons], make=lambda: {"rule": sf.ThreeFactor(1e-3)})


def test_a_rate_network_whose_examples_last_one_step():
    """There is nothing to wait for, so that it learns bit for bit what eager learns."""
    learnt = []
    for backend in ("eager", "deferred"):
        net = rate_network((4, 6, 3), sf.FA(0.5, tau=1.0), 0.01)
        stimulus = sf.FunctionStimulus(linear(4, 3, seed=0), tests=20)
        sim = sf.Simulation(net, stimulus, batch_size=2, seed=0, backend=backend)
        sim.learn(200)
        learnt.append(net.tensors())
    assert all(tensor.equal(learnt[1][name]) for name, tensor in learnt[0].items())


ACTIONS = st.one_of(
    st.tuples(st.just("learn"), st.integers(1, 4)),
    st.tuples(st.just("step"), st.integers(1, STEPS)),  # and leave the presentation
    st.tuples(st.just("test"), st.integers(1, STEPS)),  # in the middle of a presentation
    st.tuples(st.just("rates"), st.lists(st.sampled_from([0.0, 0.3, 2.0]), min_size=3, max_size=3)),
    st.tuples(st.just("decay"), st.sampled_from([0.0, 1.0, 7.0])),
    st.tuples(st.just("switch"), st.sampled_from(["FA", "DFA", "PFAo", "KP"])),
    st.tuples(st.just("save"), st.none()),
)


def act(sim, action, value, again, path):
    """Do something to a simulation; return the simulation with which to go on."""
    match action:
        case "learn":
            sim.learn(value)
        case "step":
            for _ in zip(sim.present(), range(value), strict=False):
                pass
        case "test":
            for step in sim.present():
                if step % STEPS == value - 1:
                    sim.test()
        case "rates":
            sim.set_learning_rates(value)
        case "decay":
            sim.set_learning_rates(decay=value)
        case "switch":
            sim.switch(CIRCUITS[value](), seed=4)
        case "save":
            sim.save(path)
            sim = again(type(sim.network.feedback)())
            sim.restore(path)
    return sim


def outcome(sim, *arguments):
    """Return the simulation with which to go on, and what was refused, if anything."""
    try:
        return act(sim, *arguments), ""
    except SpikefaError as error:
        return sim, str(error)


@pytest.mark.slow
@example([("rates", [0.0, 2.0, 2.0]), ("switch", "PFAo")], 1, 1e-4)
@given(st.lists(ACTIONS, max_size=12), st.sampled_from([1, 3]), st.sampled_from([0.0, 1e-4]))
@settings(max_examples=15, deadline=None)
def test_whatever_happens_in_between(tiny, actions, batch, decay):
    """Also a decay at every step, and another simulation that resumes from a checkpoint."""

    def make(backend, circuit):
        rule = sf.ThreeFactor(1e-2, weight_decay=decay)
        return simulation(tiny, backend, circuit, rule, batch=batch)

    one, other = make("eager", sf.FA()), make("deferred", sf.FA())
    with tempfile.TemporaryDirectory() as folder:
        for action in actions:
            one, refused = outcome(one, *action, partial(make, "eager"), Path(folder) / "one")
            again = partial(make, "deferred"), Path(folder) / "other"
            other, refused_too = outcome(other, *action, *again)
            assert refused_too == refused
        for sim in (one, other):
            sim.learn(2)
        same(one, other)
