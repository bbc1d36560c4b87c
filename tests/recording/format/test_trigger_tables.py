"""Files whose triggers, firings or memories are damaged."""

import shutil

import h5py
import pytest

from spikefa.errors import SpikefaError
from spikefa.recording import (
    Recorder,
    open_recording,
)
from tests.helpers.mutants import READ_MUTANTS
from tests.helpers.processes import run_python
from tests.helpers.toy_network import IMAGES
from tests.helpers.triggered_runs import (
    MIXED,
    high,
)


@pytest.mark.slow
@pytest.mark.parametrize("trials", [60, pytest.param(3000, marks=pytest.mark.long)])
def test_damaged_files_are_read_or_refused(tmp_path, start, toy, trials):
    """As in read/test_fuzz.py: one that was closed, and one as a killed process leaves it."""
    path = tmp_path / "run.h5"
    with start(path, windows=MIXED, thumbnails=IMAGES, steps_per_image=5) as recorder:
        toy.run(recorder, range(130))
        recorder.commit()
        shutil.copy(path, tmp_path / "killed.h5")
        toy.run(recorder, range(130, 140))
    path.rename(tmp_path / "closed.h5")
    for name in ("closed", "killed"):  # the mutants look for recordings of events, too
        shutil.copy(tmp_path / f"{name}.h5", tmp_path / f"sparse_{name}.h5")
    done = run_python(READ_MUTANTS, 30_000, trials, timeout=None, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    refused, _, growth = map(float, done.stdout.split())
    assert refused > trials / 6
    assert growth < 1200


def change(group, name, value, field=None):
    if field is None:
        group[name][...] = value
    else:
        rows = group[name][:]
        rows[field] = value
        group[name][:] = rows


@pytest.mark.parametrize(
    ("edit", "answer"),
    [
        (lambda g: change(g, "committed_firings", 2**63), "firings are committed, but has"),
        (lambda g: change(g, "firings", 9, "trigger"), "a trigger that it does not have"),
        (lambda g: change(g, "firings", 2**64 - 1, "step"), "not in ascending order"),
        (lambda g: change(g, "triggers", 2**64 - 1, "before"), "is 18446744073709551615: give"),
        (lambda g: change(g, "triggers", b"same", "label"), "share a label"),
        (lambda g: change(g, "recurring", 0, "period"), "5 steps in every 0"),
        (lambda g: change(g, "recurring", 2**64 - 1, "start_step"), "from 18446744073709551615"),
        (lambda g: g.__delitem__("firings"), "it has no /spikefa/firings"),
    ],
)
def test_a_file_that_says_what_cannot_be(tmp_path, start, toy, edit, answer):
    with start(windows=MIXED, thumbnails=IMAGES, steps_per_image=5) as recorder:
        toy.run(recorder, range(130))
    with h5py.File(tmp_path / "run.h5", "r+") as file:
        edit(file["spikefa"])
    with pytest.raises(SpikefaError, match=answer):
        open_recording(tmp_path / "run.h5")


@pytest.mark.parametrize(
    ("edit", "answer"),
    [
        (lambda h: change(h, "count", 2**40), "more rows than it can hold"),
        (lambda h: h.__delitem__("rows"), "it has no .*history/rows"),
        (lambda h: h.__delitem__("held"), "it has no .*history/held"),
    ],
)
def test_a_memory_that_cannot_be_is_found_when_it_is_needed(tmp_path, start, toy, edit, answer):
    path = tmp_path / "run.h5"
    with start(windows=MIXED, steps_per_image=5) as recorder:
        toy.run(recorder, range(90))
    with h5py.File(path, "r+") as file:
        edit(file["spikefa/history"])
    before = path.read_bytes()
    with open_recording(path) as recording:
        assert len(recording.steps)
    with pytest.raises(SpikefaError, match=answer):
        Recorder.resume(path, toy.variables, 90, predicates={"high": high})
    assert path.read_bytes() == before
