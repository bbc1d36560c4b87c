"""Bad trials end early as Optuna's pruners say, are told so, and are never run again."""

import json
import time

import pytest

from spikefa.errors import SpikefaError
from spikefa.runs.sweeps import Plan, Sweep, work
from spikefa.runs.sweeps.last_look import look_at_test
from spikefa.runs.sweeps.objective import steps_of
from spikefa.runs.sweeps.planned_run import PlannedRun
from tests.helpers.small_sweeps import BLIND, NAME, RATES, start_worker, states, table

pytestmark = pytest.mark.slow

optuna = pytest.importorskip("optuna", reason="an extra: pip install 'spikefa[sweep]'")
SETTINGS = BLIND | {"epochs": 3}
RANDOM = {"trials": 4, "sampler": "random"}
MEDIAN = {"pruner": "median", "pruner_options": {"n_startup_trials": 1}}


def plan(**others):
    return Plan(NAME, SETTINGS, {"seed": [0, 1]}, {"learning_rate": RATES}, **RANDOM, **others)


def searched(folder):
    return json.loads((folder / "search.json").read_text())["searches"][0]


def stored(folder, seed, errors, final=None):
    run = PlannedRun(folder, {"seed": seed}, 0)
    run.directory.path.mkdir()
    run.directory.metrics.write_text("epoch,error\n" + "".join(f"1,{each}\n" for each in errors))
    if final is not None:
        run.directory.summary.write_text(json.dumps({"error": final}))
    return run


def test_steps_are_means_over_the_seeds_so_far(tmp_path):
    first = stored(tmp_path, 0, [80, 60], final=60)
    second, third = stored(tmp_path, 1, [40, 20]), stored(tmp_path, 2, [0])
    runs = [first, second, third]
    assert steps_of(runs, "error", under_way=True) == [80, 60, (60 + 40) / 2, (60 + 20) / 2]
    assert steps_of(runs, "error", under_way=False) == [80, 60]


def test_a_run_without_errors_of_epochs_has_one_step_its_end(tmp_path):
    run = stored(tmp_path, 0, [80, 60], final=60)
    run.directory.metrics.write_text("epoch,other\n1,2\n2,3\n")
    assert steps_of([run], "error", under_way=False) == [60]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return the steps of all trials of a search that is not pruned."""
    sweep = Sweep.begin(tmp_path_factory.mktemp("whole"), plan())
    work(sweep, threads=1)
    (search,) = sweep.searches
    runs = [search.runs_of(trial) for trial in search.trials]
    return [steps_of(own, sweep.plan.objective, under_way=False) for own in runs]


def by_optuna(curves):
    """Return the steps that Optuna's own loop lets each trial take."""
    pruner = optuna.pruners.MedianPruner(n_startup_trials=1)
    study = optuna.create_study(pruner=pruner)
    for curve in curves:
        trial = study.ask()
        for step, value in enumerate(curve):
            trial.report(value, step)
            if step + 1 < len(curve) and trial.should_prune():
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
                break
        else:
            study.tell(trial, curve[-1])
    return [len(trial.intermediate_values) for trial in study.trials]


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    sweep = Sweep.begin(tmp_path_factory.mktemp("calm"), plan(**MEDIAN))
    told = []
    work(sweep, 1, told.append)
    return sweep, told


def test_trials_end_where_optunas_own_loop_ends_them(calm, whole):
    sweep, told = calm
    found, expected = searched(sweep.folder), by_optuna(whole)
    assert [each["epochs"] for each in found["trials"]] == expected
    assert [each["steps"] for each in found["trials"]] == [
        pytest.approx(curve[:count]) for curve, count in zip(whole, expected, strict=True)
    ]
    assert 0 < found["pruned"] < 4
    assert found["epochs"] == sum(expected) < sum(map(len, whole))
    complete = [curve[-1] for curve, n in zip(whole, expected, strict=True) if n == len(curve)]
    assert found["best_mean"] == pytest.approx(min(complete))
    assert sum(told) == sweep.plan.runs


