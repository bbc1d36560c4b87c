"""The page of a report: its head, its sections in order, and the file it is written to."""

from pathlib import Path

from spikefa import __version__
from spikefa.runs.directory import RunDirectory
from spikefa.runs.report import sections
from spikefa.runs.report.markup import Markup, element, escaped, joined
from spikefa.runs.report.style import CSS
from spikefa.utils.files import written_whole

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""Stops the browser from running scripts or loading anything, should text become markup."""


def write_report(run: RunDirectory, out: Path) -> None:
    """Write the report of a run to one file.

    Raises
    ------
    SpikefaError
        If a file of the run is damaged, or `out` cannot be written.
    """
    page = report_page(run)
    with written_whole(out) as temporary:
        temporary.write_text(page, encoding="utf-8", errors="replace")


def report_page(run: RunDirectory) -> str:
    """Return the report of a run as one HTML page with embedded figures.

    The page loads nothing from elsewhere and contains no script. Text from the files of the run is
    escaped. If a figure cannot be drawn, the page gives the reason instead.

    Parameters
    ----------
    run : RunDirectory
        The run need not be finished.

    Raises
    ------
    SpikefaError
        If the configuration, the summary or the metrics are damaged.
    """
    summary, config = run.read_summary(), run.read_config()
    titled = {
        "Results": sections.results(run, summary),
        "": sections.figures(run),
        "Epochs": sections.metrics(run),
        "Configuration": sections.configuration(config),
        "Recording": sections.recording(run),
        "Provenance": sections.origin(run, summary),
        "Reproduce": sections.reproduction(run, summary),
    }
    body = joined(
        element("section", element("h2", title), part) if title else part
        for title, part in titled.items()
    )
    heading = element("h1", run.experiment)
    path = element("p", str(run.path.resolve()), class_="path")
    foot = element("footer", f"Written by spikefa {__version__}.")
    main = element("main", element("header", heading, path), body, foot)
    return "<!DOCTYPE html>\n" + element("html", _head(run), element("body", main), lang="en")


def _head(run: RunDirectory) -> Markup:
    return Markup(
        '<head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escaped(run.experiment)} - {escaped(run.path.resolve().name)}</title>"
        f"<style>{CSS}</style></head>"
    )
