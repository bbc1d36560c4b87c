"""Which backend runs what, what it says if it cannot, and that files do not mix them."""

import json
import re
from typing import get_args, get_type_hints

import pytest
import torch

import spikefa as sf
from spikefa.backends import BACKENDS, choose_backend
from spikefa.cli import main
from spikefa.errors import SpikefaError
from spikefa.experiments.lillicrap2016 import fig4
from spikefa.recording import Probe, Window, open_recording
from spikefa.synapses import Dense
from spikefa.utils.devices import enough_memory
from tests.helpers.fused_pairs import DEVICE


def network(feedback=None, rule=None, population=sf.StochasticBinary, **options):
    sizes = {"hidden1": population(5), "output": population(4)}
    return sf.Network(12, sizes, feedback or sf.FA(), rule or sf.ThreeFactor(), **options)


def simulate(tiny, backend, **options):
    net = network(rule=sf.ThreeFactor(1e-2), device=DEVICE)
    return sf.Simulation(net, tiny, steps_per_image=2, batch_size=11, backend=backend, **options)


class Own(sf.FA):
    """A circuit of the user, which may do anything."""


class Promising(sf.FA, sweep_only=True):
    """A circuit of the user that does no more than its base."""


class Slow(sf.ThreeFactor):
    """A rule of the user."""


UNUSUAL = {
    "the population Rate": lambda: network(population=sf.Rate),
    "the population Refractory": lambda: network(population=sf.Refractory),
    "its circuit is Own": lambda: network(Own()),
    "its circuit is Backprop": lambda: network(sf.Backprop()),
    "its circuit is SF": lambda: network(sf.SF()),
    "its circuit is WM": lambda: network(sf.WM()),
    "its circuit is Mixed": lambda: network(sf.Mixed("s1")),
    "its circuit is Shallow": lambda: network(sf.Shallow()),
    "its rule is Slow": lambda: network(rule=Slow()),
    "norm=1": lambda: network(synapses=lambda *a, **k: Dense(*a, norm=1.0, **k)),
    "Bits": lambda: network(synapses=lambda *a, **k: Dense(*a, constraints=[sf.Bits(4)], **k)),
    "the synapses": lambda: network(synapses=lambda *a, **k: sf.Masked(*a, **k)),
    "by an optimiser": lambda: network(optimiser=torch.optim.SGD),
    "torch.float64": lambda: network(dtype=torch.float64),
    "are procedural": lambda: network(sf.FA(matrix="normal", procedural=True)),
    "sparsity=0.5": lambda: network(sf.DFA(sparsity=0.5, procedural=True)),
    "its error neurons spike": lambda: network(sf.DFA(phi_delta="spiking")),
    "error neurons spike": lambda: network(sf.PFA(middle_phi_delta="spiking")),
}


@pytest.mark.parametrize("backend", ["fused", "fused-deferred"])
@pytest.mark.parametrize("what", UNUSUAL)
def test_what_fused_cannot_serve_is_told_with_what_it_can(what, backend):
    with pytest.raises(SpikefaError, match=what) as refused:
        choose_backend(backend, UNUSUAL[what](), 1)
    assert "it serves StochasticBinary populations" in str(refused.value)
    assert "use --backend eager" in str(refused.value)


@pytest.mark.parametrize("circuit", [Promising, sf.DFA, sf.DKP, sf.KP, sf.PAL, sf.PFA, sf.PFAo])
def test_fused_serves_circuits_whose_hops_are_all_there_is(circuit, monkeypatch):
    monkeypatch.setattr("spikefa.backends.support.find_spec", lambda name: True)
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    assert choose_backend("fused", network(circuit()), 1) == ("fused", "it was asked for", ())
    assert (
        choose_backend("fused-deferred-fp16", network(circuit()), 1).name == "fused-deferred-fp16"
    )


