"""One page about several runs: a table, their learning curves, and the paper's numbers."""

from collections.abc import Iterable, Mapping, Sequence

from spikefa.errors import SpikefaError
from spikefa.runs.figures import RunFigure
from spikefa.runs.report.document import document, titled
from spikefa.runs.report.markup import Markup, element, grid, joined, pairs
from spikefa.runs.report.page import report_body
from spikefa.runs.report.sections import drawing
from spikefa.runs.several.figure import curves_figure
from spikefa.runs.several.groups import grouped
from spikefa.runs.several.rows import Results, results_of, rows_of_groups, rows_of_runs
from spikefa.runs.several.stored import StoredRun
from spikefa.runs.studies.file import Result
from spikefa.runs.studies.wording import measured, papers_value

CAPTION = (
    "The guess is that of the last step of an image. Thick: the mean of the runs that differ in "
    "their seed alone; band: one standard deviation; thin: each run."
)

WORDS = ("run", "settings that differ", "mean ± sd", "runs")
"""Columns of words, which come first."""


def comparison_page(runs: Sequence[StoredRun], in_full: bool = False) -> str:
    """Return one HTML page about several runs.

    The page loads nothing from elsewhere and contains no script.

    Parameters
    ----------
    runs : sequence of StoredRun
    in_full : bool, default False
        Whether the report of each run follows.

    Raises
    ------
    SpikefaError
        If a result file is damaged or was edited.
    """
    results = results_of(runs)
    groups, notes = grouped(runs)
    parts = [titled("Runs", _table(rows_of_runs(runs, results)))]
    if any(network.epochs for run in runs for network in run.networks):
        curves = RunFigure("curves", "Learning curves", CAPTION, lambda: curves_figure(groups))
        parts.append(titled(curves.title, drawing(curves)))
    averages = rows_of_groups(groups)
    if averages or notes:
        said = [element("p", note, class_="notice") for note in notes]
        parts.append(titled("Mean and spread", joined([_table(averages), *said])))
    parts += [*_papers(results), titled("Where they are", pairs(_places(runs)))]
    if in_full:
        parts += [_in_full(run, number) for number, run in enumerate(runs, start=1)]
    names = ", ".join(run.name for run in runs)
    title = f"Comparison of {len(runs)} runs"
    return document(title, title, names, joined(parts))


def _table(rows: Sequence[Mapping[str, str]]) -> Markup:
    if not rows:
        return Markup()
    heads = sorted(rows[0], key=lambda head: head not in WORDS)
    return grid(heads, [[row[head] for head in heads] for row in rows], kind="runs")


def _places(runs: Sequence[StoredRun]) -> Iterable[tuple[str, Markup]]:
    for run in runs:
        lines = [run.directory.path.resolve(), run.summary.get("command", "not finished")]
        lines += [run.summary[name] for name in ("hardware",) if name in run.summary]
        yield run.name, joined(element("div", line) for line in lines)


def _papers(results: Results) -> Iterable[Markup]:
    """Return a table of quantities for each figure or table of a paper that the runs are of."""
    by_id: dict[str, dict[str, Result]] = {}
    for name, result in results.items():
        by_id.setdefault(result["id"], {})[name] = result
    for found, held in by_id.items():
        texts = {each["text"]: each for result in held.values() for each in result["quantities"]}
        rows = [
            (text, papers_value(known), *(_value(result, text) for result in held.values()))
            for text, known in texts.items()
        ]
        table = [grid(("quantity", "paper", *held), rows, kind="words")]
        quick = [name for name, result in held.items() if result["quick"]]
        if quick:
            said = f"Shorter versions, or other networks than the paper's: {', '.join(quick)}."
            table.append(element("p", said, class_="notice"))
        yield titled(f"Quantities of {found}, beside the paper's", joined(table))


def _value(result: Result, text: str) -> str:
    found = [measured(each) for each in result["quantities"] if each["text"] == text]
    return found[0] if found else ""


def _in_full(run: StoredRun, number: int) -> Markup:
    """Return the report of a run under its name, which a click folds away."""
    try:
        body = report_body(run.directory, prefix=f"run{number}-")
    except SpikefaError as error:
        body = element("p", error, class_="notice")
    summary = element("summary", run.name)
    return element("details", summary, body, open="")
