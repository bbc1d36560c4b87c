"""The sections of a report, each made from the files of the run."""

import shlex
from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from spikefa.analysis.metrics_table import read_metrics
from spikefa.analysis.raster_figure import raster_figure
from spikefa.analysis.saving import as_png
from spikefa.errors import SpikefaError
from spikefa.recording import describe, open_recording
from spikefa.runs.costs import HEADS, cost_rows, costs_of, energies, totals
from spikefa.runs.directory import RunDirectory
from spikefa.runs.figures import RunFigure, run_figures
from spikefa.runs.report.markup import Markup, element, escaped, grid, joined, pairs, picture
from spikefa.utils.files import read_text

DPI = 130
PIXELS_PER_INCH = 92
"""Width of figures on the page; makes their text about as large as the text of the page."""
MOST_ROWS = 40
RASTER_UNITS = "50"
RASTER_STEPS = 100
"""What the raster shows."""

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
    """Return the main results as large numbers."""
    if not summary:
        hint = f"This run has not finished. Continue it with: {_resume(run)}"
        return element("p", hint, class_="notice")
    cards = [
        element("div", element("b", formatted(summary[key], form)), element("span", label))
        for key, (label, form) in RESULTS.items()
        if summary.get(key) is not None
    ]
    if not cards:
        return element("pre", summary.get("headline", "This run has finished."))
    return element("div", *cards, class_="cards")


def is_study(run: RunDirectory, summary: Mapping[str, Any]) -> bool:
    """Return whether a finished run has neither epochs nor a recording, as studies do not."""
    return bool(summary) and not run.metrics.is_file() and not run.recording.is_file()


def _resume(run: RunDirectory) -> str:
    return f"spikefa run {run.experiment} --resume {shlex.quote(str(run.path))}"


def formatted(value: object, form: str = "{:.6g}") -> str:
    """Return `value` as text, with numbers in the format `form`."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, float) or (isinstance(value, int) and form != "{:.6g}"):
        return form.format(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {formatted(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(formatted(each) for each in value)
    return str(value)


def configuration(config: Mapping[str, Any]) -> Markup:
    """Return all settings."""
    return pairs((str(name), formatted(value)) for name, value in config.items())


def figures(run: RunDirectory, prefix: str = "") -> Markup:
    """Return every figure for which the run has the files, each with a heading.

    Parameters
    ----------
    run : RunDirectory
    prefix : str, optional
        What the ids of the sections begin with.
    """
    drawn = run_figures(run) + ([_raster(run)] if run.recording.is_file() else [])
    return joined(
        element("section", element("h2", each.title), drawing(each), id=prefix + each.name)
        for each in drawn
    )


def _raster(run: RunDirectory) -> RunFigure:
    def draw() -> Figure:
        with open_recording(run.recording) as recording:
            return raster_figure(recording, units=RASTER_UNITS, steps=f"-{RASTER_STEPS}:")

    return RunFigure(
        "raster",
        "Raster",
        f"Spikes of up to {RASTER_UNITS} units of each population in the last {RASTER_STEPS} "
        "steps, as far as they were recorded.",
        draw,
    )


def drawing(figure: RunFigure) -> Markup:
    """Return a figure, or the reason why it cannot be drawn."""
    try:
        drawn = figure.draw()
    except SpikefaError as error:
        return element("p", f"Not drawn: {error}", class_="notice")
    width = round(PIXELS_PER_INCH * drawn.get_figwidth())
    return picture(as_png(drawn, DPI), width, figure.caption)


def metrics(run: RunDirectory) -> Markup:
    """Return the rows of metrics.csv or, if there are many, evenly spaced rows up to the last."""
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
    """Return a description of the recording."""
    if not run.recording.is_file():
        return element("p", "Nothing was recorded.")
    try:
        with open_recording(run.recording) as opened:
            return element("pre", describe(opened))
    except SpikefaError as error:
        return element("p", error, class_="notice")


def costs(run: RunDirectory, summary: Mapping[str, Any]) -> Markup | None:
    """Return what the run would have cost on a chip, if that was counted."""
    found = costs_of(summary, run.summary)
    if found is None:
        return None
    parts = [
        pairs(totals(found).items()),
        grid(["operations", *HEADS[1:]], cost_rows(found)),
        element("p", "Energy of these events by published energies of operations:"),
        pairs(energies(found).items()),
    ]
    return joined(parts)


def origin(run: RunDirectory, summary: Mapping[str, Any]) -> Markup:
    """Return the provenance of the run: commit, versions, hardware and command."""
    found = _provenance(run) | dict(summary)
    known = [name for name in ORIGIN if name in found]
    return pairs((name.replace("_", " "), formatted(found[name])) for name in known)


def _provenance(run: RunDirectory) -> dict[str, Any]:
    try:
        with open_recording(run.recording) as opened:
            return opened.provenance
    except SpikefaError:  # missing or damaged; the section on the recording says so
        return {}


def reproduction(run: RunDirectory, summary: Mapping[str, Any]) -> Markup:
    """Return the commands that repeat the run."""
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
        changed = "The code had uncommitted changes: the result may differ."
        parts.append(element("p", changed, class_="notice"))
    parts.append(
        element(
            "p",
            "The same seed gives the same bits with the same versions on the same kind of device.",
        )
    )
    text = read_text(run.config)
    parts.append(element("pre", escaped(text.strip())))
    return joined(parts)
