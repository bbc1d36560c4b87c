"""Ten thousand damaged recordings; some hundreds are in test_damaged_files.py."""

import shutil

import pytest

from tests.helpers.mutants import READ_MUTANTS
from tests.helpers.processes import run_python
from tests.helpers.sparse_network import WINDOWS, Sparse, probes
from tests.helpers.toy_network import IMAGES

BATCH = 500


@pytest.fixture
def originals(tmp_path, start, toy):
    """With bits and with events, closed and as a killed process leaves it: copied while open."""
    sparse = Sparse()
    auto, every = probes("auto"), probes("events", stream="all")
    both = [auto[0], every[1], *auto[2:]]  # of the first, events are chosen
    given = {
        "probes": both,
        "windows": WINDOWS,
        "variables": sparse.variables,
        "thumbnails": IMAGES,
    }
    for name, network, options in (("", toy, {"thumbnails": IMAGES}), ("sparse_", sparse, given)):
        path = tmp_path / "run.h5"
        with start(path, **options) as recorder:
            network.run(recorder, range(110))
            recorder.commit()
            shutil.copy(path, tmp_path / f"{name}killed.h5")
            network.run(recorder, range(110, 130))
        path.rename(tmp_path / f"{name}closed.h5")
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


def test_mutants_are_read_or_refused(originals):
    refused, _ = read_mutants(originals, 20_000, 60)
    assert refused > 10
