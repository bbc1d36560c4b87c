"""The tables of docs/performance.md that are built from the files of the parts alone."""

import statistics
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from spikefa.bench.gpu.parts import PARTS
from spikefa.bench.gpu.results import Result, read_result
from spikefa.errors import require
from spikefa.utils.files import read_text, written_whole

BEGIN, END = "<!-- built by make gpu -->", "<!-- end of what make gpu built -->"
NOTHING = "No file has been written by `make gpu` yet."


def write_table(folder: Path, page: Path) -> Path:
    """Put the tables between the markers of a page and return its path.

    Raises
    ------
    SpikefaError
        If the page has no markers, or a file is damaged or of a rehearsal.
    """
    text = read_text(page)
    require(
        text.count(BEGIN) == text.count(END) == 1 and text.index(BEGIN) < text.index(END),
        f"{page} has no place for the tables: give it the lines {BEGIN} and {END}",
    )
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    table = build_table(folder)
    with written_whole(page) as temporary:
        temporary.write_text(f"{before}{BEGIN}\n{table}{END}{after}", encoding="utf-8")
    return page


def build_table(folder: Path) -> str:
    """Return the tables of the files in a folder, in Markdown."""
    results = [read_result(folder / f"{name}.json") for name in PARTS]
    found = [result for result in results if result is not None]
    for result in found:
        require(
            not result.origin.rehearsal,
            f"{folder / result.part}.json is of a rehearsal, whose numbers mean nothing: delete it",
        )
    if not found:
        return f"\n{NOTHING}\n\n"
    parts = [_overview(found)]
    parts += [_steps(result) for result in found if "backends" in result.measured]
    named = {result.part: result.measured for result in found if result.measured}
    if "recorder" in named:
        parts.append(_recorder(named["recorder"]))
    if "scaling" in named:
        parts.append(_scaling(named["scaling"]))
    parts.append(_learning([result for result in found if "runs" in result.measured]))
    return "\n" + "\n".join(filter(None, parts)) + "\n"


def _table(head: str, rows: Iterable[Iterable[object]]) -> str:
    columns = head.count("|") + 1
    lines = ["| " + " | ".join(str(cell).replace("|", "/") for cell in row) + " |" for row in rows]
    return "\n".join([f"| {head} |", "|" + "---|" * columns, *lines]) + "\n"


def _overview(results: list[Result]) -> str:
    return _table(
        "part | result | seconds, of at most | card | torch | commit | date",
        (
            (
                result.part,
                result.verdict,
                f"{result.seconds:.0f}, {result.budget:.0f}",
                result.origin.card,
                result.origin.torch,
                result.origin.short_commit,
                result.origin.date,
            )
            for result in results
        ),
    )


def _middle(times: list[float]) -> str:
    return f"{statistics.median(times):.3f} ({min(times):.3f} to {max(times):.3f})"


def _steps(result: Result) -> str:
    measured = result.measured
    best = measured["best_plain_loop"]
    times = measured["milliseconds"]
    rows = (
        (
            name,
            _middle(taken),
            f"{statistics.median(taken) / statistics.median(times[best]):.2f}",
        )
        for name, taken in times.items()
    )
    head = f"batch {measured['batch_size']} | ms a step (range) | over {best}"
    missing = [f"{name} was not timed: {why}\n" for name, why in measured["left_out"].items()]
    return "\n".join([_table(head, rows), *missing])


def _recorder(measured: Mapping[str, Any]) -> str:
    return _table(
        "recording under | bare, ms a step | recorded | slow-down, median of pairs",
        (
            (
                row["backend"],
                _middle(row["bare"]),
                _middle(row["recorded"]),
                f"{row['slowdown_percent']:.2f} %",
            )
            for row in measured["rows"]
        ),
    )


def _scaling(measured: Mapping[str, Any]) -> str:
    return _table(
        "hidden | batch | backend | ms a step (range) | share of the limit",
        (
            (
                f"{point['width']}{', procedural' * point['procedural']}",
                point["batch"],
                point["backend"],
                _middle(point["milliseconds"]) if point["milliseconds"] else point["left_out"],
                f"{point['share']:.2f}" if point["milliseconds"] else "",
            )
            for point in measured["points"]
        ),
    )


def _learning(results: list[Result]) -> str:
    if not results:
        return ""
    return _table(
        "figure 4 by | seeds | epochs | test error, summed, % | from the last step | "
        "s of training | s in all, recorded, with pictures | backend",
        (_learned(result.part, result.measured["runs"]) for result in results),
    )


def _learned(circuit: str, runs: list[dict[str, Any]]) -> tuple[object, ...]:
    recorded = [f"{run['seconds']:.1f}" for run in runs if run["recorded"]]
    return (
        circuit,
        ", ".join(str(run["seed"]) for run in runs),
        runs[0]["epochs"],
        _mean([run["test_error_percent_summed"] for run in runs]),
        _mean([run["test_error_percent"] for run in runs]),
        f"{statistics.median(run['wall_seconds'] for run in runs):.1f}",
        ", ".join(recorded),
        ", ".join(sorted({run["backend"] for run in runs})),
    )


def _mean(values: list[float]) -> str:
    """Return mean, standard deviation and range."""
    if len(values) == 1:
        return f"{values[0]:.2f}"
    return (
        f"{statistics.fmean(values):.2f} ± {statistics.stdev(values):.2f} "
        f"({min(values):.2f} to {max(values):.2f})"
    )
