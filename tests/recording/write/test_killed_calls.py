"""Whoever records, resumes or repairs is killed between any two system calls: nothing is lost."""

import pytest

from tests.helpers.killed_calls import POSSIBLE
from tests.helpers.processes import run_python

KILL = "from tests.helpers.killed_recorders import main; import sys; main(int(sys.argv[1]))"


@pytest.mark.slow
@pytest.mark.skipif(not POSSIBLE, reason="ptrace on x86-64 alone")
@pytest.mark.parametrize(
    ("part", "least"), [(61, 20), pytest.param(1, 1000, marks=pytest.mark.long)]
)
def test_nothing_is_lost_between_any_two_system_calls(tmp_path, part, least):
    """Before one in `part` of the calls that change files; in the long suite, before every one."""
    done = run_python(KILL, part, cwd=tmp_path, timeout=3600)
    assert done.returncode == 0, done.stderr
    kills = [int(line.split(": ")[1].split()[0]) for line in done.stdout.splitlines()]
    assert len(kills) == 6
    assert sum(kills) >= least
