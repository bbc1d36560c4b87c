"""The figures that can be drawn from the files of a run."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import isfinite

from matplotlib.figure import Figure

from spikefa.analysis.alignment_figure import alignment_figure
from spikefa.analysis.curves import learning_curve
from spikefa.analysis.figure4 import figure4
from spikefa.analysis.metrics_table import MetricsTable, read_metrics
from spikefa.analysis.rates_figure import rates_figure
from spikefa.analysis.receptive_fields import receptive_fields
from spikefa.errors import SpikefaError
from spikefa.recording import Recording, open_recording
from spikefa.runs.directory import RunDirectory


@dataclass(frozen=True)
class RunFigure:
    """A figure that can be drawn from the files of a run.

    Attributes
    ----------
    name : str
        Name of the file without suffix.
    title : str
    caption : str
        A sentence that describes the figure.
    draw : callable
        Returns the figure, or raises a SpikefaError if the files lack the data for it.
    """

    name: str
    title: str
    caption: str
    draw: Callable[[], Figure]


def run_figures(run: RunDirectory) -> list[RunFigure]:
    """Return the figures for which a run has the files, in the order of a report."""
    learning = RunFigure(
        "learning",
        "Learning curve",
        "Error and firing rates against the images seen.",
        lambda: learning_curve(run.metrics, _test_error(run)),
    )
    work = RunFigure(
        "fig4",
        "The network at work",
        "Spikes, PSP and modulator at three stages of training.",
        partial(_of_recording, run, figure4),
    )
    rates = RunFigure(
        "rates",
        "Firing rates",
        "How often the recorded units of each population spike.",
        partial(_of_recording, run, rates_figure),
    )
    alignment = RunFigure(
        "alignment",
        "Alignment",
        "The angle between forward and feedback weights; 90 degrees is unrelated.",
        lambda: alignment_figure([*_start(run), *read_metrics(run.metrics)]),
    )
    fields = RunFigure(
        "receptive_fields",
        "Receptive fields",
        "The weights from the input; red excites, blue inhibits.",
        lambda: receptive_fields(run.checkpoint, shape=_image_shape(run)),
    )
    figures = [learning] if run.metrics.is_file() else []
    figures += [work, rates] if run.recording.is_file() else []
    figures += [alignment] if _has_alignment(run) else []
    figures += [fields] if run.checkpoint.is_file() else []
    return figures


def _has_alignment(run: RunDirectory) -> bool:
    """Return whether metrics.csv has a column of angles; some circuits have none."""
    if not run.metrics.is_file():
        return False
    with open(run.metrics, encoding="utf-8", errors="replace") as file:
        return "alignment_" in file.readline()


def _test_error(run: RunDirectory) -> float | None:
    """Return the error on the test images, or None if the run has not told it."""
    try:
        found = run.read_summary().get("test_error_percent")
    except SpikefaError:  # damaged
        return None
    return float(found) if isinstance(found, int | float) and isfinite(found) else None


def _start(run: RunDirectory) -> MetricsTable:
    """Return the row of epoch 0, which runs of earlier versions lack."""
    return read_metrics(run.start) if run.start.is_file() else []


def _of_recording(run: RunDirectory, draw: Callable[[Recording], Figure]) -> Figure:
    with open_recording(run.recording) as recording:
        return draw(recording)


def _image_shape(run: RunDirectory) -> tuple[int, int] | None:
    """Return the shape of the images, or None, meaning square, if it is unknown."""
    try:
        with open_recording(run.recording) as recording:
            return recording.layout.image_shape
    except SpikefaError:  # missing or damaged
        return None
