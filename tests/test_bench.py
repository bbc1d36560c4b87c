"""The benchmark compares like with like, and the engine holds its own."""

import json
import os

import pytest
import torch

import spikefa as sf
from spikefa.backends import Backend
from spikefa.bench import Limits, PlainLoop, around, startup, steps, time_steps, work_of
from spikefa.bench.command import BENCHMARKS
from spikefa.bench.limits import free_memory
from spikefa.bench.products import products_alone
from spikefa.bench.recorder import time_recording
from spikefa.bench.replicas import time_replicas
from spikefa.bench.scaling import scaling, scaling_figure
from spikefa.cli import main


def network(**options):
    return sf.models.lillicrap2016.spiking_mnist(hidden=30, hidden_layers=2, outputs=20, **options)


def test_the_plain_loop_follows_the_same_equations(monkeypatch):
    """Given the same uniforms, the loop and the engine change the weights in the same way."""
    net = network(dtype=torch.float64, rule=sf.ThreeFactor(1e-2, weight_decay=0))
    net.initialise(0)
    loop, state = PlainLoop(net, batch=3), net.state(3)
    probability = torch.rand(3, 784, dtype=torch.float64)
    target = torch.eye(20, dtype=torch.float64)[[0, 7, 19]]
    for _ in range(5):
        uniforms = [torch.rand(3, n, dtype=torch.float64) for n in (784, 30, 30, 20)]
        for population, drawn in zip(state.populations, uniforms[1:], strict=True):
            population.uniforms.copy_(drawn)
        net.step(state, (uniforms[0] < probability).double(), target)
        waiting = iter(uniforms)
        with monkeypatch.context() as patch:
            patch.setattr(torch, "rand_like", lambda like, waiting=waiting: next(waiting))
            loop.step(probability, target)
    for weight, synapses in zip(loop.W, net.synapses.values(), strict=True):
        torch.testing.assert_close(weight, synapses.weight, rtol=0, atol=1e-12)


def test_timings_are_of_engine_products_and_loop():
    result = time_steps(network(), batch=2, steps=2, repetitions=3)
    assert set(result.times) == {"eager", "products", "plain loop"}
    assert all(len(times) == 3 and min(times) > 0 for times in result.times.values())
    plain = result.as_json()
    assert plain["ratio_to_plain_loop"] == result.ratio("eager", "plain loop")
    speed = plain["steps_per_second"]["eager"]
    synapses = 784 * 30 + 30 * 30 + 30 * 20 + 80
    assert plain["plastic_synapse_steps_per_second"]["eager"] == pytest.approx(2 * synapses * speed)
    assert "engine / plain loop" in str(result)
    assert plain["backends"]["eager"]["ratio_to_plain_loop"] == plain["ratio_to_plain_loop"]


def test_every_backend_that_can_serve_the_network_is_timed(monkeypatch):
    monkeypatch.setattr(steps, "obstacle", lambda name, network: None)
    monkeypatch.setattr(steps, "interpreted", lambda: False)
    monkeypatch.setattr(steps, "captures_on", lambda device: True)
    monkeypatch.setattr(
        steps, "make_backend", lambda name, network, state, *names: Backend(network, state)
    )
    result = time_steps(network(), batch=2, steps=1, repetitions=1)
    fused = ["fused", *(f"fused-{each}" for each in ("bf16x6", "bf16x3", "tf32", "bf16"))]
    captured = [each for name in ("graph", *fused) for each in (name, f"{name}, 5 at once")]
    assert list(result.times) == ["eager", *captured, "products", "plain loop"]
    rows = str(result).splitlines()
    assert [row for row in rows if row.startswith("fused-bf16, 5 at once ")]
    assert result.as_json()["backends"]["fused"]["ratio_to_eager"] > 0


def test_the_work_of_figure_4_is_counted_as_on_paper():
    """40.7 MFLOP per stream and step; 3 passes over 28.7 MB, one over 24 MB of feedback."""
    work = work_of(sf.models.lillicrap2016.spiking_mnist(), batch=1)
    assert work.plastic == pytest.approx(7.176e6, rel=1e-3)
    assert work.fixed == 6_000_000
    assert work.flops == pytest.approx(40.7e6, rel=1e-3)
    assert work.bytes == pytest.approx(110e6, rel=2e-3)


def test_products_leave_the_network_as_it_is():
    net = network()
    net.initialise(0)
    before = {name: tensor.clone() for name, tensor in net.tensors().items()}
    products_alone(net, 3)()
    assert all(tensor.equal(before[name]) for name, tensor in net.tensors().items())


