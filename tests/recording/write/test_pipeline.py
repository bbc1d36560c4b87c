"""From the device to the file: bounded memory, and a thread that writes."""

import threading
import time

import numpy as np
import pytest
import torch

from spikefa.errors import SpikefaError
from spikefa.recording import Probe, Recorder, Window, open_recording
from spikefa.recording.write.writer import Writer
from tests.helpers.toy_network import PROBES, PROVENANCE, Toy, truth

LONG = (Window("all", 0, 2345),)


def slow_append(monkeypatch, seconds):
    append = Writer.append

    def slow(self, *arguments):
        time.sleep(seconds)
        append(self, *arguments)

    monkeypatch.setattr(Writer, "append", slow)


def test_a_slow_disk_slows_the_simulation_and_loses_nothing(tmp_path, start, toy, monkeypatch):
    """Memory for a few rows only: the simulation waits, the waits are counted, no row is lost."""
    append, pools = Writer.append, []

    def stalled(self, *arguments):
        while pools[0].made < pools[0]._limit:  # until all memory is in use
            time.sleep(0.001)
        if not self.rows:
            time.sleep(1)
        append(self, *arguments)

    monkeypatch.setattr(Writer, "append", stalled)
    recorder = start(windows=LONG, max_host_bytes=6000)
    pools.extend(recorder._pipeline.thread._pools)
    toy.run(recorder, range(300))
    recorder.close()
    waited = recorder.backpressure
    assert waited.blocks >= 1
    assert 0 < waited.seconds < 60
    with open_recording(tmp_path / "run.h5") as recording:
        assert recording.backpressure == waited
        np.testing.assert_array_equal(recording.steps, range(300))
        spikes = [truth(step)["input"]["spikes"][0].astype(bool) for step in range(300)]
        np.testing.assert_array_equal(recording.raster("input"), spikes)
    with Recorder.resume(tmp_path / "run.h5", toy.variables, 200) as resumed:
        assert resumed.backpressure == waited


def test_a_disk_that_keeps_up_is_not_waited_for(tmp_path, start, toy):
    with start() as recorder:
        toy.run(recorder, range(130))
    assert recorder.backpressure == (0, 0.0)
    with open_recording(tmp_path / "run.h5") as recording:
        assert recording.backpressure == (0, 0.0)


def test_memory_is_bounded_and_too_little_is_refused(tmp_path, start):
    with pytest.raises(SpikefaError, match="max_host_bytes is 100, and not") as caught:
        start(max_host_bytes=100)
    assert not (tmp_path / "run.h5").exists()
    enough = int(str(caught.value).split("give ")[1].split()[0])
    start(max_host_bytes=enough).close()
    (tmp_path / "run.h5").unlink()
    with pytest.raises(SpikefaError, match="max_host_bytes"):
        start(max_host_bytes=enough - 1)


def test_a_wide_probe_leaves_room_for_the_steps(tmp_path):
    """A whole matrix at every tenth step, and nothing else: the stimulus is there all the same."""
    variables = {"a": {"spikes": torch.zeros(1, 3), "weights": torch.zeros(1, 1_000_000)}}
    path = tmp_path / "wide.h5"
    probes, windows = [Probe("a", "weights", "all", every=10)], [Window("w", 0, 30)]
    with Recorder.create(
        path, probes, windows, variables, {"seed": 1}, max_host_bytes=30_000_000
    ) as recorder:
        for step in range(30):
            variables["a"]["weights"].fill_(step)
            recorder.observe(step, 0, 0)
    with open_recording(path) as recording:
        assert len(recording.stimulus) == 30
        held = recording.trace("a", "weights")
        assert held.shape == (3, 1_000_000)
        np.testing.assert_array_equal(held[:, -1], [0, 10, 20])


def test_no_more_blocks_are_made_than_were_allowed(start, toy, monkeypatch):
    slow_append(monkeypatch, 0.01)
    recorder = start(windows=LONG, max_host_bytes=20_000)
    toy.run(recorder, range(400))
    recorder.close()
    (pool,) = recorder._pipeline.thread._pools
    blocks = [pool._free.get_nowait() for _ in range(pool.made)]
    held = sum(
        tensor.nbytes for block in blocks for tensor in (*block.values, *block.invalid)
    ) + sum(block.stimulus.nbytes for block in blocks)
    assert len(blocks) >= 2
    assert held <= 15_000


@pytest.mark.parametrize("error", [OSError("disk\ngone"), ValueError(), MemoryError("none")])
def test_an_error_in_the_thread_stops_the_recording_alone(start, toy, monkeypatch, error):
    def broken(*arguments):
        raise error

    messages = []
    recorder = start(warn=messages.append, windows=LONG, max_host_bytes=9000)
    toy.run(recorder, range(20))
    recorder.commit()
    assert messages == []
    monkeypatch.setattr(Writer, "append", broken)
    toy.run(recorder, range(20, 200))  # more than the memory holds: nobody may wait for ever
    recorder.commit()
    recorder.close()
    recorder.close()
    assert len(messages) == 1
    assert "stopped after 20 steps" in messages[0]
    assert "\n" not in messages[0]
    assert recorder.failure
    assert not any(thread.name == "spikefa-writer" for thread in threading.enumerate())


def test_a_wide_population_is_thinned_out_at_each_step(tmp_path):
    """Beyond 4096 neurons the chosen ones are gathered at once; it makes no difference."""
    spikes = torch.zeros(2, 5000)
    variables = {"input": {"spikes": spikes}}
    probe = Probe("input", "spikes", [4999, 17], stream=1)
    path = tmp_path / "wide.h5"
    kept = []
    with Recorder.create(path, [probe], [Window("w", 0, 300)], variables, {"seed": 1}) as recorder:
        for step in range(300):
            spikes.bernoulli_(0.5, generator=torch.Generator().manual_seed(step))
            recorder.observe(step, 0, 0)
            kept.append(spikes[1, [17, 4999]].bool().tolist())
    with open_recording(path) as recording:
        np.testing.assert_array_equal(recording.raster("input"), kept)


@pytest.mark.gpu
def test_a_long_recording_on_the_gpu_is_that_on_the_cpu(tmp_path):
    """Blocks are used again while the GPU still copies; little memory makes it happen often."""
    files = []
    for device in ("cpu", "cuda"):
        toy = Toy()
        for states in toy.variables.values():
            for variable, value in states.items():
                states[variable] = value.to(device)
        files.append(tmp_path / f"{device}.h5")
        with Recorder.create(
            files[-1], PROBES, LONG, toy.variables, PROVENANCE, max_host_bytes=50_000
        ) as recorder:
            toy.run(recorder, range(2345))
    with open_recording(files[0]) as a, open_recording(files[1]) as b:
        np.testing.assert_array_equal(a.steps, b.steps)
        for channel in a.layout.channels:
            name = channel.population, channel.variable
            every = slice(None)
            np.testing.assert_array_equal(a.stored(*name, every), b.stored(*name, every))
