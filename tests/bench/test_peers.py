"""Peers do what the table says of them, and one that is absent says how to get it."""

from unittest.mock import MagicMock

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.bench.peers import ON_A_GPU, PEERS, Peer, explanation, time_apart, time_peers
from spikefa.bench.peers.apart import time_one
from spikefa.bench.peers.bindsnet_mstdp import BindsNet, _layers
from spikefa.bench.peers.brian_network import brian_network
from spikefa.bench.peers.brian_standalone import Brian
from spikefa.bench.peers.genn_network import Genn, genn_model
from spikefa.bench.peers.jax_scan import JaxScan, Scan
from spikefa.bench.peers.ours import Ours
from spikefa.bench.peers.peer import on_the_best_threads, sizes_of
from spikefa.bench.peers.plain_torch import PlainTorch
from spikefa.bench.peers.snntorch_bptt import SnnTorch
from spikefa.bench.peers.spikingjelly_mstdp import SpikingJelly
from spikefa.bench.peers.spikingjelly_mstdp import _layers as _jelly

STEPS, RATE = 6, 0.3


def network(**options):
    return sf.models.lillicrap2016.spiking_mnist(
        hidden=9, hidden_layers=2, outputs=10, n_inputs=12, **options
    )


class Slow(Peer):
    """Takes a second for a step."""

    name, package, install = "slow", "numpy", "pip install slow"
    computes, leaves_out = "nothing", "everything"

    def load(self):
        pass

    def obstacle(self, network, batch):
        return "too many streams" if batch > 3 else ""

    def prepare(self, network, batch):
        return lambda: 1000.0


class Absent(Slow):
    name = "absent"

    def load(self):
        raise ImportError("No module named 'absent'")


class Broken(Slow):
    name = "broken"

    def load(self):
        raise AttributeError("no attribute 'ptp'")


@pytest.fixture
def brian2():
    """Brian2, which does not know the newest NumPy in every version."""
    try:
        Brian("summed").load()
    except (ImportError, AttributeError) as error:
        pytest.skip(f"Brian2 cannot be imported ({error}): pip install 'spikefa[bench]'")
    import brian2

    target = brian2.prefs.codegen.target
    brian2.prefs.codegen.target = "numpy"
    brian2.start_scope()
    yield brian2
    brian2.prefs.codegen.target = target


def test_rows_compare_with_the_engine_in_the_same_run():
    ours, slow = time_peers(network(), [2], repetitions=3, peers=[Slow()])
    assert (ours.name, ours.times_ours, len(ours.milliseconds)) == ("eager", 1, 3)
    assert slow.milliseconds == [1000] * 3
    assert slow.times_ours == pytest.approx(np.median(1000 / np.array(ours.milliseconds)))
    plastic = 13 * 9 + 10 * 9 + 10 * 10
    assert slow.synapse_steps == 2 * plastic
    assert "1000.000 ms a step" in str(slow)


def test_the_faster_number_of_threads_is_chosen(monkeypatch):
    now = [4]
    monkeypatch.setattr(torch, "get_num_threads", lambda: now[0])
    monkeypatch.setattr(torch, "set_num_threads", lambda threads: now.__setitem__(0, threads))
    assert on_the_best_threads(lambda: {1: 2.0, 4: 1.0}[now[0]])() == 1
    assert on_the_best_threads(lambda: {1: 2.0, 4: 3.0}[now[0]])() == 2
    assert now == [4]


@pytest.mark.slow
def test_a_peer_that_is_not_there_says_how_to_get_it():
    absent, broken, large = [
        next(row for row in time_peers(network(), [5], 1, [peer]) if row.name != "eager")
        for peer in (Absent(), Broken(), Slow())
    ]
    assert "not installed (No module named 'absent'): pip install slow" in str(absent)
    assert "cannot be imported here: AttributeError: no attribute 'ptp'" in str(broken)
    assert "not timed: too many streams" in str(large)
    assert not absent.milliseconds


