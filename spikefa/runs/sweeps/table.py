"""The table of a sweep: a line for each run, as CSV and, with pandas and pyarrow, as Parquet."""

import csv
import json
import time
from importlib import import_module
from math import inf
from typing import Any

from spikefa.runs.several.stored import numbers_of
from spikefa.runs.studies.file import NAME as RESULT
from spikefa.runs.studies.file import read_result
from spikefa.runs.sweeps.objective import epochs_of
from spikefa.runs.sweeps.planned_run import PlannedRun
from spikefa.runs.sweeps.search import Search
from spikefa.runs.sweeps.sweep import Sweep
from spikefa.runs.sweeps.values import as_text
from spikefa.utils.files import written_whole

TABLE, SEARCHED = "table.csv", "search.json"
MIN_AGE = 10.0
"""Seconds for which workers leave a table as it is: all runs are read for a new one."""


def rows(sweep: Sweep) -> list[dict[str, Any]]:
    """Return a row for each run: its folder, state, what varies, its numbers, and why it failed."""
    return [_row(run) for run in sweep.runs()]


def _row(run: PlannedRun) -> dict[str, Any]:
    trial = {} if run.trial is None else {"trial": run.trial}
    state = run.state
    found, why = _numbers(run) if state == "finished" else {}, run.failure
    if state == "pruned":
        epochs = epochs_of(run)
        found = {} if "epochs" in run.values else {"epochs": epochs}
        why = f"pruned after {epochs} epochs" if epochs else "pruned before it began"
    return {"run": run.name, "state": state, **trial, **run.values, **found, "why": why}


def _numbers(run: PlannedRun) -> dict[str, float]:
    """Return the numbers of the summary or, if that has none, the means of a study's quantities."""
    found = numbers_of(run.directory.read_summary(), run.directory.read_config())
    result = run.directory.path / RESULT
    if not found and result.is_file():
        means = {each["text"]: each["mean"] for each in read_result(result)["quantities"]}
        found = {text: mean for text, mean in means.items() if mean is not None}
    return {name: value for name, value in found.items() if name not in run.values}


def age_of_table(sweep: Sweep) -> float:
    """Return how many seconds ago the table was written; infinity if it was not."""
    table = sweep.folder / TABLE
    return time.time() - table.stat().st_mtime if table.is_file() else inf


def write_table(sweep: Sweep) -> None:
    """Write the table, and of searches everything that was tried."""
    found = rows(sweep)
    first = ["run", "state"] + (["trial"] if sweep.searches else []) + sweep.plan.varied
    numbers = [name for row in found for name in row if name not in (*first, "why")]
    columns = [*first, *dict.fromkeys(numbers), "why"]
    with written_whole(sweep.folder / TABLE) as temporary, open(temporary, "w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for row in found:
            writer.writerow({name: _cell(row.get(name)) for name in columns})
    if sweep.searches:
        with written_whole(sweep.folder / SEARCHED) as temporary:
            text = json.dumps(searched(sweep), indent=1)
            temporary.write_text(text + "\n", encoding="utf-8")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, str) else as_text(value)


def searched(sweep: Sweep) -> dict[str, Any]:
    """Return what each search tried, what it spent, and which trial was best."""
    return {**sweep.plan.describe(), "searches": [_search(each) for each in sweep.searches]}


def _search(search: Search) -> dict[str, Any]:
    best = search.best()
    trials = [_trial(search, trial) for trial in search.trials]
    return {
        "cell": dict(search.cell),
        "best_trial": None if best is None else best[0],
        "best_mean": None if best is None else best[1],
        "pruned": sum(trial["state"] == "pruned" for trial in trials),
        "epochs": sum(trial["epochs"] for trial in trials),
        "trials": trials,
    }


def _trial(search: Search, trial: Any) -> dict[str, Any]:
    """Return a trial: its values, state, runs and epochs and, with a pruner, what that has seen."""
    runs = search.runs_of(trial)
    seen = [value for _, value in sorted(trial.intermediate_values.items())]
    return {
        "trial": trial.number,
        **{name: runs[0].values[name] for name in search.plan.search},
        "state": trial.state.name.lower(),
        "epochs": sum(epochs_of(run) * run.values.get("replicas", 1) for run in runs),
        **({"steps": seen} if search.plan.prunes else {}),
        "runs": {
            run.name: run.directory.read_summary().get(search.plan.objective, run.state)
            for run in runs
        },
    }


def write_parquet(sweep: Sweep) -> bool:
    """Write the table as Parquet too; return False if pandas or pyarrow is not installed."""
    try:
        pd = import_module("pandas")
        import_module("pyarrow")
    except ImportError:
        return False
    with written_whole(sweep.folder / "table.parquet") as temporary:
        pd.read_csv(sweep.folder / TABLE).to_parquet(temporary)
    return True
