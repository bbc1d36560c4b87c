"""One process at a time runs in a folder; its lock dies with it."""

import errno
import os
import signal
import subprocess
import threading
from dataclasses import replace

import pytest

from spikefa.errors import SpikefaError
from spikefa.experiments.lillicrap2016.fig4 import EXPERIMENT
from spikefa.runs import lock
from spikefa.runs.lock import locked
from spikefa.utils import locks
from tests.helpers.killed_runs import SHORT
from tests.helpers.processes import start_python
from tests.helpers.small_run import SMALL

TINY = replace(SHORT, record=False, epochs=1)
HOLD = """
import sys, time
from pathlib import Path
from spikefa.runs.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the folder."""
    process = start_python(HOLD, tmp_path, stdout=subprocess.PIPE)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_a_folder_that_is_held_is_refused_by_the_number_of_the_process(tmp_path, holder):
    with (
        pytest.raises(
            SpikefaError, match=f"the run in {tmp_path} is being written by process {holder.pid}"
        ),
        locked(tmp_path),
    ):
        pass


def test_the_lock_dies_with_its_process(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (tmp_path / lock.NAME).exists(), "the file stays"
    with locked(tmp_path):
        assert (tmp_path / lock.NAME).read_text().split()[0] == str(os.getpid())
    assert list(tmp_path.iterdir()) == []


def test_the_same_process_does_not_get_it_twice(tmp_path):
    with (
        locked(tmp_path),
        pytest.raises(SpikefaError, match=f"by process {os.getpid()}, this one"),
        locked(tmp_path),
    ):
        pass
    with locked(tmp_path):
        pass


CONTEND = """
import sys, time
from pathlib import Path
from spikefa.errors import SpikefaError
from spikefa.runs.lock import locked
folder, end = Path(sys.argv[1]), time.monotonic() + 1.5
taken = 0
while time.monotonic() < end:
    try:
        with locked(folder):
            (folder / "inside").mkdir()  # which fails if anybody else is inside
            taken += 1
            (folder / "inside").rmdir()
    except SpikefaError:
        pass
print(taken)
"""


def test_of_many_that_try_again_and_again_only_one_is_inside(tmp_path):
    contenders = [start_python(CONTEND, tmp_path, stdout=subprocess.PIPE) for _ in range(3)]
    taken = [int(each.communicate(timeout=60)[0]) for each in contenders]
    assert all(each.returncode == 0 for each in contenders)
    assert sum(taken) > 10


def test_a_file_system_without_locks_is_used_with_a_warning(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(locks.fcntl, "flock", refuse)
    with pytest.warns(UserWarning, match="has no locks"), locked(tmp_path):
        pass


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    with pytest.raises(SpikefaError, match="cannot lock the run in"), locked(tmp_path / "absent"):
        pass


def test_a_running_run_is_neither_begun_again_nor_resumed(tmp_path, said):
    out = tmp_path / "run"
    EXPERIMENT.run(TINY, out=out, figures=False)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with locked(out):
        for arguments in ([*SMALL, "--out", out], ["run", EXPERIMENT.name, "--resume", out]):
            assert f"the run in {out} is being written by process {os.getpid()}" in said(*arguments)
    assert before == {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_only_one_of_several_makes_the_folder(tmp_path):
    """The folder is made, not tested and then made."""
    outcomes = []

    def run():
        try:
            EXPERIMENT.run(TINY, out=tmp_path / "some" / "run", figures=False)
            outcomes.append("ran")
        except SpikefaError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    outcomes.remove("ran")
    assert len(outcomes) == 3
    assert all("is being written" in each or "holds a run already" in each for each in outcomes)
