"""The memory of a recorder is bounded, and too little is refused."""

import tracemalloc

import pytest
import torch

from spikefa.errors import SpikefaError
from spikefa.recording import (
    Probe,
    Recorder,
    Trigger,
)
from tests.helpers.recorded_rows import steps_of
from tests.helpers.triggered_runs import high


def test_too_little_memory_for_what_comes_before_is_refused(tmp_path, start):
    trigger = Trigger(high, before=5000)
    with pytest.raises(SpikefaError, match="fewer steps before a trigger") as caught:
        start(windows=trigger, max_host_bytes=500_000)
    enough = int(str(caught.value).split("give ")[1].split()[0])
    start(windows=trigger, max_host_bytes=enough).close()
    (tmp_path / "run.h5").unlink()
    with pytest.raises(SpikefaError, match="max_host_bytes"):
        start(windows=trigger, max_host_bytes=enough - 1)


def test_memory_is_bounded_with_triggers(tmp_path):
    """What the filter holds beside the blocks: rows of 80 kB, 30 of them before a firing."""
    wide = torch.zeros(1, 20_000)
    variables = {"a": {"spikes": torch.zeros(1, 3), "value": wide}}
    probes, limit = [Probe("a", "value", "all")], 24_000_000
    trigger = Trigger(
        lambda v: v["a"]["value"][0, 0] % 7 == 5, before=30, after=3, label="often", edge=False
    )
    path = tmp_path / "wide.h5"
    tracemalloc.start()
    with Recorder.create(
        path, probes, trigger, variables, {"seed": 1}, max_host_bytes=limit
    ) as recorder:
        for step in range(600):
            wide.fill_(step)
            recorder.observe(step, 0, 0)
        (pool,) = recorder._pipeline.thread._pools
        blocks = pool.made * pool.take()[0].capacity * wide.nbytes
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert pool.made >= 2
    assert blocks + peak < limit
    assert steps_of(path, probes[0]) == list(range(597))
