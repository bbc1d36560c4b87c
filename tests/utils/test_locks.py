"""Locks that hold between processes and within one, and end with their process."""

import errno
import fcntl
import os
import signal
import subprocess

import pytest

from spikefa.errors import SpikefaError
from spikefa.utils.locks import Lock, lock_path
from tests.helpers.processes import start_python

HOLDER = """
import sys, time
from pathlib import Path
from spikefa.utils.locks import Lock
lock = Lock(Path(sys.argv[1]), "the thing")
print("held", flush=True)
time.sleep(600)
"""


@pytest.fixture
def path(tmp_path):
    return lock_path(tmp_path / "thing")


def test_a_second_one_is_refused_within_a_process(path):
    with (
        Lock(path, "the thing"),
        pytest.raises(SpikefaError, match=f"^the thing is being written by process {os.getpid()}"),
    ):
        Lock(path, "the thing")
    with Lock(path, "the thing"):
        assert path.exists()
    assert not path.exists()


def test_it_dies_with_its_process(path):
    holder = start_python(HOLDER, path, stdout=subprocess.PIPE)
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(SpikefaError, match=f"written by process {holder.pid}"):
        Lock(path, "the thing")
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert path.exists()
    Lock(path, "the thing").release()
    assert not path.exists()


def test_a_forked_child_does_not_release_it(path):
    lock = Lock(path, "the thing")
    child = os.fork()
    if child == 0:
        lock.release()
        os._exit(0)
    os.waitpid(child, 0)
    with pytest.raises(SpikefaError, match="being written"):
        Lock(path, "the thing")
    lock.release()


def test_many_take_turns(path):
    """Nobody is inside with somebody else, although the small file comes and goes."""
    children = []
    inside = path.with_name("inside")
    for _ in range(6):
        child = os.fork()
        if child == 0:
            done = 0
            while done < 50:
                try:
                    lock = Lock(path, "the thing")
                except SpikefaError:
                    continue
                handle = os.open(inside, os.O_CREAT | os.O_EXCL)  # fails if somebody is inside
                os.close(handle)
                os.unlink(inside)
                lock.release()
                done += 1
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 6


def test_all_names_of_a_file_share_one_lock(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "link").symlink_to(tmp_path / "thing")
    assert lock_path(tmp_path / "b" / "link") == lock_path(tmp_path / "b" / ".." / "thing")


@pytest.mark.parametrize("reason", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_without_locks_it_says_so_and_goes_on(path, monkeypatch, reason):
    def refuse(handle, operation):
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.warns(UserWarning, match="no locks"), Lock(path, "the thing"):
        pass
    assert not path.exists()


def test_a_folder_that_is_gone_or_closed(tmp_path):
    with pytest.raises(SpikefaError, match="cannot lock the thing"):
        Lock(tmp_path / "none" / ".x.lock", "the thing")
    (tmp_path / "elsewhere").write_text("precious")
    (tmp_path / ".y.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SpikefaError, match="cannot lock the thing"):
        Lock(tmp_path / ".y.lock", "the thing")
    assert (tmp_path / "elsewhere").read_text() == "precious"
