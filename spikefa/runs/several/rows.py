"""The table of runs: a row for each, as texts, for the terminal and for a page."""

from collections.abc import Mapping, Sequence
from typing import Any

from spikefa.runs.several.differences import described, differing
from spikefa.runs.several.groups import Group
from spikefa.runs.several.stored import StoredRun, number
from spikefa.runs.studies.claims import summary
from spikefa.runs.studies.file import NAME, Result, read_result
from spikefa.runs.studies.wording import cells_run, findings
from spikefa.utils.printable import one_line

ERRORS = {
    "train_error_percent": "training %",
    "validation_error_percent": "validation %",
    "test_error_percent": "test %",
    "test_error_percent_summed": "test % (summed)",
}
"""The errors by the names of the summary, and the headings of their columns."""
SEEDS = ("seed", "replicas")
"""Settings that the column of seeds shows."""
COMMIT = 10
"""Digits of a commit that are shown."""

Results = Mapping[str, Result]
"""The result files by the names of their runs; not every run has one."""


def results_of(runs: Sequence[StoredRun]) -> dict[str, Result]:
    """Read the result files of runs that have one.

    Raises
    ------
    SpikefaError
        If one is damaged or was edited.
    """
    files = {run.name: run.directory.path / NAME for run in runs}
    return {name: read_result(file) for name, file in files.items() if file.is_file()}


def rows_of_runs(runs: Sequence[StoredRun], results: Results) -> list[dict[str, str]]:
    """Return a row for each run, with the same columns; columns without any text are left out."""
    differ = {
        experiment: [name for name in names if name not in SEEDS]
        for experiment, names in differing(runs).items()
    }
    rows = [_row(run, results.get(run.name), differ[run.experiment]) for run in runs]
    if len(differ) == 1:
        for row in rows:
            del row["experiment"]
    return without_empty(rows)


def _row(run: StoredRun, result: Result | None, differ: Sequence[str]) -> dict[str, str]:
    return {
        "run": run.name,
        "experiment": one_line(run.experiment),
        "seed": ", ".join(str(each.seed) for each in run.networks if each.seed is not None),
        "epochs": _epochs(run),
        **{heading: _error(run, name) for name, heading in ERRORS.items()},
        "claims": _claims(run, result),
        "seconds": _seconds(run, result),
        "device": one_line(run.summary.get("device", "")),
        "commit": _commit(run),
        "settings that differ": described(
            run.settings, [name for name in differ if name not in SEEDS]
        ),
    }


def _epochs(run: StoredRun) -> str:
    """Return the number of epochs done and, before the run has finished, of how many."""
    done = max((len(network.epochs) for network in run.networks), default=0)
    wanted = run.settings.get("epochs")
    if run.finished:
        return str(done) if done else ""
    return f"{done} of {one_line(wanted)}" if wanted is not None else "not finished"


def _error(run: StoredRun, name: str) -> str:
    values = [network.numbers.get(name) for network in run.networks]
    return mean_and_sd(summary(values))


def mean_and_sd(found: Mapping[str, Any]) -> str:
    """Return "mean ± sd", "mean" of a single value, or "" without any."""
    if found["mean"] is None:
        return ""
    return f"{found['mean']:.2f}" + ("" if found["sd"] is None else f" ± {found['sd']:.2f}")


def _claims(run: StoredRun, result: Result | None) -> str:
    """Return how many claims of the paper hold; "" for runs that are no studies."""
    if result is None or any(network.epochs for network in run.networks):
        return ""
    return f"{cells_run(result)}{findings(result)}, n = {result['n']}"


def _seconds(run: StoredRun, result: Result | None = None) -> str:
    """Return the seconds of training or, of a study, of all its runs."""
    trained = [network.numbers.get("wall_seconds") for network in run.networks]
    given = [run.summary.get("wall_seconds"), *trained, result and result["seconds"]]
    known = [seconds for seconds in map(number, given) if seconds is not None]
    return f"{known[0]:,.1f}" if known else ""


def _commit(run: StoredRun) -> str:
    commit = one_line(run.summary.get("git_commit", ""))[:COMMIT]
    return commit + "+" * (commit != "" and run.summary.get("git_dirty") is True)


def rows_of_groups(groups: Sequence[Group]) -> list[dict[str, str]]:
    """Return a row with mean and spread for each group of more than one network with results."""
    rows = []
    for group in groups:
        found = {heading: group.finished(name) for name, heading in ERRORS.items()}
        n = max(each["n"] for each in found.values())
        if n > 1:
            means = {heading: mean_and_sd(each) for heading, each in found.items()}
            runs = ", ".join(run.name for run in group.runs)
            rows.append({"mean ± sd": group.label, "n": str(n), **means, "runs": runs})
    return without_empty(rows)


def without_empty(rows: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return rows without the columns that are empty in all of them."""
    used = {name for row in rows for name, text in row.items() if text}
    return [{name: text for name, text in row.items() if name in used} for row in rows]


def in_columns(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows as text, numbers at the right of their columns."""
    if not rows:
        return ""
    heads = list(rows[0])
    lines = [heads, *([row[name] for name in heads] for row in rows)]
    widths = [max(len(line[k]) for line in lines) for k in range(len(heads))]
    right = [all(not row[name] or row[name][0].isdigit() for row in rows) for name in heads]
    right[0] = right[-1] = False
    return "\n".join(
        "  ".join(
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in lines
    )