def test_replicas_are_served_by_fused_deferred_only(monkeypatch):
    monkeypatch.setattr("spikefa.backends.support.find_spec", lambda name: True)
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    whole = network(replicas=2)
    with pytest.raises(SpikefaError, match="it has 2 replicas; use --backend fused-deferred"):
        choose_backend("fused", whole, 1)
    assert choose_backend("fused-deferred", whole, 1).name == "fused-deferred"


def test_without_triton_or_a_gpu_it_says_so(monkeypatch):
    monkeypatch.setattr("spikefa.backends.support.find_spec", lambda name: None)
    with pytest.raises(SpikefaError, match="triton is not installed"):
        choose_backend("fused", network(), 1)
    monkeypatch.setattr("spikefa.backends.support.find_spec", lambda name: True)
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    with pytest.raises(SpikefaError, match="the network is on cpu; use --backend eager"):
        choose_backend("fused", network(), 1)


def test_cuda_graphs_need_a_cuda_device():
    with pytest.raises(SpikefaError, match="are for a CUDA device and the network is on cpu"):
        choose_backend("graph", network(), 1)


def test_auto_is_eager_and_others_do_not_exist(tiny):
    assert simulate(tiny, "auto").backend == choose_backend("auto", network(), 1).name == "eager"
    with pytest.raises(SpikefaError, match="no backend called 'quick': choose one of auto, eager"):
        simulate(tiny, "quick")
    assert get_args(get_type_hints(fig4.Settings)["backend"]) == BACKENDS


ON_CUDA = {  # backend, batch, network, whether triton is there; what the reason says
    "one stream": ("fused", 1, lambda: network(), True, "the fastest that serves it: 0.088 ms"),
    "a batch": ("graph", 2, lambda: network(), True, "0.354 ms .* at batch 100, fused 0.570$"),
    "no triton": ("graph", 1, lambda: network(), False, "fused does not serve it: triton is not"),
    "unusual": ("graph", 1, lambda: network(sf.WM()), True, "serve it: its circuit is WM$"),
    "replicas": ("graph", 1, lambda: network(replicas=2), True, "it has 2 replicas$"),
}


@pytest.mark.parametrize("case", ON_CUDA)
def test_auto_is_the_fastest_that_serves_the_network_and_says_why(case, monkeypatch):
    name, batch, make, triton, reason = ON_CUDA[case]
    for room in ("choice", "support"):
        monkeypatch.setattr(f"spikefa.backends.{room}.captures_on", lambda device: True)
    monkeypatch.setattr("spikefa.backends.support.find_spec", lambda name: triton or None)
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    chosen = choose_backend("auto", make(), batch)
    assert (chosen.name, *chosen.others) == {"fused": ("fused", "graph")}.get(name, (name,))
    assert re.search(reason, chosen.reason)
    assert "\n" not in chosen.reason


def test_auto_never_falls_back_to_eager_on_cuda(monkeypatch):
    """Whatever fused cannot serve, graph tries; figure 4 once ran eagerly on a GPU."""
    monkeypatch.setattr("spikefa.backends.choice.captures_on", lambda device: True)
    monkeypatch.setattr("spikefa.backends.support.captures_on", lambda device: True)
    for make in UNUSUAL.values():
        for batch in (1, 100):
            assert choose_backend("auto", make(), batch).name == "graph"


@pytest.mark.slow
@pytest.mark.parametrize("on_gpu", [False, True])
def test_a_run_on_a_gpu_says_what_auto_chose_and_why(tmp_path, capsys, monkeypatch, on_gpu):
    """Where there is a choice; the summary keeps the reason everywhere."""
    monkeypatch.setattr("spikefa.experiments.lillicrap2016.fig4.captures_on", lambda device: on_gpu)
    out = tmp_path / "run"
    small = "--dataset digits --hidden 5 --outputs 10 --epochs 1 --train-images 20".split()
    run = ["run", "lillicrap2016.fig4", *small, "--test-images", "9", "--out", str(out)]
    assert main([*run, "--device", "cpu"]) == 0
    reason = "the others are for CUDA, and the network is on cpu"
    assert (f"backend eager: {reason}\n" in capsys.readouterr().out) == on_gpu
    summary = json.loads((out / "summary.json").read_text())
    assert (summary["backend"], summary["backend_reason"]) == ("eager", reason)


