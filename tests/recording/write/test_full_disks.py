"""A disk that is full at any moment: one line, exit code 0 or 2, and no file that is not right."""

import os
import subprocess
import sys

import pytest

from tests.helpers.processes import run_python

TRY = "from tests.helpers.full_disks import main; import sys; main(int(sys.argv[1]), *sys.argv[2:])"


def outcomes(done):
    """Return how often recording, resuming and repairing was refused, stopped or went well."""
    assert done.returncode == 0, done.stderr
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    return {(name, outcome): int(times) for name, outcome, times in lines}


@pytest.mark.slow
@pytest.mark.parametrize("limits", [4, pytest.param(50, marks=pytest.mark.long)])
def test_a_limit_of_the_size_of_a_file(tmp_path, limits):
    """As by ``ulimit -f``; from nothing to more than the recordings take."""
    found = outcomes(run_python(TRY, limits, cwd=tmp_path, timeout=3600))
    assert sum(found.values()) == 3 * limits
    assert found["record", "refused"] >= 1
    assert found["resume", "refused"] >= 1
    assert found["repair", "refused"] >= 1
    assert found["record", "stopped"] >= 1


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root may mount")
def test_a_disk_that_is_full(tmp_path):
    """A real one, and no room is missed beforehand: others fill it between look and write."""
    mount = tmp_path / "disk"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4096", "tmpfs", mount]
    if subprocess.run(command, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    subprocess.run(["umount", mount], check=True)
    found = outcomes(run_python(TRY, 50, mount, cwd=tmp_path, timeout=3600))
    assert sum(found.values()) > 100
    assert found["record", "refused"] >= 1
    assert found["record", "stopped"] >= 1
    assert found["repair", "refused"] >= 1
