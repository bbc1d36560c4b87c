"""Files that bar every reader, because their writer was killed while it opened them."""

import fcntl

import h5py
import pytest

import spikefa.recording.format.swmr as swmr
from spikefa.cli import main
from spikefa.errors import SpikefaError
from spikefa.recording import Always, Recorder, open_recording, repair
from tests.helpers.toy_network import IMAGES, MIXED_PROBES
from tests.recording.write.test_repair import assert_same, rows_of


@pytest.fixture
def before(tmp_path, start, toy):
    """The rows of the recording, before it was opened badly."""
    path = tmp_path / "run.h5"
    with start(path, probes=MIXED_PROBES, windows=[Always()], thumbnails=IMAGES) as recorder:
        toy.run(recorder, range(47))
    return rows_of(path)


@pytest.fixture
def barred(tmp_path, before):
    """What HDF5 leaves of it if it is killed after it was opened with ``r+``."""
    path = tmp_path / "run.h5"
    with h5py.File(path, "r+", libver=("v110", "v110")):
        content = path.read_bytes()
    path.write_bytes(content)
    with pytest.raises(OSError, match="open"):
        h5py.File(path, "r", swmr=True)
    return path


def test_opening_says_what_mends_it(barred):
    with pytest.raises(SpikefaError, match=f"spikefa repair {barred}$"):
        open_recording(barred)


def test_repair_mends_it_and_then_leaves_it_alone(barred, before, capsys):
    assert main(["repair", str(barred)]) == 0
    assert "repaired" in capsys.readouterr().out
    assert_same(before, rows_of(barred))
    with h5py.File(barred, "r") as file:
        assert len(file["spikefa/step"]) == 47
    once = barred.read_bytes()
    assert not repair(barred)
    assert barred.read_bytes() == once
    assert [each.name for each in barred.parent.iterdir()] == [barred.name]


def test_resuming_needs_no_repair(barred, toy, tmp_path, start):
    with Recorder.resume(barred, toy.variables, 40, thumbnails=IMAGES) as recorder:
        toy.run(recorder, range(40, 60))
    whole = tmp_path / "whole.h5"
    with start(whole, probes=MIXED_PROBES, windows=[Always()], thumbnails=IMAGES) as recorder:
        toy.run(recorder, range(60))
    assert_same(rows_of(whole), rows_of(barred))


def test_what_another_program_is_opening_is_not_taken_away(barred, monkeypatch):
    """HDF5 has a lock on it then."""
    monkeypatch.setattr(swmr, "LOCK_SECONDS", 0.05)
    content = barred.read_bytes()
    with open(barred, "rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(SpikefaError, match="being written"):
            repair(barred)
    assert barred.read_bytes() == content
    assert repair(barred)


def test_what_is_damaged_otherwise_is_left_as_it_was(barred):
    content = bytearray(barred.read_bytes())
    content[44:48] = b"\0\0\0\0"  # the checksum, which mending replaces
    content[36:44] = b"\xff" * 8  # the root
    barred.write_bytes(content)
    with pytest.raises(SpikefaError, match="damaged"):
        repair(barred)
    assert barred.read_bytes() == content
    assert [each.name for each in barred.parent.iterdir()] == [barred.name]