@pytest.mark.filterwarnings("ignore")  # Brian2 calls old names of pyparsing
@pytest.mark.parametrize("way", ["summed", "events"])
def test_the_network_in_brian_is_ours_spike_for_spike(brian2, way):
    """Given the same weights and uniforms; `events` and `summed` are two ways to one result."""
    net = network(dtype=torch.float64, rule=sf.ThreeFactor(1.0, weight_decay=0))
    net.initialise(0)
    random = np.random.default_rng(0)
    uniforms = [random.random((STEPS, size)) for size in sizes_of(net)]
    brian2.defaultclock.dt = 1 * brian2.ms
    drawn = {
        f"drawn{layer}": brian2.TimedArray(values, dt=1 * brian2.ms)
        for layer, values in enumerate(uniforms)
    }
    made = brian_network(net, way, "drawn{layer}(t, i)", RATE, drawn)
    for synapses, ours in zip(made.projections, net.synapses.values(), strict=True):
        synapses.w = ours.weight.numpy()[np.array(synapses.i), np.array(synapses.j)]
    for synapses, matrix in zip(made.feedback, net.feedback.matrices, strict=True):
        synapses.B = matrix.numpy()[np.array(synapses.i), np.array(synapses.j)]
    made.network().run(STEPS * brian2.ms, namespace={})
    first = [synapses.weight.clone() for synapses in net.synapses.values()]
    state = advanced(net, uniforms)
    for population, ours in zip(made.populations[1:], state.populations, strict=True):
        assert np.array_equal(population.s[:], ours.spikes[0])
        assert np.abs(population.V[:] - ours.potential[0].numpy()).max() < 1e-12
    for synapses, ours, before in zip(made.projections, net.synapses.values(), first, strict=True):
        weights = np.zeros(ours.weight.shape)
        weights[np.array(synapses.i), np.array(synapses.j)] = synapses.w[:]
        assert np.abs(weights - ours.weight.numpy()).max() < 1e-12
        assert np.abs(weights - before.numpy()).max() > 1e-3  # they have learned


def advanced(net, uniforms):
    """Return our state after the same steps."""
    state = net.state(1)
    target = torch.zeros(1, net.n_outputs, dtype=torch.float64)
    for step in range(STEPS):
        for population, values in zip(state.populations, uniforms[1:], strict=True):
            population.uniforms.copy_(torch.from_numpy(values[step : step + 1]))
        net.step(state, torch.from_numpy((uniforms[0][step : step + 1] < RATE) * 1.0), target)
    return state


@pytest.mark.long  # compiling takes 20 s
def test_brian_is_compiled_and_timed(brian2):
    net = network()
    net.initialise(0)
    assert 0 < Brian("summed").prepare(net, 1)() < 10


