"""Recurrent projections and delays against a loop that knows nothing of the engine."""

from functools import partial

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.analysis.delta_angles import delta_angles
from spikefa.analysis.expected_gradient import gradient_angles
from spikefa.datasets import Images
from spikefa.errors import SpikefaError
from spikefa.recording import Always, Probe, open_recording

N_IN, SIZES, BATCH, STEPS = 6, {"a": 9, "b": 7, "output": 5}, 3, 30
TAU, ETA, GAMMA = 0.8, 0.02, 1e-3
CONNECTIONS = (
    ("a", "a", 1),
    ("b", "a", (3, 1)),
    ("output", "b", 2),
    ("input", "b", 0),
    ("a", "output", (0, 2)),
)
DELAYS = {"a": 2, "b": 0, "output": 1}
NAMES = ["input", *SIZES]


DENSE = partial(sf.Dense, scale=0.7)


def network(
    connections=CONNECTIONS,
    delays=DELAYS,
    rule=None,
    dtype=torch.float64,
    synapses=DENSE,
    **options,
):
    made = [sf.Connection(*ends, delay=delay) for *ends, delay in connections]
    return sf.Network(
        N_IN,
        {name: sf.StochasticBinary(size, tau=TAU) for name, size in SIZES.items()},
        sf.FA(0.5, tau=TAU),
        rule or sf.ThreeFactor(ETA, weight_decay=GAMMA),
        synapses,
        dtype=dtype,
        connections=made,
        delays=delays,
        **options,
    )


class Loop:
    """Populations that look up in a list of all steps what was sent when."""

    def __init__(self, net):
        chain = [(*ends, DELAYS[ends[1]]) for ends in zip(NAMES, SIZES, strict=False)]
        names = [*SIZES, *(f"{source}_to_{target}" for source, target, _ in CONNECTIONS)]
        self.ways = dict(zip(names, (*chain, *CONNECTIONS), strict=True))
        self.W = {name: net.projections[name].weight.numpy().copy() for name in names}
        self.b = {name: np.zeros(size) for name, size in SIZES.items()}
        self.B = [matrix.numpy().copy() for matrix in net.feedback.matrices]
        self.V = {name: np.zeros((BATCH, size)) for name, size in SIZES.items()}
        self.U = {name: np.zeros((BATCH, size)) for name, size in SIZES.items()}
        self.sent = {name: [] for name in NAMES}

    def arriving(self, source, delays, step):
        delays = delays if isinstance(delays, tuple) else (delays,)
        width = N_IN if source == "input" else SIZES[source]
        silence = np.zeros((BATCH, width))
        return np.hstack([self.sent[source][step - d] if step >= d else silence for d in delays])

    def step(self, step, x, uniforms, target):
        self.sent["input"].append(x)
        gain = {}
        for name in SIZES:
            drive = self.b[name] + sum(
                self.arriving(source, delays, step) @ self.W[way]
                for way, (source, end, delays) in self.ways.items()
                if end == name
            )
            self.V[name] = (1 - TAU) * self.V[name] + TAU * drive
            p = 1 / (1 + np.exp(-self.V[name]))
            gain[name] = p * (1 - p)
            self.sent[name].append((uniforms[name] < p).astype(float))
        names = list(SIZES)
        error = self.sent["output"][-1] - target
        self.U["output"] = (1 - TAU) * self.U["output"] + TAU * error
        for number in (1, 0):
            carried = self.U[names[number + 1]] @ self.B[number]
            self.U[names[number]] = (1 - TAU) * self.U[names[number]] + TAU * carried
        third = {name: self.U[name] * gain[name] for name in names}
        for way, (source, end, delays) in self.ways.items():
            self.W[way] -= ETA * self.arriving(source, delays, step).T @ third[end]
            self.W[way] *= 1 - GAMMA
        for name in names:
            self.b[name] = (self.b[name] - ETA * third[name].sum(0)) * (1 - GAMMA)


def drawn(random):
    uniforms = {name: random.random((BATCH, size)) for name, size in SIZES.items()}
    x = (random.random((BATCH, N_IN)) < 0.5).astype(float)
    return x, uniforms, random.random((BATCH, SIZES["output"]))


def drive(net, state, x, uniforms, target):
    for name, population in zip(SIZES, state.populations, strict=True):
        population.uniforms.copy_(torch.as_tensor(uniforms[name]))
    net.step(state, torch.as_tensor(x), torch.as_tensor(target))


