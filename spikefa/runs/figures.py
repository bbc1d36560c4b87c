"""The figures of a run: which ones its files allow, and how each is drawn."""

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure

from spikefa.analysis.alignment_figure import alignment_figure
from spikefa.analysis.curves import learning_curve
from spikefa.analysis.figure4 import figure4
from spikefa.analysis.rates_figure import rates_figure
from spikefa.analysis.receptive_fields import receptive_fields
from spikefa.errors import SpikefaError
from spikefa.recording import open_recording
from spikefa.runs.directory import RunDirectory


@dataclass(frozen=True)
class RunFigure:
    """A figure that can be drawn from the files of a run.

    Attributes
    ----------
    name : str
        Of the file, without suffix.
    title : str
    caption : str
        What is to be seen, in a sentence.
    draw : callable
        Returns the figure; raises a SpikefaError if the files do not hold enough after all.
    """

    name: str
    title: str
    caption: str
    draw: Callable[[], Figure]


def run_figures(run: RunDirectory) -> list[RunFigure]:
    """Return the figures that the files of a run allow, in the order of reading."""
    figures = []
    if run.metrics.is_file():
        figures.append(
            RunFigure(
                "learning",
                "Learning curve",
                "Error and firing rates against the images seen.",
                lambda: _learning(run),
            )
        )
    if run.recording.is_file():
        figures += [
            RunFigure(
                "fig4",
                "The network at work",
                "Spikes, PSP and modulator at three stages of training.",
                lambda: _figure4(run),
            ),
            RunFigure(
                "rates",
                "Firing rates",
                "How often the recorded units of each population spike.",
                lambda: _rates(run),
            ),
        ]
    if run.metrics.is_file() and _has_alignment(run):
        figures.append(
            RunFigure(
                "alignment",
                "Alignment",
                "The angle between forward and feedback weights; 90 degrees is unrelated.",
                lambda: _alignment(run),
            )
        )
    if run.checkpoint.is_file():
        figures.append(
            RunFigure(
                "receptive_fields",
                "Receptive fields",
                "The weights from the input; red excites, blue inhibits.",
                lambda: _receptive_fields(run),
            )
        )
    return figures


def _has_alignment(run: RunDirectory) -> bool:
    """Return whether metrics.csv names a column of angles, as not every circuit has them."""
    with open(run.metrics, encoding="utf-8", errors="replace") as file:
        return "alignment_" in file.readline()


def _learning(run: RunDirectory) -> Figure:

    return learning_curve(run.metrics)


def _alignment(run: RunDirectory) -> Figure:

    return alignment_figure(run.metrics)


def _figure4(run: RunDirectory) -> Figure:

    with open_recording(run.recording) as recording:
        return figure4(recording)


def _rates(run: RunDirectory) -> Figure:

    with open_recording(run.recording) as recording:
        return rates_figure(recording)


def _receptive_fields(run: RunDirectory) -> Figure:

    shape = None
    try:
        with open_recording(run.recording) as recording:
            shape = recording.layout.image_shape
    except SpikefaError:  # there is none, or it is damaged: square images need no shape
        pass
    return receptive_fields(run.checkpoint, shape=shape)
