"""Rows of triggers on slow and failing disks, and on the GPU."""

import threading

import h5py
import numpy as np
import pytest
import torch

from spikefa.recording import (
    Always,
    EveryImage,
    Recorder,
    Trigger,
    Window,
    open_recording,
)
from spikefa.recording.write.writer import Writer
from tests.helpers.recorded_rows import steps_of
from tests.helpers.toy_network import PROBES, PROVENANCE, Toy, shown_to
from tests.helpers.triggered_runs import high


def slow(monkeypatch, seconds=0.0, error=None):
    append = Writer.append

    def slowly(self, *arguments):
        if error is not None:
            raise error
        threading.Event().wait(seconds)
        append(self, *arguments)

    monkeypatch.setattr(Writer, "append", slowly)


def test_a_slow_disk_is_waited_for_and_counted(tmp_path, start, toy, monkeypatch):
    slow(monkeypatch, 0.02)
    with start(
        windows=Trigger(high, before=9, after=9, edge=False), max_host_bytes=17_000
    ) as recorder:
        toy.run(recorder, range(400))
    assert recorder.backpressure.blocks > 0
    holds = [bool(high(after(step))) for step in range(400)]
    near = np.convolve(holds, np.ones(19), "same") > 0
    assert steps_of(tmp_path / "run.h5") == np.flatnonzero(near).tolist()


def after(step):
    toy = Toy()
    toy.step(step)
    return toy.variables


def test_a_failed_write_stops_the_recording_alone(start, toy, monkeypatch):
    messages = []
    recorder = start(windows=[Always(), Trigger(high, before=9, after=9)], warn=messages.append)
    toy.run(recorder, range(50))
    recorder.commit()
    slow(monkeypatch, error=OSError("gone"))
    toy.run(recorder, range(50, 60))
    recorder.commit()
    toy.run(recorder, range(60, 90))
    recorder.close()
    assert len(messages) == 1
    assert "stopped after 50 steps (gone)" in messages[0]


def test_a_file_of_plain_windows_is_as_before(tmp_path, start, toy):
    """No group of triggers, no other dataset: what reads format 1.1 reads it."""
    with start() as recorder:
        toy.run(recorder, range(130))
        assert recorder._pipeline.monitor is None
    with h5py.File(tmp_path / "run.h5") as file:
        held = set(file["spikefa"])
    assert held == {
        *("backpressure", "committed_steps", "epochs", "modulator", "populations"),
        *("presentations", "raster", "status", "step", "stimulus", "streams", "trace", "writer"),
    }


@pytest.mark.gpu
def test_triggers_on_the_gpu_do_not_wait_for_it(tmp_path):
    """And record what they do on the CPU, in blocks that are used again and again."""
    files = []
    for device in ("cpu", "cuda"):
        toy = Toy()
        for states in toy.variables.values():
            for variable, value in states.items():
                states[variable] = value.to(device)
        files.append(tmp_path / f"{device}.h5")
        windows = [Trigger(high, before=20, after=5), Window("w", 30, 90), EveryImage(30)]
        with Recorder.create(
            *(files[-1], PROBES, windows, toy.variables, PROVENANCE),
            max_host_bytes=60_000,
            steps_per_image=5,
        ) as recorder:
            for step in range(2000):
                toy.step(step)
                torch.cuda.set_sync_debug_mode("error" if step < 50 else "default")
                recorder.observe(step, *shown_to(recorder.streams, step))
                torch.cuda.set_sync_debug_mode("default")
    with open_recording(files[0]) as a, open_recording(files[1]) as b:
        np.testing.assert_array_equal(a.firings("high"), b.firings("high"))
        np.testing.assert_array_equal(a.steps, b.steps)
        for channel in a.layout.channels:
            name = channel.population, channel.variable
            every = slice(None)
            np.testing.assert_array_equal(a.stored(*name, every), b.stored(*name, every))