def assert_follows(net, loop):
    state, random = net.state(BATCH), np.random.default_rng(1)
    for step in range(STEPS):
        now = drawn(random)
        loop.step(step, *now)
        drive(net, state, *now)
        for number, name in enumerate(SIZES):
            here = state.populations[number]
            np.testing.assert_array_equal(here.spikes, loop.sent[name][-1], err_msg=name)
            np.testing.assert_allclose(here.potential, loop.V[name], rtol=0, atol=1e-12)
            np.testing.assert_allclose(net.synapses[name].bias, loop.b[name], rtol=0, atol=1e-12)
        for way, weight in loop.W.items():
            np.testing.assert_allclose(net.projections[way].weight, weight, rtol=0, atol=1e-12)
    for connection in net.connections:
        assert not net.projections[connection.name].bias.any()


def test_any_graph_with_any_delays_follows_the_equations():
    net = network()
    net.initialise(seed=4)
    assert_follows(net, Loop(net))


def test_a_graph_without_a_link_of_the_chain_follows_the_equations():
    net = network(synapses={"a": DENSE, "b": sf.Absent, "output": DENSE})
    net.initialise(seed=4)
    loop = Loop(net)
    del loop.ways["b"]
    assert_follows(net, loop)
    assert not net.projections["b"].weight.any()


def test_a_mask_chooses_a_delay_for_each_pair():
    """Synapse i -> j with its own delay d_ij, against a loop over single synapses."""
    random = np.random.default_rng(2)
    delay = random.integers(1, 4, (9, 9))
    mask = np.concatenate([delay == d for d in (1, 2, 3)]).astype(float)
    masked = partial(sf.Masked, mask=torch.as_tensor(mask))
    net = network(())
    net = sf.Network(
        N_IN,
        net.populations,
        sf.FA(),
        sf.ThreeFactor(),
        dtype=torch.float64,
        connections=[sf.Connection("a", "a", synapses=masked, delay=(1, 2, 3))],
    )
    net.initialise(3)
    weight = net.projections["a_to_a"].weight.numpy()
    assert np.count_nonzero(weight) == 81
    state, spikes = net.state(BATCH), []
    before = np.zeros((BATCH, 9))
    for step in range(12):
        drive(net, state, *drawn(random))
        drives = np.zeros((BATCH, 9))
        for i in range(9):
            for j in range(9):
                if step >= delay[i, j]:
                    row = (delay[i, j] - 1) * 9 + i
                    drives[:, j] += before[row, j] * spikes[step - delay[i, j]][:, i] if step else 0
        if step:
            np.testing.assert_allclose(state.axons.drives["a_to_a"], drives, rtol=0, atol=1e-12)
        spikes.append(state.populations[0].spikes.numpy().copy())
        before = net.projections["a_to_a"].weight.numpy().copy()
        assert not before[mask == 0].any()


def test_replicas_have_axons_of_their_own():
    whole = network(replicas=2)
    whole.initialise([4, 9])
    state, random = whole.state(BATCH), np.random.default_rng(5)
    inputs = [[drawn(random) for _ in range(8)] for _ in range(2)]
    for parts in zip(*inputs, strict=True):
        for name, population in zip(SIZES, state.populations, strict=True):
            population.uniforms.copy_(torch.as_tensor(np.stack([u[name] for _, u, _ in parts])))
        x, target = (torch.as_tensor(np.stack([each[n] for each in parts])) for n in (0, 2))
        whole.step(state, x, target)
    for number, seed in enumerate((4, 9)):
        alone = network()
        alone.initialise(seed)
        own = alone.state(BATCH)
        for each in inputs[number]:
            drive(alone, own, *each)
        for name, tensor in whole.replica(number).tensors().items():
            torch.testing.assert_close(tensor, alone.tensors()[name], rtol=0, atol=1e-12, msg=name)


def simulate(tiny, **options):
    net = sf.Network(
        12,
        {name: sf.StochasticBinary(8) for name in ("a", "b", "output")},
        sf.FA(),
        sf.STDP(1e-2),
        connections=[sf.Connection("b", "a", delay=(1, 4)), sf.Connection("b", "b")],
        delays={"b": 2},
    )
    return sf.Simulation(net, tiny, steps_per_image=3, batch_size=2, progress=False, **options)


