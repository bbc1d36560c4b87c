"""The table of a sweep: a line for each run, as CSV and, with pandas and pyarrow, as Parquet."""

import csv
import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from spikefa.runs.studies.file import NAME as RESULT
from spikefa.runs.sweeps.planned_run import PlannedRun
from spikefa.runs.sweeps.sweep import Sweep
from spikefa.runs.sweeps.values import as_text
from spikefa.utils.files import read_text, written_whole
from spikefa.utils.json_text import parse_mapping

TABLE, SEARCHED = "table.csv", "search.json"


def rows(sweep: Sweep) -> list[dict[str, Any]]:
    """Return a row for each run: its folder, state, what varies, its numbers, and why it failed."""
    return [_row(run) for run in sweep.runs()]


def _row(run: PlannedRun) -> dict[str, Any]:
    trial = {} if run.trial is None else {"trial": run.trial}
    state = run.state
    found = _numbers(run) if state == "finished" else {}
    return {"run": run.name, "state": state, **trial, **run.values, **found, "why": run.failure}


def _numbers(run: PlannedRun) -> dict[str, float]:
    """Return the numbers of the summary and, of a study, the means of its quantities."""
    found = {
        name: value
        for name, value in run.directory.read_summary().items()
        if isinstance(value, int | float) and not isinstance(value, bool) and name not in run.values
    }
    result = run.directory.path / RESULT
    if result.is_file() and "train_error_percent" not in found:
        for each in parse_mapping(read_text(result), result).get("quantities", ()):
            if isinstance(each, Mapping) and isinstance(each.get("mean"), int | float):
                found[str(each.get("text"))] = each["mean"]
    return found


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
    """Return what each search tried, and which trial was best."""
    cells = []
    for search in sweep.searches:
        best = search.best()
        trials: dict[int, dict[str, Any]] = {}
        for run in search.runs():
            own = {name: run.values[name] for name in sweep.plan.search}
            trial = trials.setdefault(run.trial or 0, {"trial": run.trial, **own, "runs": {}})
            summary = run.directory.read_summary()
            trial["runs"][run.name] = summary.get(sweep.plan.objective, run.state)
        cells.append(
            {
                "cell": dict(search.cell),
                "best_trial": None if best is None else best[0],
                "best_mean": None if best is None else best[1],
                "trials": list(trials.values()),
            }
        )
    return {**sweep.plan.describe(), "searches": cells}


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
