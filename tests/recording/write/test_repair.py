"""`spikefa repair`, and commits that survive a power cut."""

import os
import shutil
import socket

import h5py
import numpy as np
import pytest

from spikefa.cli import main
from spikefa.errors import SpikefaError
from spikefa.recording import Recorder, open_recording, repair
from spikefa.recording.write.repair import is_alive
from tests.helpers.processes import run_python
from tests.helpers.toy_network import IMAGES, MIXED_PROBES

KILLED = """
import os
from tests.helpers.toy_network import *
from spikefa.recording import *
toy = Toy()
given = "k.h5", MIXED_PROBES, WINDOWS, toy.variables, PROVENANCE
recorder = Recorder.create(*given, thumbnails=IMAGES)
toy.run(recorder, range(112))
recorder.commit()
toy.run(recorder, range(112, 115))
os.kill(os.getpid(), 9)
"""


@pytest.fixture(scope="module")
def killed_once(tmp_path_factory):
    """A file left by a killed process, with a row behind the counter."""
    folder = tmp_path_factory.mktemp("killed")
    run_python(KILLED, cwd=folder)
    return folder / "k.h5"


@pytest.fixture
def killed(tmp_path, killed_once):
    shutil.copyfile(killed_once, tmp_path / "k.h5")
    return tmp_path / "k.h5"


def rows_of(path):
    """Return every row of every variable, of the stimulus and of the thumbnails."""
    with open_recording(path) as recording:
        held = {
            (c.population, c.variable): recording.stored(c.population, c.variable, slice(0, len(s)))
            for c in recording.layout.channels
            for s in [recording.steps_of(c.population, c.variable)]
        }
        held |= {("steps", str(n)): steps for n, steps in enumerate(recording.clock_steps)}
        held |= {("image", str(i)): pixels for i, pixels in recording.images.items()}
        held["", "stimulus"] = recording.stimulus
        return held


def assert_same(a, b):
    assert a.keys() == b.keys()
    for name, values in a.items():
        np.testing.assert_array_equal(values, b[name], err_msg=str(name))


def test_all_that_was_committed_is_there_for_every_reader(killed, capsys):
    before = rows_of(killed)
    assert len(before["steps", "0"]) == 20 + 15 + 12
    with pytest.raises(OSError, match="open"):
        h5py.File(killed, "r")
    assert main(["repair", str(killed)]) == 0
    assert "repaired" in capsys.readouterr().out
    assert_same(before, rows_of(killed))
    with h5py.File(killed, "r") as file:
        assert file["spikefa/status"][0] == 3
        assert len(file["spikefa/step"]) == file["spikefa/committed_steps"][0] == 47
    once = killed.read_bytes()
    assert main(["repair", str(killed)]) == 0
    assert "nothing to repair" in capsys.readouterr().out
    assert killed.read_bytes() == once
    assert [each.name for each in killed.parent.iterdir()] == ["k.h5"]


def test_a_repaired_recording_is_resumed(tmp_path, killed, start, toy):
    repair(killed)
    with Recorder.resume(killed, toy.variables, 112, thumbnails=IMAGES) as recorder:
        toy.run(recorder, range(112, 130))
    whole = tmp_path / "whole.h5"
    with start(whole, probes=MIXED_PROBES, thumbnails=IMAGES) as recorder:
        toy.run(recorder, range(130))
    assert_same(rows_of(whole), rows_of(killed))


def test_a_sound_file_is_left_alone(tmp_path, start, toy):
    with start() as recorder:
        toy.run(recorder, range(20))
    path = tmp_path / "run.h5"
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert not repair(path)
    assert before == (path.read_bytes(), path.stat().st_mtime_ns)


def test_a_file_that_is_being_written_is_not_taken_away(tmp_path, start, toy):
    path = tmp_path / "run.h5"
    with start() as recorder:
        toy.run(recorder, range(30))
        recorder.commit()
        with open_recording(path) as recording:
            assert recording.writer == (os.getpid(), socket.gethostname())
        with pytest.raises(SpikefaError, match=f"written by process {os.getpid()}"):
            repair(path)
        toy.run(recorder, range(30, 60))
    with open_recording(path) as recording:
        assert recording.status == "closed"
        assert len(recording.steps) == 30


def test_force_is_for_numbers_that_were_given_again(killed, monkeypatch):
    monkeypatch.setattr(os, "kill", lambda process, signal: None)
    with pytest.raises(SpikefaError, match="--force"):
        repair(killed)
    assert repair(killed, force=True)


def test_who_is_alive():
    assert is_alive(os.getpid())
    assert not is_alive(0)
    assert not is_alive(2**22 + 1)  # more than Linux gives out


def test_what_cannot_be_repaired_is_left_as_it_was(killed, monkeypatch):
    before = killed.read_bytes()
    usage = shutil.disk_usage(killed.parent)._replace(free=1000)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda folder: usage)
        with pytest.raises(SpikefaError, match="free"):
            repair(killed)
    assert killed.read_bytes() == before
    assert [each.name for each in killed.parent.iterdir()] == ["k.h5"]
    killed.write_bytes(before[:3000])
    with pytest.raises(SpikefaError, match=r"k\.h5"):
        repair(killed)
    with pytest.raises(SpikefaError, match="no recording"):
        repair(killed.with_name("none.h5"))


@pytest.mark.parametrize(("durability", "synced"), [("flush", 0), ("fsync", 2)])
def test_fsync_before_and_after_the_counter(start, toy, monkeypatch, durability, synced):
    recorder = start(durability=durability)
    calls = []
    monkeypatch.setattr(os, "fsync", calls.append)
    toy.run(recorder, range(20))
    recorder.commit()
    assert len(calls) == synced
    recorder.close()
    assert len(calls) == synced + bool(synced)


def test_another_durability_is_refused(tmp_path, start):
    with pytest.raises(SpikefaError, match="must be one of flush, fsync"):
        start(durability="always")
    assert not (tmp_path / "run.h5").exists()
