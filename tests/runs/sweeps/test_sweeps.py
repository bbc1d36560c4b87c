"""Sweeps: grids and searches that go on, grow, fail by sentence, and look at test images once."""

import csv
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from spikefa.cli import main
from spikefa.errors import SpikefaError
from spikefa.runs.sweeps import Plan, Sweep, work
from spikefa.runs.sweeps.last_look import look_at_test
from spikefa.runs.sweeps.search import objective_of
from spikefa.runs.sweeps.table import write_table
from spikefa.runs.sweeps.values import listed, sought, typed
from spikefa.runs.sweeps.work import forgive

NAME = "lillicrap2016.fig4"
SMALL = {
    "dataset": "digits",
    "hidden": 10,
    "hidden_layers": 1,
    "outputs": 10,
    "epochs": 1,
    "train_images": 60,
    "batch_size": 20,
    "record": False,
}
BLIND = SMALL | {"validation_images": 40}
RATES = {"low": 1e-3, "high": 1e-1, "log": True}


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def table(folder):
    return rows_of(folder / "table.csv")


def states(sweep):
    return [run.state for run in sweep.runs()]


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
    write_table(sweep)
    assert "there is no file" in table(tmp_path)[0]["why"]
    work(sweep, threads=1)  # nothing is left
    sweep = Sweep.open(tmp_path)
    assert forgive(sweep) == 2
    work(sweep, threads=1)
    assert states(sweep) == ["finished", "finished"]
    assert not table(tmp_path)[0]["why"]


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    pytest.importorskip("optuna", reason="an extra: pip install 'spikefa[sweep]'")
    plan = Plan(
        NAME,
        BLIND,
        {"feedback": ["FA", "DFA"], "seed": [0, 1]},
        {"learning_rate": RATES, "feedback_scale": [0.1, 0.3]},
        trials=3,
        sampler="random",
    )
    sweep = Sweep.begin(tmp_path_factory.mktemp("searched") / "search", plan)
    work(sweep, threads=1)
    return sweep.folder


@pytest.fixture
def search(searched, tmp_path):
    return Sweep.open(Path(shutil.copytree(searched, tmp_path / "search")))


def test_a_search_gives_all_the_same_budget_and_looks_at_no_test_image(search):
    rows = table(search.folder)
    assert len(rows) == search.plan.runs == 12
    assert "test_error_percent" not in rows[0]
    for run in search.runs():
        assert not any(name.startswith("test") for name in run.directory.read_summary())
        assert not search.settings(run).look_at_test
    found = json.loads((search.folder / "search.json").read_text())
    assert [each["cell"] for each in found["searches"]] == [
        {"feedback": "FA"},
        {"feedback": "DFA"},
    ]
    for each in found["searches"]:
        means = {trial["trial"]: sum(trial["runs"].values()) / 2 for trial in each["trials"]}
        assert len(means) == 3
        assert each["best_mean"] == pytest.approx(min(means.values()))
        assert means[each["best_trial"]] == each["best_mean"]
        assert all(1e-3 <= trial["learning_rate"] <= 1e-1 for trial in each["trials"])


def test_the_test_images_are_looked_at_once(search):
    found = look_at_test(search)
    written = json.loads((search.folder / "tested.json").read_text())
    assert written["looks"] == [found]
    for own, each in zip(search.searches, found["searches"], strict=True):
        assert each["best_trial"] == own.best()[0]
        assert len(each["tested"]) == 2
    with pytest.raises(SpikefaError, match="were looked at already"):
        look_at_test(search)
    look_at_test(search, again=True)
    assert len(json.loads((search.folder / "tested.json").read_text())["looks"]) == 2


def test_a_search_goes_on_with_more_trials(search):
    more = Plan(**{**_arguments(search.plan), "trials": 4})
    longer = Sweep.begin(search.folder, more)
    assert len(longer.runs()) == 12
    with pytest.raises(SpikefaError, match="has not ended"):
        look_at_test(longer)
    work(longer, threads=1)
    assert states(longer) == ["finished"] * 16


def test_the_same_search_tries_the_same(search, tmp_path):
    again = Sweep.begin(tmp_path / "again", search.plan)
    work(again, threads=1)
    assert [run.values for run in again.runs()] == [run.values for run in search.runs()]


def test_jobs_of_submitit_share_a_sweep(tmp_path):
    pytest.importorskip("submitit", reason="an extra: pip install 'spikefa[sweep]'")
    from spikefa.runs.sweeps.workers import work_on_cluster

    sweep = Sweep.begin(tmp_path, Plan(NAME, SMALL, {"seed": "0..2"}))
    jobs = work_on_cluster(sweep, 2, "debug", {"timeout_min": 5})
    for job in jobs:
        job.result()
    assert states(sweep) == ["finished"] * 3


def _arguments(plan):
    found = {**plan.describe()}
    found["search"] = {
        name: {key: each[key] for key in ("low", "high", "log")}
        if isinstance(each, Mapping)
        else each
        for name, each in found["search"].items()
    }
    return found


