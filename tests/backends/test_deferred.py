"""The deferred backend computes what eager computes, in another order of the sums."""

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.backends import choose_backend
from spikefa.backends.deferred import DeferredPlasticity
from spikefa.errors import SpikefaError
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
    "Mixed": lambda: sf.Mixed("s1"),
    "Shallow": lambda: sf.Shallow(),
}
RULES = {
    "ThreeFactor": lambda: sf.ThreeFactor(1e-2, weight_decay=0.0),
    "decay at every step": lambda: sf.ThreeFactor(1e-2, weight_decay=1e-3),
    "Rough": lambda: sf.RoughThreeFactor(1e-2),
    "BCM": lambda: sf.BCM(1e-2),
    "STDP, of two terms": lambda: sf.STDP(1e-2),
    "Oja, which loses weight": lambda: sf.Oja(1e-2),
    "Eligibility, no product": lambda: sf.Eligibility(1e-2),
}
SYNAPSES = {
    "norm": lambda *a, **kw: sf.Dense(*a, norm=1.0, **kw),
    "masked": lambda *a, **kw: sf.Masked(*a, sparsity=0.3, **kw),
}


def simulation(tiny, backend, circuit=None, rule=None, batch=2, schedule=None, **options):
    sizes = {"hidden1": 18, "hidden2": 16, "output": 14}
    net = sf.Network(
        12,
        {name: sf.StochasticBinary(size) for name, size in sizes.items()},
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
    expected, got = (each.tensors() for each in both)
    for name, tensor in expected.items():
        torch.testing.assert_close(got[name], tensor, rtol=1e-10, atol=1e-10, msg=name)
    return both


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_it_learns_what_eager_learns(circuit, tiny):
    one, other = agree(tiny, make=lambda: {"circuit": CIRCUITS[circuit]()})
    assert (one.backend, other.backend) == ("eager", "deferred")
    begun = simulation(tiny, "eager", CIRCUITS[circuit]()).network.synapses["output"].weight
    assert not torch.allclose(begun, one.network.synapses["output"].weight, atol=1e-2)


@pytest.mark.parametrize("rule", RULES)
def test_any_rule_learns_what_it_learns_with_eager(rule, tiny):
    agree(tiny, make=lambda: {"rule": RULES[rule]()})


@pytest.mark.parametrize("synapses", SYNAPSES)
def test_synapses_with_constraints_change_at_once(synapses, tiny):
    _, other = agree(tiny, synapses=SYNAPSES[synapses])
    assert not any(isinstance(each, Deferred) for each in other.runner.backend.synapses)


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
    for _ in sim.present():
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
        choose_backend("deferred", net)