def test_scaling_measures_what_it_has_patience_and_room_for(tmp_path, monkeypatch):
    monkeypatch.setattr("spikefa.bench.scaling.free_memory", lambda device: 1e9)
    cpu, limits = torch.device("cpu"), Limits(flops=1e12, bandwidth=1e12)
    batches = (1, 100_000, 1 << 40)
    points = [vars(point) for point in scaling(cpu, (8, 16), batches, repetitions=1, limits=limits)]
    assert [(point["width"], bool(point["milliseconds"])) for point in points] == [
        *((8, measured) for measured in (True, False, False)),
        *((16, measured) for measured in (True, False, False)),
    ]
    assert points[1]["left_out"] == "it needs 3.7 GB, 1.0 are free"
    assert points[2]["left_out"].startswith("a step takes ")
    work = work_of(sf.models.lillicrap2016.spiking_mnist(hidden=16), 1)
    assert (points[3]["flops"], points[3]["bytes"]) == (work.flops, work.bytes)
    least = 1e3 * max(work.flops / 1e12, work.bytes / 1e12)
    assert points[3]["share"] == pytest.approx(least / points[3]["milliseconds"][0])
    scaling_figure(points, tmp_path / "scaling.png", limits.flops)
    assert (tmp_path / "scaling.png").stat().st_size > 5000


def test_replicas_are_compared_with_one_network():
    rows = list(time_replicas(torch.device("cpu"), (1, 3), counts=(1, 4), repetitions=2))
    assert [(row.batch, row.replicas) for row in rows] == [(1, 1), (1, 4), (3, 1), (3, 4)]
    assert all(len(row.milliseconds) == 2 and row.times_one > 0 for row in rows)
    assert "4 replicas, batch   3" in str(rows[-1])


def test_free_memory_is_that_of_the_system():
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert 0 < free_memory(torch.device("cpu")) <= total


def test_bench_writes_its_numbers_and_overwrites_none(tmp_path, capsys, monkeypatch):
    help_alone = {"spikefa --help": startup.STARTS["spikefa --help"], "nothing": ["-c", ""]}
    monkeypatch.setattr(startup, "STARTS", help_alone)
    monkeypatch.setattr(startup, "CALLS", {"a loop": ("n = 10", "for _ in range(n): pass")})
    monkeypatch.setattr(around, "evaluation_seconds", lambda device, batch: batch / 1e3)
    out = tmp_path / "startup.json"
    assert main(["bench", "startup", "--device", "cpu", "--json", str(out)]) == 0
    found = json.loads(out.read_text())
    seconds = {name: min(values) for name, values in found["seconds"].items()}
    assert 0 < seconds["a loop"] < seconds["nothing"] < seconds["spikefa --help"]
    assert found["test_seconds"] == {"1000": 1, "10000": 10}
    assert "10.00 s  10,000 images tested in batches of 10000" in capsys.readouterr().out
    assert main(["bench", "startup", "--device", "cpu", "--json", str(out)]) == 2
    assert "exists already" in capsys.readouterr().err


def test_the_command_line_knows_all_benchmarks(capsys):
    with pytest.raises(SystemExit):
        main(["bench", "--help"])
    assert ",".join(BENCHMARKS) in capsys.readouterr().out.replace("\n", "").replace(" ", "")


def test_bench_refuses_an_impossible_batch(capsys):
    assert main(["bench", "--batch-size", "0", "--device", "cpu"]) == 2
    assert "batch must be at least 1" in capsys.readouterr().err


def test_the_cost_of_recording_is_measured(capsys):
    """Memory and size hold for a network of any size; how long it takes is for the long test."""
    cost = time_recording(network(), batch=2, steps=3, repetitions=2, alone=8000)
    assert len(cost.bare) == len(cost.recorded) == 2
    assert 0 < cost.observe < 5
    assert cost.nominal <= cost.raster <= 1.05 * cost.nominal
    assert cost.growth < 2 << 20
    for part in ("slow-down", "8000 rows", "rasters 1.0"):
        assert part in str(cost)


@pytest.mark.long
@pytest.mark.parametrize(("batch", "percent"), [(100, 3), (1, 10)])
def test_recording_slows_the_full_network_by_little(batch, percent):
    steps = 5 if batch > 1 else 100
    network = sf.models.lillicrap2016.spiking_mnist()
    cost = time_recording(network, batch, steps=steps, repetitions=15)
    assert cost.slowdown <= percent, str(cost)


@pytest.mark.gpu
def test_recording_slows_the_full_network_by_little_on_a_gpu():
    network = sf.models.lillicrap2016.spiking_mnist(device="cuda")
    cost = time_recording(network, 100, steps=2000, repetitions=9)
    assert cost.slowdown <= 5, str(cost)


@pytest.mark.long
def test_a_step_costs_no_more_than_the_plain_loop():
    """The full network at batch 100; five in a hundred are allowed for noise."""
    timing = time_steps(sf.models.lillicrap2016.spiking_mnist(), batch=100, steps=10)
    assert timing.ratio("eager", "plain loop") <= 1.05, str(timing)


@pytest.mark.long
def test_a_step_costs_little_more_than_its_matrix_products():
    timing = time_steps(sf.models.lillicrap2016.spiking_mnist(), batch=100, steps=10)
    assert timing.ratio("eager", "products") <= 1.15, str(timing)


@pytest.mark.long
def test_a_step_of_one_stream_is_twice_as_fast_as_the_plain_loop():
    timing = time_steps(sf.models.lillicrap2016.spiking_mnist(), batch=1, steps=30)
    assert timing.ratio("eager", "plain loop") <= 0.5, str(timing)
