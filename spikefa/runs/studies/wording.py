"""The lines of the page of results, in Markdown."""

from collections.abc import Mapping
from typing import Any

from spikefa.runs.studies.file import Result
from spikefa.runs.studies.targets import Target
from spikefa.utils.printable import one_line


def cells_run(result: Result) -> str:
    """Return how many cells of a table were run, as "9 of 27 cells run, ", or "" if all were.

    The cells are the quantities with a value from the paper, or all quantities if none has one.
    """
    given = [each for each in result["quantities"] if each["paper"] is not None]
    cells = given or result["quantities"]
    run = [cell for cell in cells if cell["values"]]
    return "" if len(run) == len(cells) else f"{len(run)} of {len(cells)} cells run, "


def findings(result: Result) -> str:
    """Return how many claims hold or, if there are no claims, the first quantity."""
    verdicts = [claim["holds"] for claim in result["claims"]]
    if verdicts:
        return f"{sum(verdicts)} of {len(verdicts)} claims hold"
    first = next((each for each in result["quantities"] if each["values"]), None)
    if first is None:
        return "nothing was measured"
    return measured(first)


def claim_row(claim: Mapping[str, Any]) -> str:
    """Return the table row of a claim."""
    return table_row(claim["text"], "yes" if claim["holds"] else "**no**", evidence(claim))


def evidence(claim: Mapping[str, Any]) -> str:
    """Return the numbers that support the verdict on a claim and, if it fails, the reason."""
    text = str(claim["evidence"])
    if not claim["holds"]:
        text += f". Likely reason: {claim['reason'] or 'not known'}"
    return text


def quantity_row(quantity: Mapping[str, Any]) -> str:
    """Return the table row of a quantity."""
    return table_row(*quantity_cells(quantity))


def quantity_cells(quantity: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    """Return name, the paper's value, the value here, n, and how far the two are apart."""
    return (
        quantity["text"],
        papers_value(quantity),
        measured(quantity),
        str(quantity["n"]),
        _difference(quantity),
    )


def papers_value(quantity: Mapping[str, Any]) -> str:
    """Return the paper's value of a quantity with its unit, or "" if the paper gives none."""
    if quantity["paper"] is None:
        return ""
    return _with_sd(quantity["paper"], quantity["paper_sd"]) + _unit(quantity)


def measured(quantity: Mapping[str, Any]) -> str:
    """Return the value of a quantity with its unit, as mean and standard deviation."""
    if not quantity["values"]:
        return "not run"
    if quantity["mean"] is None:
        return "never"
    return _with_sd(quantity["mean"], quantity["sd"]) + _unit(quantity)


def _unit(quantity: Mapping[str, Any]) -> str:
    return f" {quantity['unit']}" if quantity["unit"] else ""


def _difference(quantity: Mapping[str, Any]) -> str:
    """Return the difference of the means in units of the combined standard deviation."""
    if quantity["paper"] is None or quantity["mean"] is None:
        return ""
    variance = (quantity["sd"] or 0.0) ** 2 + (quantity["paper_sd"] or 0.0) ** 2
    if variance == 0:
        return "no spread"
    return f"{(quantity['mean'] - quantity['paper']) / variance**0.5:+.1f} sd"


def _with_sd(mean: float, sd: float | None) -> str:
    return f"{mean:.4g}" if sd is None else f"{mean:.4g} ± {sd:.2g}"


def origin(result: Result) -> str:
    """Return a sentence with the runs, time, hardware and commits."""
    judge = _commit(result["git_commit"] + "+" * result["git_dirty"])
    makers = sorted(map(_commit, result.get("computed_by", ())))
    text = f"commit {judge}"
    if makers not in ([], [judge]):
        text = f"computed by commit {' and '.join(makers)}, judged by {judge}"
    place = _safe(result["hardware"])
    return f"{result['n']} runs, {duration(result['seconds'])} in all on {place}; {_safe(text)}."


def _commit(version: str) -> str:
    """Return a result of `code_version` in words."""
    if not version.strip("+"):
        return "that is not known"
    return version[:10] + ", with changes that are not committed" * version.endswith("+")


def duration(seconds: float) -> str:
    """Return a time with its unit."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def anchor(target: Target) -> str:
    """Return the name of the target's section, for links."""
    return target.id.lower().replace(".", "")


def table_row(*cells: object) -> str:
    """Return a row of a Markdown table."""
    return "| " + " | ".join(_safe(cell).replace("|", "\\|") for cell in cells) + " |"


def _safe(text: object) -> str:
    """Return text of a result file in one line that begins no element of HTML."""
    return one_line(text, 2000).replace("<", "&lt;")
