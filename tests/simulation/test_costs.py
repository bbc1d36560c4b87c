"""Costs are those that a loop in NumPy counts, synapse by synapse, and counting changes nothing."""

from itertools import product

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.errors import SpikefaError
from spikefa.simulation.costs import Changes, Costs, Operations
from tests.helpers.replicated import SEEDS

STREAMS, SIZES = 3, {"input": 12, "hidden1": 9, "hidden2": 7, "output": 4}
RATE = 1e-2


def binary(size):
    return sf.StochasticBinary(size)


def relu(size):
    return sf.Rate(size, "relu")


def network(circuit, neurons=binary, rule=None, **options):
    populations = {name: neurons(size) for name, size in SIZES.items() if name != "input"}
    return sf.Network(12, populations, circuit, rule or sf.ThreeFactor(RATE), **options)


def simulation(tiny, circuit, batch=STREAMS, count_costs=True, neurons=binary, **options):
    others = {key: options.pop(key) for key in ("backend", "seed", "checkpoint") if key in options}
    net = network(circuit, neurons, **options)
    return sf.Simulation(net, tiny, batch_size=batch, count_costs=count_costs, **others)


def arrays(tensors):
    return [tensor.detach().numpy().copy() for tensor in tensors]


def arrived(sent, connected):
    """Count, one by one, the synapses at which a nonzero value arrives."""
    streams, n_from = sent.shape
    return sum(
        1
        for stream, i, j in product(range(streams), range(n_from), range(connected.shape[1]))
        if sent[stream, i] != 0 and connected[i, j]
    )


def changed(pre, post, connected):
    """Count the changes in each stream, and the weights that all streams together touch."""
    places = list(product(range(pre.shape[1]), range(post.shape[1])))
    own = sum(
        1
        for stream, (i, j) in product(range(len(pre)), places)
        if pre[stream, i] != 0 and post[stream, j] != 0 and connected[i, j]
    )
    rows, columns = (pre != 0).any(0), (post != 0).any(0)
    return own, sum(1 for i, j in places if rows[i] and columns[j] and connected[i, j])


class Truth:
    """Counts what a simulation does, from copies of its state after each step."""

    def __init__(self, sim, hops, learning=(), holes=None):
        self.sim, self.hops, self.learning, self.holes = sim, hops, learning, holes or {}
        self.names = list(SIZES)
        self.spikes = dict.fromkeys(SIZES, 0)
        self.counts = {}

    def run(self, presentations):
        for _ in range(presentations):
            for _ in self.sim.present():
                self.step()

    def connected(self, name, shape):
        return self.holes.get(name, np.ones(shape, bool))

    def step(self):
        runner = self.sim.runner
        populations, feedback = runner.state.populations, runner.state.feedback
        sent = arrays([runner.inputs, *(each.spikes for each in populations)])
        gains = arrays(each.gain for each in populations)
        errors = arrays(each.activity for each in feedback.errors)
        for name, activity in zip(SIZES, sent, strict=True):
            self.spikes[name] += int((activity != 0).sum())
        for layer, name in enumerate(self.names[1:]):
            connected = self.connected(name, (sent[layer].shape[1], sent[layer + 1].shape[1]))
            self.add("forward", name, arrived(sent[layer], connected))
            if self.sim.runner.state.learning_rates.rates[layer]:
                factor = np.float32(-RATE) * (errors[layer] * gains[layer])
                self.add("plasticity", name, *changed(sent[layer], factor, connected))
        for label, ((group, layer), target, gated) in self.hops.items():
            plain = feedback.at(sf.feedback.Site(group, layer)).activity.numpy().copy()
            error = plain * gains[layer] if gated else plain
            connected = self.connected(label, (error.shape[1], target))
            self.add("backward", label, arrived(error, connected))
            if label in self.learning:
                where, gated = self.learning[label]
                spikes, error = sent[where + 1], plain * gains[layer] if gated else plain
                whole = self.connected("", (error.shape[1], spikes.shape[1]))
                self.add("feedback_plasticity", label, *changed(error, spikes, whole))

    def add(self, kind, name, *numbers):
        before = self.counts.setdefault(kind, {}).get(name, (0,) * len(numbers))
        self.counts[kind][name] = tuple(a + b for a, b in zip(before, numbers, strict=True))

    def check(self):
        costs = self.sim.costs
        assert costs.spikes == self.spikes
        for kind in ("forward", "backward"):
            found = {name: (each.events,) for name, each in getattr(costs, kind).items()}
            assert found == self.counts.get(kind, {}), kind
        for kind in ("plasticity", "feedback_plasticity"):
            own = getattr(costs, kind)
            found = {name: (each.events, each.shared) for name, each in own.items()}
            assert found == self.counts.get(kind, {}), kind


