"""docs/results.md, built from the committed result files; nothing on it is typed by hand."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spikefa.errors import require
from spikefa.runs.studies.command import command
from spikefa.runs.studies.file import NAME, Result, read_result
from spikefa.runs.studies.targets import PAPERS, TARGETS, Target
from spikefa.utils.files import written_whole

HEADING = """# What the papers report, and what this program finds

Built by `spikefa results` from the files `results/<experiment>/result.json`, which the experiments
write; a file that was edited by hand is refused. Run one with `spikefa run EXPERIMENT`, see a
shorter version with `--quick`, and take its result over with `spikefa results --add RUN`.
"""


def build_page(folder: Path) -> str:
    """Return the page for the result files in the folders of `folder`.

    Raises
    ------
    SpikefaError
        If a file is damaged, edited, of another version, or belongs to nothing in the list.
    """
    results = read_results(folder)
    known = [target for target in TARGETS.values() if target.id in results]
    partly = sum(1 for target in known if _cells(results[target.id]))
    told = f", {partly} of them in part" if partly else ""
    run = f"{len(known)} of {len(TARGETS)} have been run{told}."
    parts = [HEADING, f"{run} {_held(results)}\n", _overview(results)]
    parts += [_section(target, results[target.id], folder) for target in known]
    return "\n".join(parts)


def write_page(folder: Path) -> Path:
    """Write the page beside `folder`, under its name, and return its path."""
    text = build_page(folder)
    page = folder.with_suffix(".md")
    with written_whole(page) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return page


def read_results(folder: Path) -> dict[str, Result]:
    """Return the results in the folders of `folder`, by id."""
    require(folder.is_dir(), f"there is no folder {folder} with result files")
    found: dict[str, Result] = {}
    for path in sorted(folder.glob(f"*/{NAME}")):
        result = read_result(path)
        target = TARGETS.get(result["id"])
        require(target is not None, f"{path} is about {result['id']!r}, which no paper has")
        require(
            target is not None
            and path.parent.name == target.folder
            and result["experiment"] == target.experiment,
            f"{path} belongs into the folder {target.folder if target else ''}",
        )
        require(not result["quick"], f"{path} is of a quick version: only full runs are listed")
        found[result["id"]] = result
    return found


def add_run(run: Path, folder: Path) -> Path:
    """Copy result and figures of a finished run to where the page is built from.

    Raises
    ------
    SpikefaError
        If the run is a quick one, has no result, or its result was edited; or no paper has it.
    """
    result = read_result(run / NAME)
    require(not result["quick"], f"{run} is a quick version: only full runs are listed")
    known = TARGETS.get(result["id"])
    require(known is not None, f"{run} is about {result['id']!r}, which no paper has")
    assert known is not None
    target = folder / known.folder
    target.mkdir(parents=True, exist_ok=True)
    for source in (run / NAME, *(run / "figures" / name for name in result["figures"])):
        with written_whole(target / source.name) as temporary:
            shutil.copyfile(source, temporary)
    return target


def _overview(results: Mapping[str, Result]) -> str:
    lines: list[str] = []
    for key, (_, paper) in PAPERS.items():
        lines += [f"## {paper}\n", "| id | what | the paper | here | n | time |", "|" + "---|" * 6]
        for target in TARGETS.values():
            if target.id.split(".")[0] == key:
                lines.append(_line(target, results.get(target.id)))
        lines.append("")
    return "\n".join(lines)


def _line(target: Target, result: Result | None) -> str:
    if result is None:
        return _row(target.id, target.what, target.paper, "not run", "", "")
    here = f"[{_cells(result)}{_found(result)}](#{_anchor(target)})"
    if not all(claim["holds"] for claim in result["claims"]):
        here = f"**{here}**"
    return _row(target.id, target.what, target.paper, here, result["n"], _time(result["seconds"]))


def _held(results: Mapping[str, Result]) -> str:
    """Say how many claims hold, of all results."""
    verdicts = [claim["holds"] for result in results.values() for claim in result["claims"]]
    return f"{sum(verdicts)} of {len(verdicts)} claims hold."


def _cells(result: Result) -> str:
    """Say how many cells of a table were run, if not all were: "9 of 27 cells run, ".

    Cells are the quantities that the paper has numbers for, or all, if it has none.
    """
    given = [each for each in result["quantities"] if each["paper"] is not None]
    cells = given or result["quantities"]
    run = [cell for cell in cells if cell["values"]]
    return "" if len(run) == len(cells) else f"{len(run)} of {len(cells)} cells run, "


def _found(result: Result) -> str:
    """Say how many claims hold; or, where the paper makes none, the first number."""
    verdicts = [claim["holds"] for claim in result["claims"]]
    if verdicts:
        return f"{sum(verdicts)} of {len(verdicts)} claims hold"
    first = next(quantity for quantity in result["quantities"] if quantity["values"])
    return _measured(first, f" {first['unit']}".rstrip())


def _section(target: Target, result: Result, folder: Path) -> str:
    made = command(target, result["settings"])
    lines = [f"### {target.id}\n", f"`{made}`: {target.what}.\n"]
    for name in result["figures"]:
        lines.append(f"![{target.id}]({folder.name}/{target.folder}/{name})\n")
    if result["claims"]:
        lines += ["| the paper says | holds | measured |", "|---|---|---|"]
        lines += [_claim(claim) for claim in result["claims"]]
    if result["quantities"]:
        lines += ["", "| quantity | paper | here | n | difference |", "|---|---|---|---|---|"]
        lines += [_quantity(quantity) for quantity in result["quantities"]]
    lines.append(f"\n{_origin(result)}\n")
    return "\n".join(lines)


def _claim(claim: Mapping[str, Any]) -> str:
    told = claim["evidence"]
    if not claim["holds"]:
        told += f". Likely reason: {claim['reason'] or 'not known'}"
    return _row(claim["text"], "yes" if claim["holds"] else "**no**", told)


def _quantity(quantity: Mapping[str, Any]) -> str:
    unit = f" {quantity['unit']}" if quantity["unit"] else ""
    paper = "" if quantity["paper"] is None else _with_sd(quantity["paper"], quantity["paper_sd"])
    return _row(
        quantity["text"],
        paper + (unit if paper else ""),
        _measured(quantity, unit),
        quantity["n"],
        _difference(quantity),
    )


def _measured(quantity: Mapping[str, Any], unit: str) -> str:
    if not quantity["values"]:
        return "not run"
    if quantity["mean"] is None:
        return "never"
    return _with_sd(quantity["mean"], quantity["sd"]) + unit


def _difference(quantity: Mapping[str, Any]) -> str:
    """Say by how many standard deviations, ours and the paper's together, the means differ."""
    if quantity["paper"] is None or quantity["mean"] is None:
        return ""
    variance = (quantity["sd"] or 0.0) ** 2 + (quantity["paper_sd"] or 0.0) ** 2
    if variance == 0:
        return "no spread"
    return f"{(quantity['mean'] - quantity['paper']) / variance**0.5:+.1f} sd"


def _with_sd(mean: float, sd: float | None) -> str:
    return f"{mean:.4g}" if sd is None else f"{mean:.4g} ± {sd:.2g}"


def _origin(result: Result) -> str:
    judge = _commit(result["git_commit"] + "+" * result["git_dirty"])
    makers = sorted(map(_commit, result.get("computed_by", ())))
    told = f"commit {judge}"
    if makers not in ([], [judge]):
        told = f"computed by commit {' and '.join(makers)}, judged by {judge}"
    return f"{result['n']} runs, {_time(result['seconds'])} in all on {result['hardware']}; {told}."


def _commit(version: str) -> str:
    """Return in words what `code_version` returns."""
    if not version.strip("+"):
        return "that is not known"
    return version[:10] + ", with changes that are not committed" * version.endswith("+")


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _anchor(target: Target) -> str:
    return target.id.lower().replace(".", "")


def _row(*cells: object) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"
