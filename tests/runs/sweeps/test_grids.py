"""Grids go on, grow, and fail by sentence."""

import os
import signal
import subprocess
import sys
import time

import pytest

from spikefa.cli import main
from spikefa.errors import SpikefaError
from spikefa.runs.sweeps import Plan, Sweep, work
from spikefa.runs.sweeps.working import forgive
from spikefa.utils.locks import Lock
from tests.helpers.small_sweeps import NAME, SMALL, rows_of, states, table


def test_a_grid_is_run_and_goes_on_without_running_anything_twice(tmp_path, capsys):
    out = tmp_path / "grid"
    options = [f"--{name.replace('_', '-')}={value}" for name, value in SMALL.items()]
    swept = ["--sweep", "learning_rate=1e-3,1e-2", "--sweep", "seed=0..1"]
    assert main(["run", NAME, *options, *swept, "--out", str(out)]) == 0
    assert "4 of 4 runs finished" in capsys.readouterr().out
    rows = table(out)
    assert [(row["learning_rate"], row["seed"]) for row in rows] == [
        ("0.001", "0"),
        ("0.001", "1"),
        ("0.01", "0"),
        ("0.01", "1"),
    ]
    assert {row["state"] for row in rows} == {"finished"}
    assert all(float(row["test_error_percent"]) <= 100 for row in rows)
    stamps = [run.directory.summary.stat().st_mtime_ns for run in Sweep.open(out).runs()]
    assert main(["sweep", str(out)]) == 0
    assert stamps == [run.directory.summary.stat().st_mtime_ns for run in Sweep.open(out).runs()]
    assert main(["compare", str(out), "--table"]) == 0
    assert "learning_rate=0.01,seed=1" in capsys.readouterr().out


def test_a_run_of_a_sweep_is_what_it_would_be_alone(tmp_path):
    work(Sweep.begin(tmp_path / "s", Plan(NAME, SMALL, {"seed": [3]})), threads=1)
    alone = tmp_path / "alone"
    options = [f"--{name.replace('_', '-')}={value}" for name, value in SMALL.items()]
    assert main(["run", NAME, *options, "--seed", "3", "--out", str(alone)]) == 0
    one, other = (rows_of(run / "metrics.csv")[-1] for run in (tmp_path / "s" / "seed=3", alone))
    assert one["train_error_percent"] == other["train_error_percent"]


@pytest.mark.slow
def test_seeds_run_side_by_side_as_replicas(tmp_path):
    rates = {"learning_rate": [1e-3, 1e-2], "seed": "4..6"}
    together = Sweep.begin(tmp_path / "together", Plan(NAME, SMALL, rates, replicas=True))
    apart = Sweep.begin(tmp_path / "apart", Plan(NAME, SMALL, rates))
    work(together, threads=1)
    work(apart, threads=1)
    assert (len(together.runs()), len(apart.runs())) == (2, 6)
    alone = [run.directory.read_summary()["train_error_percent"] for run in apart.runs()]
    side_by_side = [
        own["train_error_percent"]
        for run in together.runs()
        for own in run.directory.read_summary()["replicas"]
    ]
    assert side_by_side == alone


def test_a_plan_grows_and_what_is_there_stays(tmp_path):
    few = Plan(NAME, SMALL, {"seed": "0..1"})
    first = Sweep.begin(tmp_path, few)
    work(first, threads=1)
    more = Sweep.begin(tmp_path, Plan(NAME, SMALL, {"seed": "0..2"}))
    assert states(more) == ["finished", "finished", "waiting"]
    work(more, threads=1)
    assert states(more) == ["finished"] * 3
    for wrong, said in (
        (Plan(NAME, SMALL, {"seed": "0..1"}), "other grid"),
        (Plan(NAME, SMALL | {"epochs": 2}, {"seed": "0..2"}), "other settings"),
    ):
        with pytest.raises(SpikefaError, match=said):
            Sweep.begin(tmp_path, wrong)


def test_a_run_that_fails_says_why_and_is_tried_again_if_asked(tmp_path):
    sweep = Sweep.begin(tmp_path, Plan(NAME, SMALL, {"learning_rate": [1e-3, 1e-2]}))
    weights = tmp_path / "gone.safetensors"
    broken = Plan(NAME, SMALL | {"weights": str(weights)}, {"learning_rate": [1e-3, 1e-2]})
    sweep.plan = broken
    work(sweep, threads=1)
    assert states(sweep) == ["failed", "failed"]
    assert "there is no file" in table(tmp_path)[0]["why"]
    work(sweep, threads=1)  # nothing is left
    sweep = Sweep.open(tmp_path)
    assert forgive(sweep) == 2
    work(sweep, threads=1)
    assert states(sweep) == ["finished", "finished"]
    assert not table(tmp_path)[0]["why"]


def test_jobs_of_submitit_share_a_sweep(tmp_path):
    pytest.importorskip("submitit", reason="an extra: pip install 'spikefa[sweep]'")
    from spikefa.runs.sweeps.workers import work_on_cluster

    sweep = Sweep.begin(tmp_path, Plan(NAME, SMALL, {"seed": "0..2"}))
    jobs = work_on_cluster(sweep, 2, "debug", {"timeout_min": 5})
    for job in jobs:
        job.result()
    assert states(sweep) == ["finished"] * 3


def test_a_run_that_somebody_makes_by_hand_is_waited_for(tmp_path, monkeypatch):
    """It was taken for one that had failed."""
    monkeypatch.setattr("spikefa.runs.sweeps.working.WAIT", 0.01)
    sweep = Sweep.begin(tmp_path, Plan(NAME, SMALL, {"seed": [0, 1]}))
    first = sweep.runs()[0].directory
    first.path.mkdir()
    by_hand = Lock(first.path / ".lock", "the run")
    ended = []

    def advance(count):
        ended.append(count)
        if len(ended) == 2:  # the run has been refused, and somebody lets it go
            by_hand.release()

    work(sweep, 1, advance)
    assert states(sweep) == ["finished", "finished"]
    assert ended[0] == 0


def test_a_look_at_the_states_never_makes_a_run_fail(tmp_path):
    """A look took the lock of the run for a moment."""
    sweep = Sweep.begin(tmp_path, Plan(NAME, SMALL, {"seed": [0]}))
    (run,) = sweep.runs()
    run.directory.path.mkdir()
    run.claim.parent.mkdir()
    with Lock(run.claim, "the claim"), Lock(run.directory.path / ".lock", "the run"):
        assert run.state == "running"
    for _ in range(200):
        with Lock(run.directory.path / ".lock", "the run"):
            assert run.state == "waiting"


@pytest.mark.slow
def test_ctrl_c_stops_all_workers_and_says_how_to_go_on(tmp_path):
    plan = Plan(NAME, SMALL | {"epochs": 300, "train_images": 600}, {"seed": "0..3"})
    sweep = Sweep.begin(tmp_path / "s", plan)
    command = [sys.executable, "-m", "spikefa", "sweep", str(sweep.folder), "--workers", "2"]
    process = subprocess.Popen(
        [*command, "--progress", "none"], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while states(sweep).count("running") < 2 or not any(
        run.directory.checkpoint.exists() for run in sweep.runs()
    ):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers too
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert said.splitlines() == [f"spikefa: stopped; go on with: spikefa sweep {sweep.folder}"]
    assert "running" not in states(sweep)
    assert not any(run.failure for run in sweep.runs())
