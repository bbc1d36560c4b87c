"""Ten thousand damaged recordings; some hundreds are in test_damaged_files.py."""

import pytest

from tests.helpers.hostile.originals import make_recordings
from tests.helpers.mutants import READ_MUTANTS
from tests.helpers.processes import run_python

BATCH = 500


@pytest.fixture
def originals(tmp_path):
    make_recordings(tmp_path)
    return tmp_path


def read_mutants(folder, first, count):
    """Return how many were refused, and by how many MB reading one made the process grow."""
    done = run_python(READ_MUTANTS, first, count, timeout=None, cwd=folder)
    assert done.returncode == 0, done.stderr[-3000:]
    refused, _, growth = map(float, done.stdout.split())
    return refused, growth


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, 10_000, BATCH))
def test_ten_thousand_damaged_files(originals, first):
    """No crash, no hang, no other error than SpikefaError, no memory that is not needed."""
    refused, growth = read_mutants(originals, first, BATCH)
    assert refused > BATCH / 3
    assert growth < 1200


@pytest.mark.slow
def test_mutants_are_read_or_refused(originals):
    refused, _ = read_mutants(originals, 20_000, 60)
    assert refused > 10