FA_HOPS = {
    "errors/output > errors/hidden2": (("errors", 2), 7, False),
    "errors/hidden2 > errors/hidden1": (("errors", 1), 9, False),
}
GATED_HOPS = {label: (*hop[:2], True) for label, hop in FA_HOPS.items()}
DFA_HOPS = {
    "errors/output > errors/hidden1": (("errors", 2), 9, False),
    "errors/output > errors/hidden2": (("errors", 2), 7, False),
}
PFA_HOPS = {
    "errors/output > middle/hidden2": (("errors", 2), 8, True),
    "middle/hidden2 > errors/hidden2": (("middle", 1), 7, False),
    "errors/hidden2 > middle/hidden1": (("errors", 1), 14, True),
    "middle/hidden1 > errors/hidden1": (("middle", 0), 9, False),
}
S3_HOPS = {
    "errors/output > direct/hidden1 (direct)": (("errors", 2), 9, True),
    "errors/output > direct/hidden2 (direct)": (("errors", 2), 7, True),
    "direct/hidden2 > errors/hidden1 (above)": (("direct", 1), 9, True),
    "direct/hidden1 > errors/hidden2 (below)": (("direct", 0), 7, True),
}
KP_LEARNING = {
    "errors/output > errors/hidden2": (1, True),
    "errors/hidden2 > errors/hidden1": (0, True),
}
PFA_LEARNING = {
    "middle/hidden2 > errors/hidden2": (1, False),
    "middle/hidden1 > errors/hidden1": (0, False),
}
CASES = {
    "FA": (lambda: sf.FA(0.3), FA_HOPS, {}),
    "FA, gated": (lambda: sf.FA(0.3, gated=True), GATED_HOPS, {}),
    "DFA": (lambda: sf.DFA(0.3), DFA_HOPS, {}),
    "KP": (lambda: sf.KP(0.3), GATED_HOPS, KP_LEARNING),
    "KP, not gated": (lambda: sf.KP(0.3, gated=False), FA_HOPS, KP_LEARNING),
    "PFA": (lambda: sf.PFA(2), PFA_HOPS, PFA_LEARNING),
    "s3": (lambda: sf.Mixed("s3"), S3_HOPS, {}),
}


@pytest.mark.parametrize("neurons", [binary, relu])
@pytest.mark.parametrize("case", CASES)
def test_every_operation_is_counted(tiny, case, neurons):
    """Neurons with a gain of 0 have no factor, and silent ones send no error that is gated."""
    circuit, hops, learning = CASES[case]
    truth = Truth(simulation(tiny, circuit(), neurons=neurons), hops, learning)
    truth.run(2)
    truth.check()
    costs = truth.sim.costs
    assert (costs.steps, costs.streams) == (10, STREAMS)
    for each in (*costs.forward.values(), *costs.plasticity.values()):
        assert 0 < each.events < each.dense
    assert costs.uncounted == ()


