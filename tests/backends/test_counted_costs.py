"""Every backend leaves a state from which the costs of a step can be counted."""

import pytest

import spikefa as sf
from spikefa.simulation.costs import Costs
from tests.helpers.fused_pairs import images, network

CIRCUITS = {"FA": lambda: sf.FA(0.3), "KP": lambda: sf.KP(0.3), "PFA": lambda: sf.PFA(2)}


SLOW = [
    "FA",
    *(pytest.param(circuit, marks=pytest.mark.long) for circuit in CIRCUITS if circuit != "FA"),
]
"""In the interpreter of the kernels."""


def trained(backend, circuit, presentations=3, steps=5):
    net = network(CIRCUITS[circuit](), [9, 7, 4])
    stimulus = sf.ImageStimulus(images(13), steps=steps)
    sim = sf.Simulation(net, stimulus, batch_size=2, backend=backend, count_costs=True)
    sim.learn(presentations)
    for _ in sim.present():  # step by step
        pass
    return sim


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_a_graph_counts_what_eager_counts(captured, circuit):
    eager, graph = (trained(backend, circuit) for backend in ("eager", "graph"))
    assert type(graph.runner.backend).__name__ == "Graph"
    assert graph.costs == eager.costs
    assert graph.costs.steps == 20
    for name, tensor in eager.tensors().items():
        assert tensor.equal(graph.tensors()[name]), name


@pytest.mark.parametrize("circuit", SLOW)
@pytest.mark.parametrize("backend", ["fused", "fused-deferred"])
def test_kernels_leave_what_is_counted(triton, backend, circuit):
    """Their spikes are others, so the counts are compared with those of their own last step."""
    sim = trained(backend, circuit, presentations=1, steps=2)
    before = sim.costs
    for _ in sim.present():
        between = sim.costs
        assert _last(between, before) == _of_the_state(sim)
        before = between


def _last(now: Costs, before: Costs) -> dict[str, int]:
    found = {f"forward {n}": e.events - before.forward[n].events for n, e in now.forward.items()}
    found |= {f"error {n}": e.events - before.backward[n].events for n, e in now.backward.items()}
    changes = now.plasticity.items()
    return found | {f"change {n}": e.events - before.plasticity[n].events for n, e in changes}


def _of_the_state(sim) -> dict[str, int]:
    """Count in plain expressions, from equations 6 to 8 and the state."""
    state, names = sim.runner.state, list(sim.network.populations)
    sent, found = sim.runner.inputs, {}
    for name, here, error in zip(names, state.populations, state.feedback.errors, strict=True):
        factor = error.activity * here.gain
        found[f"forward {name}"] = int((sent != 0).sum()) * here.spikes.shape[1]
        pairs = (sent != 0).sum(-1) * (factor != 0).sum(-1)
        found[f"change {name}"] = int(pairs.sum())
        sent = here.spikes
    for label, hop in zip(sim.costs.backward, sim.network.feedback.wiring.hops, strict=True):
        error = state.feedback.at(hop.source).activity
        error = error * state.populations[hop.source.layer].gain if hop.gated else error
        found[f"error {label}"] = int((error != 0).sum()) * hop.matrix.shape[1]
    return found
