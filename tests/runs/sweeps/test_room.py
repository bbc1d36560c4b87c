"""As many workers as there is room for: cores on a CPU, memory on a GPU."""

import subprocess
import sys

import pytest

from spikefa.cli import main
from spikefa.runs.sweeps import Plan, Sweep, room, work, workers
from spikefa.runs.sweeps.room import Memory, most_workers, noted_memory, workers_beside
from tests.helpers.small_sweeps import BLIND, NAME, RATES, SMALL, states

GB = 1_000_000_000


@pytest.mark.parametrize(
    ("peak", "free", "beside"),
    [
        (1.5 * GB, 78 * GB, 35),  # 70.2 GB for 2 GB each
        (1.5 * GB, 2.2 * GB, 0),  # 1.98 GB for 2 GB
        (1.5 * GB, 2.3 * GB, 1),  # 2.07 GB for 2 GB
        (70 * GB, 8 * GB, 0),
        (0, 1 * GB, 1),  # even without tensors a process takes half a gigabyte
    ],
)
def test_workers_beside_the_first_have_memory_of_their_own(peak, free, beside):
    assert workers_beside(Memory(int(peak), int(free))) == beside


def test_there_are_no_more_workers_than_cores_and_runs(tmp_path):
    sweep = Sweep.begin(tmp_path, Plan(NAME, SMALL, {"seed": "0..5"}))
    assert most_workers(sweep, cores=4, threads=1, ended=0) == 4
    assert most_workers(sweep, cores=4, threads=2, ended=0) == 2
    assert most_workers(sweep, cores=4, threads=8, ended=0) == 1
    assert most_workers(sweep, cores=4, threads=1, ended=5) == 1
    assert most_workers(sweep, cores=4, threads=1, ended=6) == 1


def test_with_a_pruner_a_trial_has_one_worker(tmp_path):
    pytest.importorskip("optuna", reason="an extra: pip install 'spikefa[sweep]'")
    grid, search = {"seed": "0..2"}, {"learning_rate": RATES}
    plan = Plan(NAME, BLIND, grid, search, trials=2, pruner="median")
    assert most_workers(Sweep.begin(tmp_path, plan), cores=16, threads=1, ended=0) == 2


def test_one_looks_around_after_every_epoch(tmp_path):
    sweep = Sweep.begin(tmp_path, Plan(NAME, SMALL | {"epochs": 3}, {"seed": [0, 1]}))
    looks = []
    work(sweep, 1, look=lambda: looks.append(states(sweep)))
    run = [["running", "waiting"]] * 2 + [["finished", "waiting"]]
    assert looks == run + [["finished", "running"]] * 2 + [["finished", "finished"]]


def test_others_begin_when_the_first_worker_has_measured(tmp_path, monkeypatch, capsys):
    sweep = Sweep.begin(tmp_path, Plan(NAME, SMALL, {"seed": "0..5"}))
    monkeypatch.setattr(room, "measured", lambda: Memory(GB, 5 * GB))  # 4.5 GB for 1.5 GB each
    monkeypatch.setattr(workers, "LOOK", 0.01)
    started = []

    def start(sweep, count, threads, measure=False):
        started.append((count, threads, measure))
        if measure:
            assert noted_memory(sweep.folder) is None
            room.note_memory(sweep.folder)
        command = [sys.executable, "-c", "import time; time.sleep(0.2)"]
        return [subprocess.Popen(command) for _ in range(count)]

    monkeypatch.setattr(workers, "_started", start)
    room.note_memory(tmp_path)  # by another machine, before
    assert workers.work_side_by_side(sweep, 6, 1, lambda ended: None, measure=True, say=print) == []
    assert started == [(1, 1, True), (3, 1, False)]
    assert "workers 4: the first run takes 1.0 GB of the GPU, and 5.0 GB" in capsys.readouterr().out


@pytest.mark.slow
def test_the_command_takes_auto(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("spikefa.cli.commands.sweep.cores", lambda: 2)
    options = [f"--{name.replace('_', '-')}={value}" for name, value in SMALL.items()]
    swept = ["--sweep", "seed=0..2", "--out", str(tmp_path)]
    assert main(["run", NAME, *options, *swept, "--workers", "auto"]) == 0
    said = capsys.readouterr().out
    assert "workers 2: 2 cores, 1 for each" in said
    assert "3 of 3 runs finished" in said
    assert main(["sweep", str(tmp_path), "--workers", "auto", "--slurm"]) == 2
    assert "with --slurm give a number" in capsys.readouterr().err
    assert main(["sweep", str(tmp_path), "--workers", "some"]) == 2
    assert "'some' is no whole number of 1 or more" in capsys.readouterr().err