def test_with_one_stream_all_weights_are_its_own(tiny):
    truth = Truth(simulation(tiny, sf.FA(0.3), batch=1), FA_HOPS)
    truth.run(3)
    truth.check()
    assert truth.sim.costs.shared_weight_writes == truth.sim.costs.weight_writes > 0


def test_holes_are_no_synapses(tiny):
    """In forward synapses, and in a sparse feedback matrix, stored or procedural."""
    circuits = [sf.DFA(0.3, sparsity=0.5, procedural=procedural) for procedural in (False, True)]
    counted = []
    for circuit in circuits:
        made = {"synapses": lambda *a, **kw: sf.Masked(*a, sparsity=0.4, **kw)}
        sim = simulation(tiny, circuit, neurons=relu, **made)
        holes = {name: each.mask.numpy() == 1 for name, each in sim.network.synapses.items()}
        wired = zip(DFA_HOPS, circuit.wiring.hops, strict=True)
        found = {hop.target.layer: hop.matrix.whole().numpy() != 0 for _, hop in wired}
        holes |= {label: found[layer] for layer, label in enumerate(DFA_HOPS)}
        truth = Truth(sim, DFA_HOPS, holes=holes)
        truth.run(2)
        truth.check()
        counted.append(sim.costs.backward)
    assert counted[0] == counted[1]


def test_frozen_projections_do_not_change(tiny):
    rule = sf.ThreeFactor(RATE, weight_decay=0.0)
    truth = Truth(simulation(tiny, sf.PFA(2), rule=rule), PFA_HOPS, PFA_LEARNING)
    truth.run(1)
    truth.sim.freeze(1)  # R into hidden1 learns with the synapses onto hidden2
    before = truth.sim.costs
    label = "middle/hidden1 > errors/hidden1"
    truth.learning = {other: each for other, each in PFA_LEARNING.items() if other != label}
    truth.run(1)
    truth.check()
    after = truth.sim.costs
    assert after.plasticity["hidden2"] == before.plasticity["hidden2"]._replace(
        dense=after.plasticity["hidden2"].dense
    )
    assert after.feedback_plasticity[label].events == before.feedback_plasticity[label].events


def test_counting_changes_nothing(tiny):
    one, other = (simulation(tiny, sf.KP(0.3), count_costs=count) for count in (False, True))
    for sim in (one, other):
        sim.train(2)
    counted = other.tensors()
    for name, tensor in one.tensors().items():
        assert tensor.equal(counted[name]), name
    assert {name for name in counted if name not in one.tensors()} == {
        "costs.totals",
        "costs.pairs",
        "costs.shared",
    }


def test_a_resumed_run_has_counted_the_same(tiny, tmp_path):
    """Also the numbers of synapses of a sparse matrix, which may be another one at first."""

    def fresh(seed=0):
        return simulation(tiny, sf.DFA(0.3, sparsity=0.5), seed=seed)

    whole, first, second = fresh(), fresh(), fresh()
    whole.train(2)
    first.train(1)
    first.save(tmp_path / "c.pt")
    second.restore(tmp_path / "c.pt")
    second.train(1)
    assert second.costs == whole.costs
    for name, tensor in whole.tensors().items():
        assert tensor.equal(second.tensors()[name]), name
    uncounted = simulation(tiny, sf.DFA(0.3, sparsity=0.5), count_costs=False)
    with pytest.raises(SpikefaError, match="count_costs"):
        uncounted.restore(tmp_path / "c.pt")


def test_replicas_cost_what_single_runs_cost(tiny):
    def made(seed, replicas=None):
        kinds = {"synapses": lambda *a, **kw: sf.Masked(*a, sparsity=0.3, **kw)}
        circuit = sf.DFA(0.3, sparsity=0.5)
        sim = simulation(tiny, circuit, seed=seed, replicas=replicas, **kinds)
        sim.train(1)
        return sim.costs

    together, alone = made(SEEDS, len(SEEDS)), [made(seed) for seed in SEEDS]
    assert together.streams == STREAMS * len(SEEDS)
    for kind in ("forward", "backward", "plasticity"):
        for name, found in getattr(together, kind).items():
            each = [getattr(costs, kind)[name] for costs in alone]
            assert tuple(found) == tuple(map(sum, zip(*each, strict=True))), (kind, name)
    assert together.weight_reads == sum(costs.weight_reads for costs in alone)
    assert together.neuron_updates == sum(costs.neuron_updates for costs in alone)


