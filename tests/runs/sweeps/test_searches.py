"""Searches look at held-out images alone, and at test images once."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from spikefa.errors import SpikefaError
from spikefa.runs.sweeps import Plan, Sweep, work
from spikefa.runs.sweeps.last_look import look_at_test
from spikefa.runs.sweeps.objective import objective_of
from tests.helpers.small_sweeps import BLIND, NAME, RATES, states, table

pytestmark = pytest.mark.slow


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


def test_an_objective_that_no_run_has_is_told_with_those_that_it_has(search):
    search.plan = Plan(**{**_arguments(search.plan), "objective": "validation"})
    with pytest.raises(SpikefaError, match=r"no number validation: .*validation_error_percent"):
        objective_of(search.runs()[0], search.plan.objective)


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
