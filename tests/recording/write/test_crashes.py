"""Killed writers, concurrent readers, disks that are full."""

import shutil
import time
from collections import namedtuple

import h5py
import numpy as np
import pytest

from spikefa.recording import open_recording, repair
from tests.helpers.processes import start_python
from tests.helpers.toy_network import truth

SHORT_WINDOWS = """
import os, resource, signal, sys, time
import torch
from tests.helpers.toy_network import *
from spikefa.recording import *
torch.set_num_threads(1)
probes = [Probe("input", "spikes", "all"), Probe("hidden1", "potential", 2)]
windows = [Window(str(n), 10 * n, 10 * n + 10) for n in range(4000)]
"""

KILL = """
from tests.helpers.killed_writers import kill_writers
def start(path):
    toy = Toy()
    return toy, Recorder.create(path, probes, windows, toy.variables, PROVENANCE, thumbnails=IMAGES)
kill_writers(int(sys.argv[1]), start, steps=40000, longest=0.3)
"""


def check_rows(recording, rows):
    """Every row is bit-exact."""
    units = recording.units("hidden1", "potential")
    np.testing.assert_array_equal(recording.steps, range(rows))
    if rows == 0:
        return
    spikes = [truth(step)["input"]["spikes"][0].astype(bool) for step in range(rows)]
    np.testing.assert_array_equal(recording.raster("input"), spikes)
    potential = [truth(step)["hidden1"]["potential"][0][units] for step in range(rows)]
    np.testing.assert_array_equal(recording.trace("hidden1", "potential"), potential)


@pytest.mark.slow
@pytest.mark.parametrize("trials", [5, pytest.param(50, marks=pytest.mark.long)])
def test_what_a_killed_writer_acknowledged_is_there(tmp_path, python, trials):
    """And after a repair it is there still, for any reader."""
    done = python(SHORT_WINDOWS + KILL, str(trials))
    assert done.returncode == 0, done.stderr
    acknowledged = [int(line) for line in done.stdout.split()]
    assert len(acknowledged) == trials
    for trial, rows in enumerate(acknowledged):
        path = tmp_path / f"{trial}.h5"
        with open_recording(path) as recording:
            assert recording.status == "open"
            committed = len(recording.steps)
            assert rows <= committed <= rows + 10
            check_rows(recording, committed)
            assert set(recording.images) == set(recording.stimulus["image"].tolist())
        assert repair(path)
        repaired = path.read_bytes()
        assert not repair(path)
        assert path.read_bytes() == repaired
        with h5py.File(path, "r") as file:
            assert len(file["report/hidden1/data"]) == committed
        with open_recording(path) as recording:
            assert recording.status == "repaired"
            assert len(recording.steps) == committed
            check_rows(recording, committed)
            assert set(recording.images) == set(recording.stimulus["image"].tolist())


def test_a_reader_sees_a_growing_valid_prefix(tmp_path):
    script = SHORT_WINDOWS + (
        "toy = Toy()\n"
        "with Recorder.create('w.h5', probes, windows[:60], toy.variables, PROVENANCE) as r:\n"
        "    for step in range(600):\n"
        "        toy.run(r, range(step, step + 1))\n"
        "        time.sleep(0.0005)\n"
    )
    writer = start_python(script, cwd=tmp_path)
    deadline = time.monotonic() + 240
    while not (tmp_path / "w.h5").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    lengths = []
    with open_recording(tmp_path / "w.h5") as recording:
        going_on = True
        while going_on:  # once more after it has been closed: the last rows came before
            assert time.monotonic() < deadline
            going_on = recording.status == "open"
            rows = recording.refresh()
            if not lengths or rows > lengths[-1]:
                lengths.append(rows)
                check_rows(recording, rows)
    assert writer.wait(60) == 0
    assert lengths[-1] == 600
    assert len(lengths) > 3
    assert all(rows % 10 == 0 for rows in lengths)


LIMITED = """
import warnings
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
toy = Toy()
recorder = Recorder.create("full.h5", probes, windows, toy.variables, PROVENANCE, thumbnails=IMAGES)
size = os.path.getsize("full.h5")
resource.setrlimit(resource.RLIMIT_FSIZE, (size + int(sys.argv[1]),) * 2)
toy.run(recorder, range(15000))
recorder.close()
with open_recording("full.h5") as recording:  # in the process that failed to write it, too
    assert len(recording.steps) == len(recording.raster("input"))
    print(len(recording.steps))
print("the simulation went on")
"""


@pytest.mark.slow
@pytest.mark.parametrize("room", [9_000, 60_000])
def test_a_failed_write_stops_the_recording_alone(tmp_path, python, room):
    done = python(SHORT_WINDOWS + LIMITED, str(room))
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Warning") == 1, done.stderr
    assert "stopped after" in done.stderr
    assert "Traceback" not in done.stderr
    rows, last = done.stdout.strip().split("\n")
    assert last == "the simulation went on"
    with open_recording(tmp_path / "full.h5") as recording:
        assert len(recording.steps) == int(rows) < 15000
        check_rows(recording, int(rows))


def test_a_disk_nearly_full_stops_the_recording_before_it_is(tmp_path, start, toy, monkeypatch):
    Usage = namedtuple("Usage", "total used free")
    messages = []
    recorder = start(warn=messages.append)
    toy.run(recorder, range(60))
    recorder.commit()
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(1, 1, 1000))
    toy.run(recorder, range(60, 130))
    recorder.close()
    assert len(messages) == 1
    assert "free" in messages[0]
    assert "30 steps" in messages[0]
    with h5py.File(tmp_path / "run.h5", "r") as file:  # closed well, as nothing was spoilt
        assert file["spikefa/committed_steps"][0] == 30
        assert file["spikefa/status"][0] == 2


def test_an_interrupted_commit_is_done_again(tmp_path, start, toy, interrupted_puts):
    """Ctrl-C while the rows are on their way: closing writes them once, neither twice nor never."""
    recorder = start()
    toy.run(recorder, range(19))
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            recorder.commit()
    toy.run(recorder, range(19, 20))
    recorder.close("failed")
    assert len(interrupted_puts) == 4
    with open_recording(tmp_path / "run.h5") as recording:
        np.testing.assert_array_equal(recording.steps, range(20))
        assert recording.raster("input").shape[0] == 20