def test_the_deferred_backend_counts_the_same(tiny):
    counted = []
    for backend in ("eager", "deferred"):
        sim = simulation(tiny, sf.FA(0.3), backend=backend)
        sim.train(1)
        counted.append(sim.costs)
    assert counted[0].forward == counted[1].forward
    assert counted[0].plasticity == counted[1].plasticity


def test_after_a_switch_the_counts_begin_again(tiny):
    sim = simulation(tiny, sf.FA(0.3))
    sim.learn(2)
    sim.switch(sf.DFA(0.3))
    assert sim.costs.steps == 0
    truth = Truth(sim, DFA_HOPS)
    truth.run(2)
    truth.check()
    assert sim.costs.steps == 10


@pytest.mark.parametrize(
    ("circuit", "rule", "said"),
    [
        (sf.FA, sf.STDP, "STDP does not name its outer_factor"),
        (sf.FA, sf.Eligibility, "Eligibility does not name its outer_factor"),
        (sf.PAL, sf.ThreeFactor, "what PAL may learn itself"),
        (sf.WM, sf.ThreeFactor, "what a step of WM does besides"),
    ],
)
def test_what_cannot_be_counted_is_said(tiny, circuit, rule, said):
    sim = simulation(tiny, circuit(), rule=rule(RATE))
    sim.learn(2)
    assert any(said in each for each in sim.costs.uncounted)
    assert len(sim.costs.forward) == 3
    assert (len(sim.costs.plasticity) == 3) == (rule is sf.ThreeFactor)


def test_a_rule_that_inherits_has_to_name_its_factor_again():
    class Own(sf.ThreeFactor):
        def update(self, pre, post, modulator, state):
            return sf.Outer(pre, modulator)

    class Renamed(sf.ThreeFactor):
        pass

    assert Own.outer_factor is None
    assert Renamed.outer_factor == sf.ThreeFactor.outer_factor == "factor"


@pytest.mark.parametrize("rule", [sf.ThreeFactor, sf.RoughThreeFactor, sf.BCM])
def test_a_named_factor_is_that_of_the_change(rule):
    made, post = rule(RATE), sf.Post(*torch.rand(3, 2, 5))
    state = made.state(4, 5, 2, RATE, torch.device("cpu"), torch.float32)
    pre = torch.rand(2, 4)
    change = made.update(pre, post, torch.randn(2, 5), state)
    assert change.pre is pre
    assert change.loss is None
    assert change.post.equal(state.traces[made.outer_factor])


def test_costs_that_were_not_counted(tiny):
    with pytest.raises(SpikefaError, match="count_costs=True"):
        _ = simulation(tiny, sf.FA(0.3), count_costs=False).costs


def test_sums_of_the_counts():
    costs = Costs(
        steps=10,
        streams=2,
        neurons=5,
        error_neurons=4,
        spikes={"input": 7},
        forward={"output": Operations(30, 100)},
        backward={"errors/output > errors/hidden1": Operations(20, 50)},
        plasticity={"output": Changes(11, 100, 8)},
        feedback_plasticity={"errors/output > errors/hidden1": Changes(3, 50, 2)},
    )
    assert costs.neuron_updates == 10 * 2 * 9
    assert costs.weight_reads == 30 + 20 + 11 + 3
    assert costs.weight_writes == 14
    assert costs.shared_weight_writes == 10
    assert Costs.from_description(costs.describe()) == costs