def test_a_resumed_training_goes_on_with_the_spikes_on_their_way(tiny, tmp_path):
    whole, first, second = (simulate(tiny) for _ in range(3))
    whole.learn(9)
    first.learn(4)
    first.save(tmp_path / "c.pt")
    second.restore(tmp_path / "c.pt")
    second.learn(5)
    for name, tensor in whole.tensors().items():
        assert tensor.equal(second.tensors()[name]), name
    assert whole.runner.state.axons.histories[2].activity.any()


def test_another_delay_is_another_training(tiny, tmp_path):
    simulate(tiny).save(tmp_path / "c.pt")
    other = simulate(tiny)
    other.network.routes[1] = type(other.network.routes[1])("b", 1, 1, (3,))
    with pytest.raises(SpikefaError, match=r"its b of the delays is \[2\], here it is \[3\]"):
        other.restore(tmp_path / "c.pt")


def test_weights_and_traces_of_a_connection_are_recorded(tiny, tmp_path):
    simulation = simulate(tiny)
    probes = [Probe("a", "weights_b_to_a", "all"), Probe("b", "post_trace_b_to_b", "all")]
    with simulation.record(tmp_path / "r.h5", probes, [Always()]):
        simulation.learn(3)
    with open_recording(tmp_path / "r.h5") as recording:
        weights = recording.trace("a", "weights_b_to_a")
        traces = recording.trace("b", "post_trace_b_to_b")
    np.testing.assert_array_equal(
        weights[-1], simulation.network.projections["b_to_a"].weight.ravel()
    )
    trace = simulation.runner.state.plasticity[4].traces["post_trace"]
    np.testing.assert_array_equal(traces[-1], trace[0])


def test_a_connection_is_frozen_by_its_number_and_scheduled_by_its_name(tiny):
    simulation = simulate(tiny)
    net = simulation.network
    assert list(net.projections) == ["a", "b", "output", "b_to_a", "b_to_b"]
    before = net.projections["b_to_a"].weight.clone(), net.projections["b_to_b"].weight.clone()
    simulation.freeze(3)
    simulation.learn(3)
    assert net.projections["b_to_a"].weight.equal(before[0])
    assert not net.projections["b_to_b"].weight.equal(before[1])
    scheduled = simulate(tiny, schedule={"b_to_b": lambda epoch: 0.0})
    before = scheduled.network.projections["b_to_b"].weight.clone()
    scheduled.learn(3)
    assert scheduled.network.projections["b_to_b"].weight.equal(before)


def test_an_optimiser_moves_no_bias_of_a_connection():
    net = network(optimiser=partial(torch.optim.Adam, weight_decay=0.1))
    net.initialise(0)
    state, random = net.state(BATCH), np.random.default_rng(5)
    before = net.projections["a_to_a"].weight.clone()
    for _ in range(3):
        drive(net, state, *drawn(random))
    assert not net.projections["a_to_a"].bias.any()
    assert not net.projections["a_to_a"].weight.equal(before)
    assert net.projections["a"].bias.any()


def test_weights_of_connections_are_saved_and_loaded(tmp_path):
    pytest.importorskip("safetensors", reason="an extra: pip install 'spikefa[weights]'")
    one, other = network(), network()
    one.initialise(1)
    sf.save_weights(one, tmp_path / "w.safetensors")
    sf.load_weights(other, tmp_path / "w.safetensors")
    for name, tensor in one.tensors().items():
        assert tensor.equal(other.tensors()[name]), name


def test_a_network_shows_its_connections():
    assert "b_to_a" in repr(network())
    assert "b, 3, 1 steps ago" in network()._repr_html_()