def test_the_command_line_refuses_in_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    options = ["--dataset", "digits", "--hidden", "5", "--outputs", "10", "--device", "cpu"]
    out = tmp_path / "run"
    run = ["run", "lillicrap2016.fig4", *options, "--out", str(out), "--backend", "fused"]
    assert main(run) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not out.exists()


@pytest.mark.usefixtures("triton")
def test_a_run_goes_on_bit_for_bit_and_on_its_own_backend_only(tiny, tmp_path):
    path = tmp_path / "c.pt"
    whole = simulate(tiny, "fused")
    whole.train(epochs=2)
    first = simulate(tiny, "fused", checkpoint=path)
    first.train(epochs=1)
    with pytest.raises(SpikefaError, match="its backend is fused, here it is eager"):
        simulate(tiny, "eager").restore(path)
    second = simulate(tiny, "fused")
    second.restore(path)
    second.train(epochs=1)
    expected = whole.tensors()
    assert all(tensor.equal(expected[name]) for name, tensor in second.tensors().items())


@pytest.mark.usefixtures("triton")
def test_a_recording_of_weights_is_of_the_step_and_changes_nothing(tiny, tmp_path):
    bare, recorded = simulate(tiny, "fused"), simulate(tiny, "fused")
    seen = []
    for _ in range(2):
        for _ in bare.present():
            bare.runner.flush()
            seen.append(bare.network.synapses["output"].weight.flatten().cpu().clone())
    with recorded:
        recorded.record(
            tmp_path / "r.h5", [Probe("output", "weights", "all")], [Window("all", 0, 4)]
        )
        for _ in range(2):
            for _ in recorded.present():
                pass
    with open_recording(tmp_path / "r.h5") as recording:
        assert recording.provenance["backend"] == "fused"
        weights = torch.as_tensor(recording.trace("output", "weights")).reshape(4, -1)
    assert weights.equal(torch.stack(seen))
    assert bare.network.synapses["hidden1"].weight.equal(
        recorded.network.synapses["hidden1"].weight
    )


def full(*_, **__):
    """Run out of memory, in torch's own words, as of version 2.11."""
    raise torch.cuda.OutOfMemoryError(
        "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 139.81 GiB "
        "of which 3.50 GiB is free. Process 7 has 136.31 GiB memory in use."
    )


def build(tiny, monkeypatch):
    monkeypatch.setattr(sf.FA, "connect", full)
    network()


def prepare(tiny, monkeypatch):
    net = network(device=DEVICE)
    monkeypatch.setattr(net, "state", full)
    sf.Simulation(net, tiny, steps_per_image=2)


def train(tiny, monkeypatch):
    simulation = simulate(tiny, "eager")
    monkeypatch.setattr(simulation.runner.backend, "step", full)
    simulation.train()


def evaluate(tiny, monkeypatch):
    simulation = simulate(tiny, "eager")
    monkeypatch.setattr(simulation.network, "state", full)
    simulation.test()


@pytest.mark.parametrize("what", [build, prepare, train, evaluate])
def test_running_out_of_device_memory_is_one_sentence(tiny, monkeypatch, what):
    with pytest.raises(SpikefaError, match=r"no room for 20.00 GiB more: lower the batch") as said:
        what(tiny, monkeypatch)
    assert "of 139.81 GiB, of which 3.50 GiB are free" in str(said.value)
    assert "draw feedback matrices instead of storing them" in str(said.value)


def test_other_words_are_understood_as_far_as_they_go():
    with pytest.raises(SpikefaError, match="no room for what is needed more"), enough_memory():
        raise torch.cuda.OutOfMemoryError("other words")
