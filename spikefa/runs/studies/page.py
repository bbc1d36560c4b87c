"""Build docs/results.md from the committed result files alone."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from spikefa.errors import require, require_there
from spikefa.runs.studies.command import command
from spikefa.runs.studies.file import NAME, Result, read_result
from spikefa.runs.studies.targets import PAPERS, TARGETS, Target
from spikefa.runs.studies.wording import (
    anchor,
    cells_run,
    claim_row,
    duration,
    findings,
    origin,
    quantity_row,
    table_row,
)
from spikefa.utils.files import bare_name, written_whole

HEADING = """# What the papers report, and what this program finds

Built by `spikefa results` from the files `results/<experiment>/result.json`, which the experiments
write; a file that was edited by hand is refused. Run one with `spikefa run EXPERIMENT`, see a
shorter version with `--quick`, and take its result over with `spikefa results --add RUN`.
"""


def build_page(folder: Path) -> str:
    """Return the results page for the result files in the folders of `folder`.

    Raises
    ------
    SpikefaError
        If a file is damaged, edited, of another version, or belongs to no target in the list.
    """
    results = read_results(folder)
    known = [target for target in TARGETS.values() if target.id in results]
    partly = sum(1 for target in known if cells_run(results[target.id]))
    in_part = f", {partly} of them in part" if partly else ""
    run = f"{len(known)} of {len(TARGETS)} have been run{in_part}."
    parts = [HEADING, f"{run} {_held(results)}\n", _overview(results)]
    parts += [_section(target, results[target.id], folder) for target in known]
    return "\n".join(parts)


def write_page(folder: Path) -> Path:
    """Write the page next to `folder` under the same name, and return its path."""
    text = build_page(folder)
    page = folder.with_suffix(".md")
    with written_whole(page) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return page


def read_results(folder: Path) -> dict[str, Result]:
    """Return the results in the folders of `folder`, by id."""
    require_there(folder.is_dir(), f"there is no folder {folder} with result files")
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
    """Copy the result and figures of a finished run to the folder of its target.

    Raises
    ------
    SpikefaError
        If the run is a quick version, has no result or an edited one, or belongs to no target.
    """
    result = read_result(run / NAME)
    require(not result["quick"], f"{run} is a quick version: only full runs are listed")
    known = TARGETS.get(result["id"])
    require(known is not None, f"{run} is about {result['id']!r}, which no paper has")
    assert known is not None
    target = folder / known.folder
    sources = [run / NAME, *(figure_in(run / "figures", name) for name in result["figures"])]
    target.mkdir(parents=True, exist_ok=True)
    for source in sources:
        with written_whole(target / source.name) as temporary:
            shutil.copyfile(source, temporary)
    return target


def figure_in(folder: Path, name: str) -> Path:
    """Return the path of a figure that a result file names.

    Raises
    ------
    SpikefaError
        If it is no file in the folder itself.
    """
    path = folder / bare_name(name, "the result")
    require(
        path.is_file() and not path.is_symlink() and not folder.is_symlink(),
        f"the result names the figure {name!r}, which is no file in {folder}",
    )
    return path


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
        return table_row(target.id, target.what, target.paper, "not run", "", "")
    here = f"[{cells_run(result)}{findings(result)}](#{anchor(target)})"
    if not all(claim["holds"] for claim in result["claims"]):
        here = f"**{here}**"
    return table_row(
        target.id, target.what, target.paper, here, result["n"], duration(result["seconds"])
    )


def _held(results: Mapping[str, Result]) -> str:
    """Return how many claims of all results hold."""
    verdicts = [claim["holds"] for result in results.values() for claim in result["claims"]]
    return f"{sum(verdicts)} of {len(verdicts)} claims hold."


def _section(target: Target, result: Result, folder: Path) -> str:
    made = command(target, result["settings"])
    lines = [f"### {target.id}\n", f"`{made}`: {target.what}.\n"]
    for name in result["figures"]:
        lines.append(f"![{target.id}]({folder.name}/{target.folder}/{name})\n")
    if result["claims"]:
        lines += ["| the paper says | holds | measured |", "|---|---|---|"]
        lines += [claim_row(claim) for claim in result["claims"]]
    if result["quantities"]:
        lines += ["", "| quantity | paper | here | n | difference |", "|---|---|---|---|---|"]
        lines += [quantity_row(quantity) for quantity in result["quantities"]]
    lines.append(f"\n{origin(result)}\n")
    return "\n".join(lines)
