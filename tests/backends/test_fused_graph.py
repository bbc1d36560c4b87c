"""The fused backend's kernels, captured: bit for bit what they do when started one by one."""

import warnings
from functools import partial

import h5py
import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.backends import capture, make_backend
from spikefa.backends.graph import Graph
from spikefa.recording import Always, Probe, Window
from spikefa.testing import Tape
from tests.helpers.fused_pairs import DEVICE
from tests.helpers.graph_pairs import agree, simulate

pytestmark = pytest.mark.usefixtures("triton", "captured")

CIRCUITS = {
    "FA": lambda: sf.FA(phi_delta="tanh", gated=True),
    "PFA": lambda: sf.PFA(2),
    "DFA": lambda: sf.DFA(),
    "PFAo": lambda: sf.PFAo(),
    "FA procedural": lambda: sf.FA(procedural=True),
}
CASES = [("FA", 11), ("PFA", 1)]
SLOW = [(circuit, batch) for circuit in CIRCUITS for batch in (1, 3, 17)]
PROBES = [
    Probe("hidden1", "spikes", "all", stream=2),
    Probe("hidden2", "modulator", 3, stream=2),
    Probe("output", "weights", 5, every=3),
]


def pair(tiny, make):
    """Return a simulation that starts kernel after kernel, and one that captures them."""
    from spikefa.backends.fused import Fused  # needs triton

    both = [make(), make()]
    one = both[0].runner
    one.backend = make_backend("fused", one.network, one.state, 2, "train", capture=False)
    assert type(one.backend) is Fused
    assert type(both[1].runner.backend) is Graph
    assert [each.backend for each in both] == ["fused", "fused"]
    return both


def side_by_side(tiny, make, presentations):
    both = pair(tiny, make)
    for number in range(presentations):
        for each in both:
            for _ in each.present(each=number % 3 == 2):
                pass
        agree(*both)
    return both[1]


def fused(tiny, circuit=None, rule=None, **options):
    return simulate(tiny, "fused", circuit, rule, steps=3, **options)


@pytest.mark.slow
@pytest.mark.parametrize(("circuit", "batch"), CASES)
def test_whole_images_and_single_steps(tiny, circuit, batch):
    graph = side_by_side(tiny, lambda: fused(tiny, CIRCUITS[circuit](), batch=batch), 3)
    assert {key[0] for key in graph.runner.backend.captured} == {"step", (3, None)}


@pytest.mark.long
@pytest.mark.parametrize(("circuit", "batch"), SLOW)
def test_40_images(tiny, circuit, batch):
    side_by_side(tiny, lambda: fused(tiny, CIRCUITS[circuit](), batch=batch), 40)


@pytest.mark.slow
def test_plasticity_is_postponed_within_a_captured_image(tiny, monkeypatch):
    """Three steps flush once, not three times."""
    from spikefa.backends.fused import Fused  # needs triton

    graph = fused(tiny)
    flushed = []
    catch_up = Fused.flush
    monkeypatch.setattr(
        Fused, "flush", lambda self: (flushed.append(any(self.pending)), catch_up(self))[1]
    )
    for _ in graph.present(each=False):
        pass
    taped = capture.CudaCapture is Tape  # a CUDA graph does its work once before it is captured
    assert flushed.count(True) == (1 if taped else 2)
    assert not any(graph.runner.backend.inner.pending)


@pytest.mark.slow
def test_frozen_projections_and_decay_that_comes_due_within_an_image(tiny):
    schedule = {
        "hidden1": sf.Piecewise({0: 1, 1: 0, 3: 2}),
        "hidden2": sf.WarmUpAnneal(8, 2),
        "output": sf.Piecewise({0: 1, 2: 2}),
    }
    make = partial(fused, tiny, rule=sf.ThreeFactor(1e-2, weight_decay=3e-5), schedule=schedule)
    graph = side_by_side(tiny, make, 8)
    assert len({key[1:] for key in graph.runner.backend.captured}) > 1
    assert int(graph.runner.state.learning_rates.wait) == 4


@pytest.mark.slow
@pytest.mark.parametrize("window", [Always(), Window("early", 3, 12)])
def test_a_recording_is_the_same(tiny, tmp_path, window):
    files = []
    for number, simulation in enumerate(pair(tiny, partial(fused, tiny))):
        files.append(tmp_path / f"{number}.h5")
        with simulation:
            simulation.record(files[-1], PROBES, window)
            simulation.train(3)
    with h5py.File(files[0]) as one, h5py.File(files[1]) as other:
        names = []
        one.visit(lambda name: names.append(name) if hasattr(one[name], "dtype") else None)
        assert names
        for name in names:
            np.testing.assert_array_equal(one[name][:], other[name][:], err_msg=name)


@pytest.mark.slow
def test_stopped_and_resumed(tiny, tmp_path):
    whole, halved = pair(tiny, partial(fused, tiny))
    whole.train(3)
    halved.train(2)
    halved.save(tmp_path / "c.pt")
    resumed = fused(tiny)
    for _ in resumed.present(each=False):  # has captured, and got to somewhere else
        pass
    resumed.restore(tmp_path / "c.pt")
    resumed.train(1)
    agree(whole, resumed)


@pytest.mark.slow
def test_another_precision_does_not_go_on_with_a_checkpoint(tiny, tmp_path):
    """Both said that they were "fused", and one went on with the other's."""
    rounded = simulate(tiny, "fused-bf16x3")
    assert rounded.backend == "fused-bf16x3"
    rounded.save(tmp_path / "c.pt")
    with pytest.raises(sf.SpikefaError, match="its backend is fused-bf16x3, here it is fused"):
        simulate(tiny, "fused").restore(tmp_path / "c.pt")


@pytest.mark.slow
def test_where_nothing_is_captured_the_kernels_run_one_by_one(tiny, monkeypatch):
    from spikefa.backends.fused import Fused  # needs triton

    monkeypatch.setattr(Fused, "no_capture", lambda self: "it is Sunday")
    with pytest.warns(UserWarning, match="so that fused without captures runs it: it is Sunday"):
        left = fused(tiny)
    assert type(left.runner.backend) is Fused
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        monkeypatch.undo()
        plain = fused(tiny)
    if DEVICE == "cuda":
        assert type(plain.runner.backend) is Graph
    for each in (left, plain):
        each.train(2)
    agree(plain, left)
    assert torch.isfinite(left.network.synapses["output"].weight).all()


def test_auto_goes_on_to_graphs_where_kernels_do_not_compile(tiny, monkeypatch):
    """As in a container without a C compiler, which Triton needs."""
    from spikefa.backends.fused import Fused  # needs triton

    def fail(self, *_):
        raise RuntimeError("Failed to find C compiler.\nPlease specify via CC.")

    monkeypatch.setattr(Fused, "advance", fail)
    said = "fused .* cannot .*, so that graph runs it: Failed to find C compiler.$"
    with pytest.warns(UserWarning, match=said):
        graph = simulate(tiny, "auto", batch=1)
    assert graph.backend == "graph"
    assert graph.training.backend_reason.endswith("Failed to find C compiler.")
    graph.train()
    eager = simulate(tiny, "eager", batch=1)
    eager.train()
    agree(eager, graph)


@pytest.mark.slow
def test_auto_chooses_again_for_another_circuit(tiny):
    sim = simulate(tiny, "auto", batch=1)
    assert sim.backend == "fused"
    sim.switch(sf.WM())
    assert sim.backend == "graph"
    assert "its circuit is WM" in sim.training.backend_reason
    sim.train()
    sim.switch(sf.FA())
    assert sim.backend == "fused"