def test_a_plan_comes_back_from_its_file(search):
    assert Plan.read(search.folder / "plan.yaml") == search.plan


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"grid": {"seed": [0]}}, "names no experiment"),
        ({"experiment": NAME}, "varies nothing"),
        ({"experiment": NAME, "grid": {"seed": []}}, "has no value for seed"),
        ({"experiment": NAME, "grid": {"seed": [1, 1]}}, "comes twice"),
        ({"experiment": NAME, "grid": {"seed": "4..0"}}, "from the lower to the higher"),
        ({"experiment": NAME, "grid": {"feedback": [{"a": 1}]}}, "give numbers or words"),
        ({"experiment": NAME, "grids": {"seed": [0]}}, "did you mean 'grid'"),
        ({"experiment": NAME, "grid": {"sed": [0]}}, "did you mean '--seed'"),
        ({"experiment": NAME, "grid": {"seed": [0.5]}}, "seed"),
        ({"experiment": NAME, "settings": {"seed": 1}, "grid": {"seed": [0]}}, "in two places"),
        ({"experiment": "lillicrap2016.fig44", "grid": {"seed": [0]}}, "did you mean"),
        ({"experiment": NAME, "grid": {"seed": [0, 2]}, "replicas": True}, "consecutive seeds"),
        ({"experiment": NAME, "search": {"learning_rate": RATES}}, "a search needs trials"),
        ({"experiment": NAME, "search": {"learning_rate": [1]}, "trials": 2}, "one value"),
        (
            {"experiment": NAME, "search": {"learning_rate": {"low": 2, "high": 1}}, "trials": 2},
            "low being less",
        ),
        (
            {"experiment": NAME, "search": {"learning_rate": {"from": 2}}, "trials": 2},
            "give low, high",
        ),
        (
            {"experiment": NAME, "search": {"learning_rate": RATES}, "trials": 2, "sampler": "x"},
            "sampler",
        ),
        (
            {"experiment": NAME, "search": {"learning_rate": RATES}, "trials": 2},
            "give validation_images",
        ),
        (
            {
                "experiment": NAME,
                "settings": BLIND,
                "search": {"learning_rate": RATES},
                "trials": 2,
                "objective": "test_error_percent",
            },
            "looks at the test images",
        ),
        (
            {"experiment": "lillicrap2016.fig2", "search": {"fa_rate": RATES}, "trials": 2},
            "looks at the test images",
        ),
    ],
)
def test_a_wrong_plan_is_refused_with_a_sentence(tmp_path, plan, said, capsys):
    file = tmp_path / "plan.yaml"
    file.write_text(yaml.safe_dump(plan))
    assert main(["sweep", str(file), "--out", str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_what_does_not_go_together_is_refused(tmp_path, capsys, search):
    swept = ["--sweep", "seed=0..1", "--out", str(tmp_path / "out")]
    for options, said in (
        (["run", NAME, "--config", "a.yaml", *swept], "put the settings into a plan"),
        (["run", NAME, "--sweep", "seed=1", *swept], "is there twice"),
        (["run", NAME, *swept, "--workers", "0"], "no whole number of 1 or more"),
        (["run", NAME, *swept, "--seeds", "1"], "did you mean '--seed'"),
        (["sweep", str(search.folder), "--out", "b"], "leave out --out"),
        (["sweep", str(tmp_path / "none.yaml")], "there is no plan"),
        (["sweep", str(tmp_path)], "holds no sweep"),
    ):
        assert main(options) == 2
        assert said in capsys.readouterr().err


def test_an_objective_that_no_run_has_is_told_with_those_that_it_has(search):
    search.plan = Plan(**{**_arguments(search.plan), "objective": "validation"})
    with pytest.raises(SpikefaError, match=r"no number validation: .*validation_error_percent"):
        objective_of(search.runs()[0], search.plan.objective)


def test_code_that_a_plan_names_runs_only_if_it_is_trusted(tmp_path, capsys):
    code = tmp_path / "mine.py"
    code.write_text("open('ran', 'w').close()\n")
    plan = {"experiment": NAME, "settings": SMALL, "grid": {"rule": [f"{code}:Rule"]}}
    file = tmp_path / "plan.yaml"
    file.write_text(yaml.safe_dump(plan))
    assert main(["sweep", str(file), "--out", str(tmp_path / "out")]) == 2
    assert "--trust" in capsys.readouterr().err
    assert not (tmp_path / "ran").exists()


def test_values_of_the_command_line():
    assert typed("learning_rate=1e-3,2e-3") == ("learning_rate", [1e-3, 2e-3])
    assert typed("--feedback.gated=true,false") == ("feedback.gated", [True, False])
    assert listed("seed", "0..4") == [0, 1, 2, 3, 4]
    assert sought("a", {"low": 1, "high": 4}).whole
    with pytest.raises(SpikefaError, match="give a setting and its values"):
        typed("seed")
