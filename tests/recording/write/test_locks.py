"""One writer for each recording, whoever it is, and readers are not in its way."""

import os
import subprocess

import numpy as np
import pytest

from spikefa.errors import SpikefaError
from spikefa.recording import Always, Recorder, open_recording, repair
from tests.helpers.processes import start_python
from tests.helpers.toy_network import PROBES, PROVENANCE, Toy

WRITER = """
import os, sys, time
from tests.helpers.toy_network import *
from spikefa.recording import *
toy = Toy()
recorder = Recorder.create("run.h5", PROBES, [Always()], toy.variables, PROVENANCE)
toy.run(recorder, range(20))
recorder.commit()
print("ready", flush=True)
input()
toy.run(recorder, range(20, 40))
recorder.close()
"""


def attempts(path, toy):
    """Return everything that may write a recording."""
    return {
        "create": lambda: Recorder.create(path, PROBES, [Always()], toy.variables, PROVENANCE),
        "resume": lambda: Recorder.resume(path, toy.variables, 10),
        "repair": lambda: repair(path),
        "repair --force": lambda: repair(path, force=True),
    }


def check(path, steps):
    with open_recording(path) as recording:
        assert recording.status == "closed"
        np.testing.assert_array_equal(recording.steps, range(steps))
    assert sorted(each.name for each in path.parent.iterdir()) == [path.name]


@pytest.mark.slow
def test_another_process_is_refused_as_long_as_the_writer_lives(tmp_path, toy):
    writer = start_python(WRITER, cwd=tmp_path, stdout=subprocess.PIPE, stdin=subprocess.PIPE)
    assert writer.stdout.readline() == "ready\n"
    path = tmp_path / "run.h5"
    for name, attempt in attempts(path, toy).items():
        message = "exists" if name == "create" else f"is being written by process {writer.pid}"
        with pytest.raises(SpikefaError, match=message):
            attempt()
    with open_recording(path) as recording:
        assert len(recording.steps) == 20
    writer.communicate("\n")
    assert writer.returncode == 0
    check(path, 40)


def test_another_simulation_in_this_process_is_refused(tmp_path, start, toy):
    recorder = start(windows=[Always()])
    toy.run(recorder, range(20))
    recorder.commit()
    path = tmp_path / "run.h5"
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "link.h5").symlink_to(path)
    for other in (path, tmp_path / "a" / ".." / "run.h5", tmp_path / "a" / "link.h5"):
        for name, attempt in attempts(other, Toy()).items():
            message = "exists" if name == "create" else "written by process .*, this one"
            with pytest.raises(SpikefaError, match=message):
                attempt()
    toy.run(recorder, range(20, 40))
    recorder.close()
    (tmp_path / "a" / "link.h5").unlink()
    (tmp_path / "a").rmdir()
    check(path, 40)
    Recorder.resume(path, toy.variables, 10).close()
    check(path, 10)


def test_a_file_that_is_being_made_is_not_made_twice(tmp_path, start, toy, monkeypatch):
    """The second one comes while the first has not given the file its name."""
    link, refused = os.link, []

    def late(source, target):
        with pytest.raises(SpikefaError, match="being written"):
            start()
        refused.append(target)
        link(source, target)

    monkeypatch.setattr(os, "link", late)
    with start(windows=[Always()]) as recorder:
        toy.run(recorder, range(5))
    assert len(refused) == 1
    check(tmp_path / "run.h5", 5)


@pytest.mark.parametrize("links", [True, False])
def test_what_another_program_makes_meanwhile_is_not_replaced(tmp_path, start, monkeypatch, links):
    """With and without hard links in the file system."""
    link = os.link

    def late(source, target):
        target.write_text("precious")
        if not links:
            raise PermissionError
        link(source, target)

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(SpikefaError, match="exists by now"):
        start()
    assert (tmp_path / "run.h5").read_text() == "precious"
    assert [each.name for each in tmp_path.iterdir()] == ["run.h5"]


def test_a_file_system_without_links(tmp_path, start, toy, monkeypatch):
    def refuse(source, target):
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    with start(windows=[Always()]) as recorder:
        toy.run(recorder, range(5))
    check(tmp_path / "run.h5", 5)


def test_a_link_to_a_recording_stays_a_link(tmp_path, start, toy):
    """Resuming replaces what it leads to."""
    (tmp_path / "far").mkdir()
    with start(tmp_path / "far" / "run.h5", windows=[Always()]) as recorder:
        toy.run(recorder, range(20))
    (tmp_path / "link.h5").symlink_to(tmp_path / "far" / "run.h5")
    Recorder.resume(tmp_path / "link.h5", toy.variables, 10).close()
    assert (tmp_path / "link.h5").is_symlink()
    check(tmp_path / "far" / "run.h5", 10)


def test_what_killed_processes_left_is_cleared_away(tmp_path, start, toy):
    """But not what another process is writing, nor what belongs to another recording."""
    dead = 2**22 + 1  # more than Linux gives out
    stay = {f".run.{os.getppid()}.tmp.h5", f".other.{dead}.tmp.h5", "run.h5"}
    for name in {f".run.{dead}.tmp.h5", ".run.h5.lock", *stay} - {"run.h5"}:
        (tmp_path / name).write_text("left")
    with start(windows=[Always()]) as recorder:
        toy.run(recorder, range(5))
    assert {each.name for each in tmp_path.iterdir()} == stay


FORKS = """
def close():
    recorder.close()
    sys.exit(3)
for step, end in enumerate((sys.exit, close, lambda: 1 / 0)):
    child = os.fork()
    if child == 0:
        end()
    os.waitpid(child, 0)
    toy.run(recorder, range(20 + 10 * step, 30 + 10 * step))
    recorder.commit()
    assert not recorder.failure
if os.fork() == 0:  # outlives its parent
    os.dup2(os.open(os.devnull, os.O_RDWR), 1), os.dup2(1, 2)
    time.sleep(60)
toy.run(recorder, range(50, 55))
recorder.commit()
os.kill(os.getpid(), 9)
"""


@pytest.mark.slow
def test_a_forked_child_leaves_the_recording_to_its_parent(tmp_path, python, toy):
    """HDF5 would close the file when the child ends, and a child that lives on would lock it."""
    done = python(WRITER.split("input()")[0] + FORKS)
    assert done.returncode == -9, done.stderr
    assert "stopped" not in done.stderr
    path = tmp_path / "run.h5"
    with open_recording(path) as recording:
        np.testing.assert_array_equal(recording.steps, range(55))
    with Recorder.resume(path, toy.variables, 50) as recorder:
        toy.run(recorder, range(50, 60))
    check(path, 60)
