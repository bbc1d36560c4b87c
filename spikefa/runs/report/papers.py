"""What the paper reports, beside what a run found; and the pictures of its result."""

from collections.abc import Iterable
from pathlib import Path

from spikefa.analysis.saving import DPI
from spikefa.errors import SpikefaError, require
from spikefa.runs.directory import RunDirectory
from spikefa.runs.report.document import titled
from spikefa.runs.report.markup import Markup, element, grid, joined, picture
from spikefa.runs.report.sections import PIXELS_PER_INCH, is_study
from spikefa.runs.studies.file import NAME, Result, read_result
from spikefa.runs.studies.page import figure_in
from spikefa.runs.studies.targets import PAPERS, TARGETS, Target
from spikefa.runs.studies.wording import evidence, quantity_cells

PNG = b"\x89PNG\r\n\x1a\n"
MOST_BYTES = 1 << 24
"""Of a picture; those of studies have some hundred kilobytes."""
QUICK = (
    "This is a shorter version, or another network than the paper's: its numbers need not agree."
)


def comparison_with_the_paper(run: RunDirectory) -> Markup:
    """Return the paper's numbers beside those of the run, or "" if no paper has the experiment."""
    known = [target for target in TARGETS.values() if target.experiment == run.experiment]
    if not known:
        return Markup()
    if not (run.path / NAME).is_file():
        hint = "This run has no result yet, or its network is in no paper."
        parts = [_of_the_paper(known[0]), element("p", hint, class_="notice")]
        return titled("The paper", joined(parts))
    try:
        result = read_result(run.path / NAME)
    except SpikefaError as error:
        return titled("The paper", element("p", error, class_="notice"))
    parts = [_of_the_paper(TARGETS.get(result["id"], known[0]))]
    parts += [element("p", QUICK, class_="notice")] if result["quick"] else []
    return joined(
        [titled("The paper", joined([*parts, *_tables(result)])), *_pictures(run, result)]
    )


def _of_the_paper(target: Target) -> Markup:
    _, name = PAPERS[target.id.split(".")[0]]
    return joined(
        [
            element("p", f"{name}, {target.id}: {target.what}"),
            element("p", f"It reports: {target.paper}"),
        ]
    )


def _tables(result: Result) -> Iterable[Markup]:
    if result["claims"]:
        rows = [
            (claim["text"], "yes" if claim["holds"] else element("b", "no"), evidence(claim))
            for claim in result["claims"]
        ]
        yield grid(("the paper says", "holds", "measured"), rows, kind="words")
    if result["quantities"]:
        found = [quantity_cells(quantity) for quantity in result["quantities"]]
        yield grid(("quantity", "paper", "here", "n", "difference"), found, kind="words")


def _pictures(run: RunDirectory, result: Result) -> Iterable[Markup]:
    """Return the pictures of a study; those of other runs are drawn from their files."""
    if not is_study(run, run.read_summary()):
        return
    for name in result["figures"]:
        try:
            shown = _embedded(figure_in(run.figures, name), result["id"])
        except SpikefaError as error:
            shown = element("p", f"Not shown: {error}", class_="notice")
        yield titled("Picture", shown)


def _embedded(path: Path, caption: str) -> Markup:
    """Return a picture that the study has drawn."""
    require(path.stat().st_size <= MOST_BYTES, f"{path} is larger than {MOST_BYTES >> 20} MB")
    content = path.read_bytes()
    require(content.startswith(PNG) and len(content) > 24, f"{path} is no picture (PNG)")
    pixels = int.from_bytes(content[16:20], "big")
    return picture(content, min(pixels, 10_000) * PIXELS_PER_INCH // DPI, caption)
