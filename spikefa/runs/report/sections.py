"""The sections of the page: what the files of a run say, in the order of reading."""

import io
import shlex
from collections.abc import Mapping
from typing import Any

from spikefa.analysis.curves import read_metrics
from spikefa.errors import SpikefaError
from spikefa.runs.directory import RunDirectory
from spikefa.runs.figures import RunFigure, run_figures
from spikefa.runs.report.markup import Markup, element, escaped, grid, joined, pairs, picture

DPI = 130
PIXELS_PER_INCH = 92
"""On the page: the letters of the figures are then about as large as its own."""
MOST_ROWS = 40

RESULTS = {
    "test_error_percent": ("test error, last step", "{:.2f} %"),
    "test_error_percent_summed": ("test error, all steps summed", "{:.2f} %"),
    "epochs": ("epochs", "{:,}"),
    "images_seen": ("images seen", "{:,}"),
    "steps": ("steps of simulated time", "{:,}"),
    "wall_seconds": ("seconds of training", "{:,.1f}"),
}
ORIGIN = (
    "spikefa_version",
    "torch_version",
    "numpy_version",
    "h5py_version",
    "hdf5_version",
    "python_version",
    "git_commit",
    "git_dirty",
    "hardware",
    "device",
    "backend",
    "seed",
    "created_utc",
    "command",
)


def results(run: RunDirectory, summary: Mapping[str, Any]) -> Markup:
    """Return the numbers that people look for first, large."""
    if not summary:
        hint = f"This run has not finished. Continue it with: {_resume(run)}"
        return element("p", hint, class_="notice")
    cards = [
        element("div", element("b", shown(summary[key], form)), element("span", label))
        for key, (label, form) in RESULTS.items()
        if summary.get(key) is not None
    ]
    return element("div", *cards, class_="cards")


def _resume(run: RunDirectory) -> str:
    return f"spikefa run {run.experiment} --resume {shlex.quote(str(run.path))}"


def shown(value: object, form: str = "{:.6g}") -> str:
    """Return a number in its format, anything else as it is."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, float) or (isinstance(value, int) and form != "{:.6g}"):
        return form.format(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {shown(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(shown(each) for each in value)
    return str(value)


def configuration(config: Mapping[str, Any]) -> Markup:
    """Return all settings."""
    return pairs((str(name), shown(value)) for name, value in config.items())


def figures(run: RunDirectory) -> Markup:
    """Return every figure that the files allow, with a heading each."""
    return joined(element("section", *_figure(each), id=each.name) for each in run_figures(run))


def _figure(figure: RunFigure) -> tuple[Markup, Markup]:
    heading = element("h2", figure.title)
    try:
        drawn = figure.draw()
    except SpikefaError as error:
        return heading, element("p", f"Not drawn: {error}", class_="notice")
    png = io.BytesIO()
    drawn.savefig(png, dpi=DPI, format="png")
    width = round(PIXELS_PER_INCH * drawn.get_figwidth())
    return heading, picture(png.getvalue(), width, figure.caption)


def metrics(run: RunDirectory) -> Markup:
    """Return the rows of metrics.csv; of many, some from the first to the last."""
    if not run.metrics.is_file():
        return element("p", "No epoch has finished yet.", class_="notice")
    rows = read_metrics(run.metrics)
    stride = max(1, -(-len(rows) // MOST_ROWS))
    kept = rows[::-1][::stride][::-1]
    names = list(rows[0]) if rows else []
    heads = [str(name).replace("_", " ") for name in names]
    table = grid(heads, [[_short(row.get(name)) for name in names] for row in kept])
    if stride == 1:
        return table
    return joined([table, element("p", f"Every {stride}th of {len(rows):,} epochs.")])


def _short(cell: object) -> str:
    try:
        number = float(cell)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return "" if cell is None else str(cell)
    return f"{number:,.0f}" if number.is_integer() else f"{number:.4g}"


def recording(run: RunDirectory) -> Markup:
    """Return what was recorded."""
    from spikefa.recording import describe, open_recording

    if not run.recording.is_file():
        return element("p", "Nothing was recorded.")
    try:
        with open_recording(run.recording) as opened:
            return element("pre", describe(opened))
    except SpikefaError as error:
        return element("p", error, class_="notice")


def origin(run: RunDirectory, summary: Mapping[str, Any]) -> Markup:
    """Return where the run comes from: commit, versions, hardware, command."""
    found = _provenance(run) | dict(summary)
    return pairs((name.replace("_", " "), shown(found[name])) for name in ORIGIN if name in found)


def _provenance(run: RunDirectory) -> dict[str, Any]:
    from spikefa.recording import open_recording

    try:
        with open_recording(run.recording) as opened:
            return opened.provenance
    except SpikefaError:  # there is none, or it is damaged, which its own section says
        return {}


def reproduction(run: RunDirectory, summary: Mapping[str, Any]) -> Markup:
    """Return what to type to get this run again."""
    found = _provenance(run) | dict(summary)
    commit, lines = str(found.get("git_commit") or ""), []
    if commit:
        lines.append(f"git checkout {shlex.quote(commit)}")
    lines.append(f"spikefa run {run.experiment} --config config.yaml --out again")
    parts = [
        element("p", "With the settings below as config.yaml:"),
        element("pre", "\n".join(lines)),
    ]
    if found.get("git_dirty"):
        changed = "The code had changes that are in no commit: the result may differ."
        parts.append(element("p", changed, class_="notice"))
    parts.append(
        element(
            "p",
            "The same seed gives the same bits with the same versions on the same kind of device.",
        )
    )
    text = run.config.read_text(encoding="utf-8", errors="replace")
    parts.append(element("pre", escaped(text.strip())))
    return joined(parts)
