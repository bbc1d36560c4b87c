"""The cost of recording."""

import pytest

import spikefa as sf
from spikefa.backends import Choice
from spikefa.bench import recorder
from spikefa.bench.recorder import backends_to_record, time_recording
from tests.helpers.bench_network import network


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
@pytest.mark.parametrize("backend", ["graph", "fused"])
def test_recording_slows_the_full_network_by_little_on_a_gpu(backend):
    """Captured, as it is used: eager spends as much time in Python as recording takes in all."""
    network = sf.models.lillicrap2016.spiking_mnist(device="cuda")
    cost = time_recording(network, 100, steps=1000, repetitions=15, backend=backend)
    assert cost.slowdown <= 5, str(cost)


def test_pairs_are_timed_in_both_orders(monkeypatch):
    """So that what slowly grows, such as the heat of a card, favours neither."""
    seen = []

    def repetition(source, number, runner, recorder):
        seen.append(source)
        return float(len(seen))

    monkeypatch.setattr("spikefa.bench.recorder._repetition", repetition)
    cost = time_recording(network(), batch=2, steps=3, repetitions=3, alone=8)
    bare, recorded = seen[:2]
    assert seen == [bare, recorded, recorded, bare, bare, recorded, recorded, bare]
    assert (cost.bare, cost.recorded) == ([4, 5, 8], [3, 6, 7])
    assert cost.slowdowns == [100 * (3 / 4 - 1), 100 * (6 / 5 - 1), 100 * (7 / 8 - 1)]
    assert cost.slowdown == 100 * (7 / 8 - 1)


def test_recording_is_timed_under_what_people_use(monkeypatch):
    net = network()
    assert backends_to_record(net, 3) == ["eager"]
    monkeypatch.setattr(recorder, "captures_on", lambda device: True)
    chosen = Choice("fused-bf16", "of this test")
    monkeypatch.setattr(recorder, "choose_backend", lambda *_: chosen)
    monkeypatch.setattr(
        recorder, "obstacle", lambda name, network: "no triton" if name == "fused" else None
    )
    assert backends_to_record(net, 3) == ["graph", "fused-bf16"]