def test_brian_says_what_it_cannot_do(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    assert "no batch" in Brian("events").obstacle(network(), 2)
    assert Brian("events").obstacle(network(), 1) == ""
    assert "one thread" in Brian("events", openmp=True).obstacle(network(), 1)


def test_bindsnet_learns_while_it_is_timed():
    peer = BindsNet()
    try:
        peer.load()
    except ImportError as error:
        pytest.skip(f"{error}: {peer.install}")
    layers = _layers([200, 9, 10], batch=3)
    before = [connection.w.clone() for connection in layers.connections.values()]
    spikes = torch.ones(4, 3, 200, dtype=torch.uint8)
    layers.run({"0": spikes}, time=4, one_step=True, reward=0.1)
    changed = [
        not old.equal(connection.w)
        for old, connection in zip(before, layers.connections.values(), strict=True)
    ]
    assert any(changed)
    assert peer.prepare(network(), 2)() > 0


def test_bindsnet_says_what_memory_it_needs(monkeypatch):
    monkeypatch.setattr("spikefa.bench.peers.bindsnet_mstdp.free_memory", lambda device: 1e9)
    whole = sf.models.lillicrap2016.spiking_mnist()
    assert BindsNet().obstacle(whole, 1) == ""
    assert BindsNet().obstacle(whole, 100) == "its eligibilities need 5.6 GB, 1.0 are free"


def test_snntorch_is_timed():
    peer = SnnTorch()
    peer.load()
    assert peer.prepare(network(), 2)() > 0


def test_every_peer_says_what_it_computes_and_what_not():
    said = explanation()
    assert said.count("Without: ") == len({peer.package for peer in PEERS}) == 3
    assert all("pip install" in peer.install for peer in PEERS)


def test_every_peer_on_a_gpu_says_what_it_computes_and_what_not():
    said = explanation(ON_A_GPU)
    assert said.count("Without: ") == len({peer.package for peer in ON_A_GPU})
    assert len({peer.name for peer in ON_A_GPU}) == len(ON_A_GPU)
    assert {"spikefa", "torch", "jax", "snntorch", "spikingjelly", "bindsnet"} <= {
        peer.package for peer in ON_A_GPU
    }


@pytest.mark.slow
def test_a_peer_is_timed_in_a_process_of_its_own_and_the_others_go_on(monkeypatch):
    """On a CPU; one that is not installed is named, one that takes too long is stopped."""
    ours, absent = Ours(), Absent()
    rows = list(time_apart(torch.device("cpu"), [2], "tiny", 2, [ours, absent]))
    assert len(rows[0].milliseconds) == 2
    assert rows[0].times_ours == 1
    assert rows[0].synapse_steps > 0
    assert "invalid choice: 'absent'" in rows[1].left_out
    (stopped,) = time_apart(torch.device("cpu"), [2], "tiny", 2, [ours], seconds=0.2)
    assert stopped.left_out == "stopped after 0 s"
    assert "not timed: stopped" in str(stopped)


def test_a_peer_in_a_process_of_its_own_that_is_not_there_says_so():
    row = time_one(Absent(), network(), 2, 1)
    assert "not installed (No module named 'absent')" in row.left_out
    assert not row.milliseconds
    assert time_one(Slow(), network(), 2, 3).milliseconds == [1000] * 3


def test_the_compiled_loop_of_a_user_is_timed(monkeypatch):
    monkeypatch.setattr(torch, "compile", lambda step, mode="default": step)
    for peer in (PlainTorch(), PlainTorch(compiles=True)):
        row = time_one(peer, network(), 2, 2)
        assert row.name == "plain torch loop" + ", torch.compile" * peer.compiles
        assert min(row.milliseconds) > 0


@pytest.fixture
def jax():
    return pytest.importorskip("jax", reason="pip install jax")


def test_the_scan_of_jax_follows_the_same_equations(jax, monkeypatch):
    """Given the same uniforms, also for spikes, the scan changes the weights as the engine does."""
    net = network(dtype=torch.float64, rule=sf.ThreeFactor(1.0, weight_decay=0))
    net.initialise(0)
    jax.config.update("jax_enable_x64", True)
    try:
        random = np.random.default_rng(0)
        uniforms = [random.random((STEPS, size)) for size in sizes_of(net)]
        scan = Scan(net, batch=1)
        state, drawn = scan.state, iter(())
        probability = np.full((1, net.n_inputs), RATE)
        monkeypatch.setattr(
            "spikefa.bench.peers.jax_scan._draw",
            lambda key, p: (next(drawn) < p).astype(p.dtype),
        )
        for step in range(STEPS):
            drawn = (values[step : step + 1] for values in uniforms)
            state = scan.step(state, scan.B, jax.numpy.asarray(probability), scan.target)
        advanced(net, uniforms)
        for W, synapses in zip(state[0], net.synapses.values(), strict=True):
            assert np.abs(np.asarray(W) - synapses.weight.numpy()).max() < 1e-12
    finally:
        jax.config.update("jax_enable_x64", False)


def test_the_scan_of_jax_is_timed(jax):
    peer = JaxScan()
    peer.load()
    net = network()
    net.initialise(0)
    assert peer.prepare(net, 2)() > 0


def test_spikingjelly_learns_while_it_is_timed():
    peer = SpikingJelly()
    try:
        peer.load()
    except ImportError as error:
        pytest.skip(f"{error}: {peer.install}")
    net, learners = _jelly([200, 9, 10], torch.device("cpu"))
    source = torch.Generator().manual_seed(0)
    for _ in range(4):  # traces need time to differ: of neurons that always spike they cancel
        net((torch.rand(3, 200, generator=source) < RATE).float())
        learners[0].step(0.1, on_grad=True)
    assert float(net[0].weight.grad.abs().max()) > 0
    assert peer.prepare(network(), 2)() > 0


def test_the_network_in_genn_has_our_sizes_rates_and_ranges():
    """With a stand-in for GeNN, which is not on PyPI: what it is asked to make."""
    net = network(rule=sf.ThreeFactor([0.1, 0.2, 0.3]), weight_scale=0.05)
    net.initialise(0)
    genn = MagicMock()
    model, populations, kept = genn_model(net, genn, "cuda")
    made = [call.args for call in model.add_neuron_population.call_args_list]
    assert [(name, size) for name, size, *_ in made] == list(
        zip(("x0", "x1", "x2", "x3"), sizes_of(net), strict=True)
    )
    assert [given["eta"] for *_, given, _ in made[1:]] == [0.1, 0.2, 0.3]
    connected = [call.args[0] for call in model.add_synapse_population.call_args_list]
    assert connected == ["w0", "w1", "B1", "w2", "B2"]
    bounds = [call.args[1]["max"] for call in genn.init_var.call_args_list]
    assert bounds[0] == pytest.approx(0.05, rel=0.2)
    assert bounds[2] == pytest.approx(0.1, rel=0.2)
    assert len(populations) == 4
    assert len(kept) == 6


def test_genn_says_what_it_cannot_do():
    assert "do not learn" in Genn().obstacle(network(), 2)
    assert "CUDA" in Genn().obstacle(network(), 1)