@pytest.mark.parametrize(
    ("connections", "delays", "said"),
    [
        (
            [("x", "a", 1)],
            {},
            r"a connection from 'x', but the populations are input, a, b, output",
        ),
        ([("a", "input", 1)], {}, r"a connection to 'input', but the populations are a, b, output"),
        ([("b", "a", 0)], {}, r"'b' does not come before 'a': give a delay of 1 or more"),
        ([("a", "a", (0, 1))], {}, r"give a delay of 1 or more"),
        ([("a", "a", 1), ("a", "a", 2)], {}, r"two projections called 'a_to_a'"),
        (
            [("a", "a", (1, 1))],
            {},
            r"the delays of a_to_a are \[1, 1\]: give one or more, each once",
        ),
        ([("a", "a", ())], {}, r"the delays of a_to_a are \[\]"),
        ([("a", "a", -1)], {}, r"delay.* is -1: give a whole number from 0 to 10,000"),
        ([("a", "a", 20_000)], {}, r"is 20000: give a whole number from 0 to 10,000"),
        ([("a", "a", 1.5)], {}, r"is 1.5: give a whole number from 0 to 10,000"),
        ((), {"outptu": 1}, r"a delay onto 'outptu' \(did you mean 'output'\?\)"),
        ((), {"a": -1}, r"delays\[a\].* is -1: give a whole number from 0 to 10,000"),
    ],
)
def test_what_cannot_be_connected_is_refused(connections, delays, said):
    with pytest.raises(SpikefaError, match=said):
        network(connections, delays)


def test_a_ring_buffer_that_does_not_fit_is_refused_before_it_is_made(monkeypatch):
    monkeypatch.setattr("spikefa.utils.memory._free_on_the_host", lambda: 50_000_000)
    net = network([("a", "a", 10_000)])
    with pytest.raises(SpikefaError, match=r"the state of 1,000 streams would take"):
        net.state(1000)


def test_resetting_brings_the_spikes_on_their_way_to_rest():
    """After that, a presentation is that of a network that has just been made."""
    frames = sf.datasets.Frames(np.ones((2, 6, N_IN), np.uint8), np.zeros(2, np.uint8), 1)
    stimulus = sf.EventStimulus(frames, resets=True)
    net = network(dtype=torch.float32)
    simulation = sf.Simulation(net, stimulus, batch_size=2, progress=False)
    simulation.learn(3)
    axons = simulation.runner.state.axons
    assert axons.histories[1].activity.any()
    simulation.runner._begin()
    now = net.state(2).axons
    for mine, fresh in zip(axons.histories.values(), now.histories.values(), strict=True):
        assert mine.activity.equal(fresh.activity)
    for name, arrived in axons.arrived.items():
        assert arrived.equal(now.arrived[name]), name


def test_costs_of_connections_are_counted(tiny):
    """Each spike of b arrives at the 8 synapses of b_to_b once, in the next step."""
    simulation = simulate(tiny, count_costs=True)
    sent = []
    for _ in simulation.present(each=True):
        sent.append(int(simulation.runner.state.populations[1].spikes.sum()))
    for _ in simulation.present(each=True):
        sent.append(int(simulation.runner.state.populations[1].spikes.sum()))
    costs = simulation.costs
    assert costs.spikes["b"] == sum(sent) > 0
    assert costs.forward["b_to_b"].events == 8 * sum(sent[:-1])
    assert costs.forward["b_to_a"].events == 8 * (sum(sent[:-1]) + sum(sent[:-4]))


@pytest.mark.parametrize("replicas", [None, 2])
def test_synapses_of_a_connection_may_fail_and_differ(tiny, replicas):
    chip = partial(sf.Dense, constraints=(sf.Failure(0.3), sf.Mismatch(0.2)))
    net = sf.Network(
        12,
        {name: sf.StochasticBinary(8) for name in ("a", "output")},
        sf.FA(),
        sf.ThreeFactor(1e-2),
        connections=[sf.Connection("a", "a", synapses=chip)],
        replicas=replicas,
    )
    simulation = sf.Simulation(net, tiny, batch_size=2, progress=False)
    assert any("synapses/a_to_a" in name for name in simulation.runner.generators)
    simulation.learn(2)
    state = simulation.runner.state
    by_weights = state.axons.arrived["a_to_a"] @ net.projections["a_to_a"].weight
    assert not torch.allclose(state.axons.drives["a_to_a"], by_weights, atol=1e-3)


@pytest.mark.parametrize("more", [{"connections": [("a", "a", 1)]}, {"delays": {"b": 1}}])
def test_measures_of_a_chain_are_refused(more, tiny):
    net = network(**{"connections": (), "delays": {}} | more, dtype=torch.float32)
    net.initialise(0)
    images = Images(np.zeros((4, 2, 3), np.uint8), np.zeros(4, np.uint8), n_classes=5)
    for measure in (delta_angles, gradient_angles):
        with pytest.raises(SpikefaError, match="is defined for a chain of populations, and"):
            measure(net, images)
