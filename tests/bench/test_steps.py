"""Timings of a step: every backend, the products alone and the plain loop."""

import pytest

from spikefa.backends import Backend
from spikefa.bench import steps
from spikefa.bench.steps import time_steps
from tests.helpers.bench_network import network


@pytest.mark.slow
def test_timings_are_of_engine_products_and_loop():
    result = time_steps(network(), batch=2, steps=2, repetitions=3, compiled=False)
    assert set(result.times) == {"eager", "products", "plain loop"}
    assert all(len(times) == 3 and min(times) > 0 for times in result.times.values())
    plain = result.as_json()
    assert plain["ratio_to_plain_loop"] == result.ratio("eager", "plain loop")
    speed = plain["steps_per_second"]["eager"]
    synapses = 784 * 30 + 30 * 30 + 30 * 20 + 80
    assert plain["plastic_synapse_steps_per_second"]["eager"] == pytest.approx(2 * synapses * speed)
    assert "engine / plain loop" in str(result)
    assert plain["backends"]["eager"]["ratio_to_plain_loop"] == plain["ratio_to_plain_loop"]


@pytest.mark.slow
def test_every_backend_that_can_serve_the_network_is_timed(monkeypatch):
    monkeypatch.setattr(steps, "obstacle", lambda name, network: None)
    monkeypatch.setattr(steps, "interpreted", lambda: False)
    monkeypatch.setattr(steps, "captures_on", lambda device: True)
    monkeypatch.setattr(
        steps, "make_backend", lambda name, network, state, *names: Backend(network, state)
    )
    result = time_steps(network(), batch=2, steps=1, repetitions=1, compiled=False)
    fused = ["fused", *(f"fused-{each}" for each in ("bf16x6", "bf16x3", "tf32", "bf16"))]
    deferred = ["deferred", "deferred-reads-bf16", "deferred-reads-fp16"]
    names = "graph", *deferred, *fused, "fused-deferred", "fused-deferred-fp16"
    captured = [each for name in names for each in (name, f"{name}, 5 at once")]
    assert list(result.times) == ["eager", *captured, "products", "plain loop"]
    rows = str(result).splitlines()
    assert [row for row in rows if row.startswith("fused-bf16, 5 at once ")]
    assert result.as_json()["backends"]["fused"]["ratio_to_eager"] > 0
