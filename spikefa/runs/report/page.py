"""The report of one run: its sections in order."""

from spikefa.runs.directory import RunDirectory
from spikefa.runs.report import sections
from spikefa.runs.report.document import document, titled
from spikefa.runs.report.markup import Markup, joined
from spikefa.runs.report.papers import comparison_with_the_paper


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
    path = run.path.resolve()
    return document(f"{run.experiment} - {path.name}", run.experiment, path, report_body(run))


def report_body(run: RunDirectory, prefix: str = "") -> Markup:
    """Return the sections of the report of a run.

    Parameters
    ----------
    run : RunDirectory
    prefix : str, optional
        What the ids of the figures begin with, where a page has several reports.
    """
    summary, config = run.read_summary(), run.read_config()
    parts = [
        titled("Results", sections.results(run, summary)),
        comparison_with_the_paper(run),
        sections.figures(run, prefix),
    ]
    if not sections.is_study(run, summary):
        parts.append(titled("Epochs", sections.metrics(run)))
        parts.append(titled("Recording", sections.recording(run)))
    costs = sections.costs(run, summary)
    if costs is not None:
        parts.append(titled("Costs", costs))
    parts += [
        titled("Configuration", sections.configuration(config)),
        titled("Provenance", sections.origin(run, summary)),
        titled("Reproduce", sections.reproduction(run, summary)),
    ]
    return joined(parts)
