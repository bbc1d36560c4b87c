"""What a run finds when it goes on: nothing yet, half an epoch, rows that were lost, leftovers."""

import csv
import resource
import shutil
import subprocess
from dataclasses import replace

import pytest
import torch

from spikefa.errors import SpikefaError
from spikefa.experiments.lillicrap2016.fig4 import EXPERIMENT
from spikefa.runs.directory import RunDirectory
from spikefa.utils.files import remove_leftovers
from tests.helpers.killed_runs import SHORT
from tests.helpers.small_run import SMALL

TINY = replace(SHORT, epochs=2)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("resuming") / "run"
    EXPERIMENT.run(TINY, out=out, figures=False)
    return out


@pytest.fixture
def copied(finished, tmp_path):
    return RunDirectory(shutil.copytree(finished, tmp_path / "run"))


def state(run):
    return torch.load(run / "checkpoint.pt", weights_only=True)["tensors"]


def check_same_state(run, other):
    one, another = state(run), state(other)
    assert all(torch.equal(tensor, another[name]) for name, tensor in one.items())


def metrics(run):
    with open(run / "metrics.csv", newline="") as file:
        return [{**row, "wall_seconds": ""} for row in csv.DictReader(file)]


def test_a_run_that_was_killed_before_its_first_checkpoint_begins_anew(copied, finished):
    for file in (copied.checkpoint, copied.metrics, copied.summary):
        file.unlink()
    with pytest.raises(SpikefaError, match="continue it with --resume"):
        EXPERIMENT.run(TINY, out=copied.path, figures=False)
    EXPERIMENT.run(TINY, resume=copied.path, figures=False)
    check_same_state(copied.path, finished)
    assert metrics(copied.path) == metrics(finished)


def test_a_run_that_was_killed_before_its_configuration_is_no_run(copied):
    for file in copied.path.iterdir():
        if file.is_file():
            file.unlink()
    with pytest.raises(SpikefaError, match="holds no run"):
        EXPERIMENT.run(TINY, resume=copied.path, figures=False)
    EXPERIMENT.run(TINY, out=copied.path, figures=False)


def test_rows_without_a_checkpoint_are_not_overwritten(copied):
    copied.checkpoint.unlink()
    before = copied.metrics.read_bytes()
    with pytest.raises(SpikefaError, match="no checkpoint at"):
        EXPERIMENT.run(TINY, resume=copied.path, figures=False)
    assert copied.metrics.read_bytes() == before


def test_a_row_that_a_kill_has_lost_is_rebuilt(copied, finished):
    lines = copied.metrics.read_text().splitlines(keepends=True)
    for kept in ("".join(lines[:-1]), None):
        copied.metrics.unlink()
        if kept is not None:
            copied.metrics.write_text(kept)
        EXPERIMENT.run(TINY, resume=copied.path, figures=False)
        assert copied.metrics.read_text() == (finished / "metrics.csv").read_text()


def test_rows_of_replicas_are_rebuilt_too(tmp_path):
    settings = replace(TINY, replicas=2, record=False)
    run = EXPERIMENT.run(settings, out=tmp_path / "run", figures=False)
    before = run.replicas.read_text()
    run.replicas.unlink()
    EXPERIMENT.run(settings, resume=run.path, figures=False)
    assert run.replicas.read_text() == before


def test_fewer_epochs_than_were_done_are_refused(copied):
    before = copied.config.read_text()
    with pytest.raises(SpikefaError, match="has done 2 epochs, --epochs 1 would undo some"):
        EXPERIMENT.run(replace(TINY, epochs=1), resume=copied.path, figures=False)
    assert copied.config.read_text() == before


@pytest.mark.parametrize(
    "changed",
    [{"hidden": 9}, {"record": False}, {"record_windows": "always"}, {"seed": 1}, {"tau": 0.5}],
)
def test_options_that_would_have_no_effect_are_refused(changed, copied):
    with pytest.raises(SpikefaError, match="leave it out, or start a new run"):
        EXPERIMENT.run(replace(TINY, **changed), resume=copied.path, figures=False)


def dead():
    """The number of a process that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_leftovers_of_killed_processes_are_removed_and_nothing_else(copied):
    number = dead()
    ours = [
        copied.path / f".checkpoint.{number}.tmp.pt",
        copied.path / f".recording.{number}.tmp.h5",
        copied.path / f".README.{number}.tmp",
        copied.figures / f".fig4.{number}.tmp.png",
    ]
    theirs = [
        copied.path / f".checkpoint.{1}.tmp.pt",  # init lives
        copied.path / f"checkpoint.{number}.tmp.pt",
        copied.path / ".mine.tmp.txt",
        copied.path / f".mine.{number}.txt",
    ]
    for file in (*ours, *theirs):
        file.write_text("a part")
    EXPERIMENT.run(TINY, resume=copied.path, figures=False)
    assert [file for file in ours if file.exists()] == []
    assert [file for file in theirs if not file.exists()] == []


def test_only_leftovers_of_one_file(tmp_path):
    number = dead()
    for stem in ("a", "b"):
        (tmp_path / f".{stem}.{number}.tmp.pt").touch()
    remove_leftovers(tmp_path, "a")
    assert [file.name for file in tmp_path.iterdir()] == [f".b.{number}.tmp.pt"]


class Room:
    """Files cannot grow beyond a number of bytes, as on a full disk or with ``ulimit -f``."""

    def __init__(self, size):
        self.size = size

    def __enter__(self):
        self.before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.size, self.before[1]))

    def __exit__(self, *_):
        resource.setrlimit(resource.RLIMIT_FSIZE, self.before)


WRITERS = {
    "config.yaml": lambda run: run.write_config("lillicrap2016.fig4", {"a": list(range(999))}),
    "metrics.csv": lambda run: run.write_metrics([{"epoch": 1.0, "step": 2.0}] * 999),
    "replicas.csv": lambda run: run.write_replicas([0], [[{"epoch": 1.0}] * 999]),
    "summary.json": lambda run: run.write_summary({"a": list(range(999))}),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_is_one_line_and_the_old_file_stays(name, copied):
    file = copied.path / name
    file.touch()
    names, before = sorted(copied.path.iterdir()), file.read_bytes()
    with Room(1000), pytest.raises(SpikefaError, match=f"no room left on the disk .*{name}"):
        WRITERS[name](copied)
    assert file.read_bytes() == before
    assert sorted(copied.path.iterdir()) == names


@pytest.mark.slow
@pytest.mark.parametrize("room", [0, 100, 1000, 3000, 20_000])
def test_a_run_on_a_full_disk_can_be_resumed_when_there_is_room(room, tmp_path):
    """Without a recording, whose writer is tested in its own room."""
    settings = replace(TINY, record=False)
    run = EXPERIMENT.run(settings, out=tmp_path / "run", figures=False)
    before, rows = state(run.path), metrics(run.path)
    with Room(room), pytest.raises(SpikefaError, match=r"no room left on the disk") as refused:
        EXPERIMENT.run(replace(settings, epochs=3), resume=run.path, figures=False)
    assert "\n" not in str(refused.value)
    after = state(run.path)
    assert all(torch.equal(tensor, after[name]) for name, tensor in before.items())
    EXPERIMENT.run(replace(settings, epochs=3), resume=run.path, figures=False)
    assert metrics(run.path)[:2] == rows
    assert len(metrics(run.path)) == 3


def test_a_full_disk_on_the_command_line_is_one_line_and_exit_code_2(tmp_path, said):
    with Room(500):
        line = said(*SMALL, "--record", "false", "--out", tmp_path / "run")
    assert "no room left on the disk" in line
    assert "config.yaml" in line