def test_the_table_says_what_was_pruned_and_when(calm):
    sweep, _ = calm
    rows = [row for row in table(sweep.folder) if row["state"] == "pruned"]
    assert rows
    for row in rows:
        epochs = int(row["epochs"])
        assert row["why"] == (
            f"pruned after {epochs} epochs" if epochs else "pruned before it began"
        )
        assert not row["validation_error_percent"]
        assert (sweep.folder / row["run"]).exists() == (epochs > 0)


def test_what_was_pruned_counts_as_a_trial_and_is_never_run_again(tmp_path):
    nothing = {"pruner": "threshold", "pruner_options": {"upper": -1}}
    sweep = Sweep.begin(tmp_path, plan(**nothing))
    work(sweep, threads=1)
    assert states(sweep) == ["pruned"] * sweep.plan.runs
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("metrics.csv")}
    assert len(before) == 4  # of each trial one run began
    work(Sweep.open(tmp_path), threads=1)
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("metrics.csv")}
    assert searched(tmp_path)["epochs"] == 4
    assert searched(tmp_path)["best_trial"] is None
    with pytest.raises(SpikefaError, match=r"no trial of a search .* was finished"):
        look_at_test(Sweep.open(tmp_path))


@pytest.mark.parametrize(
    ("pruner", "options"),
    [("hyperband", {}), ("halving", {}), ("percentile", {"percentile": 30, "n_startup_trials": 1})],
)
def test_other_pruners_and_replicas_serve_too(tmp_path, pruner, options):
    more = plan(pruner=pruner, pruner_options=options, replicas=True)
    sweep = Sweep.begin(tmp_path, more)
    work(sweep, threads=1)
    found = searched(tmp_path)["trials"]
    assert len(found) == 4
    assert found[0]["state"] == "complete"
    for trial in found:
        assert trial["epochs"] == 2 * len(trial["steps"])  # of both replicas
        assert (trial["state"] == "complete") == (len(trial["steps"]) == 3)


def test_the_seeds_of_a_trial_are_run_in_order(tmp_path):
    sweep = Sweep.begin(tmp_path, plan(**MEDIAN))
    (search,) = sweep.searches
    assert search.ask()
    assert search.ask()
    assert [(run.trial, run.values["seed"]) for run in sweep.left()] == [(0, 0), (1, 0)]


def test_a_run_ends_if_another_worker_has_pruned_its_trial(tmp_path):
    sweep, other = Sweep.begin(tmp_path, plan(**MEDIAN)), Sweep.open(tmp_path)
    sweep.searches[0].ask()
    run = sweep.left()[0]
    assert not sweep.prunes(run)
    study = other.searches[0]._study
    study.tell(0, state=optuna.trial.TrialState.PRUNED)
    assert sweep.prunes(run)
    assert sweep.left() == []


def test_a_killed_worker_leaves_a_pruned_sweep_that_goes_on(tmp_path, calm):
    killed = Sweep.begin(tmp_path, plan(**MEDIAN))
    seen = {}
    for seconds in (0.0, 0.2, 0.5):
        worker = start_worker(killed)
        while "running" not in states(killed) and worker.poll() is None:
            time.sleep(0.02)
        time.sleep(seconds)
        worker.kill()
        worker.wait()
        ended = (run for run in Sweep.open(tmp_path).runs() if run.ended)
        for run in ended:
            seen.setdefault(run.name, _stamp(run))
    work(killed, threads=1)
    sweep, _ = calm
    assert states(killed) == states(sweep)
    assert searched(tmp_path) == searched(sweep.folder)
    by_name = {run.name: run for run in killed.runs()}
    assert seen == {name: _stamp(by_name[name]) for name in seen}


def _stamp(run):
    path = run.directory.metrics
    return path.stat().st_mtime_ns if path.is_file() else None
