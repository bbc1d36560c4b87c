"""A figure of peri-stimulus time histograms, of a population or of single units."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spikefa.analysis.limits import check_lines
from spikefa.analysis.psth import Psth, psth
from spikefa.analysis.responses import By
from spikefa.analysis.selection import select_units
from spikefa.analysis.small_panels import name_groups, small_panels
from spikefa.analysis.style import line_look, plain, style, styled
from spikefa.analysis.trials import IMAGE
from spikefa.recording import Recording, Steps
from spikefa.utils.indices import Selection


@styled
def psth_figure(
    recording: Recording,
    population: str,
    units: str | int | Selection | None = None,
    steps: Steps = None,
    align: str = IMAGE,
    by: By = None,
    before: int | None = None,
    after: int | None = None,
    width: int = 1,
) -> Figure:
    """Draw rates around the beginning of images or around a trigger, a line for each group.

    The bands are the means plus and minus their standard error over trials.

    Parameters
    ----------
    recording : Recording
    population : str
    units : str, int or selection, optional
        Units that have a panel each: a number of them, evenly spaced; or which, see `Recording`. By
        default one panel shows the mean of all recorded units.
    steps, align, by, before, after, width
        As in `psth`.

    Returns
    -------
    Figure
        Its panels have the labels ``"<population>"`` or ``"unit <number>"``.

    Raises
    ------
    SpikefaError
        If there is nothing to draw, or too much for one figure.
    """
    chosen = None if units is None else select_units(recording, population, units)
    given = None if chosen is None else chosen.tolist()
    found = psth(recording, population, given, steps, align, by, before, after, width)
    check_lines(len(found.group), "groups of trials")
    names = [population] if chosen is None else [f"unit {unit}" for unit in chosen]
    event = "the image came" if align == IMAGE else f"{align!r} fired"
    unit = "unit and step" if chosen is None else "step"
    figure, panels = small_panels(names, f"steps since {event}", f"spikes per {unit}")
    for place, axes in enumerate(panels):
        _mark_event(axes, found, align)
        if chosen is None:
            _draw(axes, found, found.population_mean, found.population_error)
        else:
            _draw(axes, found, found.mean[..., place], found.error[..., place])
    if chosen is not None:
        panels[0].set_ylim(bottom=0)
    name_groups(figure, panels[0], by)
    figure.suptitle(_title(recording, population, found, chosen is None), fontsize=10)
    return figure


def _draw(axes: Axes, found: Psth, mean: np.ndarray, error: np.ndarray) -> None:
    """Draw a line and a band for each group; mean and error are [groups, bins]."""
    middle = found.step + (found.width - 1) / 2
    for number, group in enumerate(found.group):
        look = line_look(number)
        axes.plot(middle, mean[number], **look, linewidth=1.4, marker=".", label=f"{group}")
        low, high = mean[number] - error[number], mean[number] + error[number]
        axes.fill_between(middle, low, high, color=look["color"], alpha=0.18, linewidth=0)


def _mark_event(axes: Axes, found: Psth, align: str) -> None:
    """Draw a line where the event is, if steps before it are shown."""
    if found.step[0] < 0:
        place = -0.5 if align == IMAGE else 0
        axes.axvline(place, color=style().grey, linewidth=0.9, linestyle=(0, (3, 2)))


def _title(recording: Recording, population: str, found: Psth, together: bool) -> str:
    count, size = len(recording.units(population)), recording.populations[population].size
    units = f"mean of {count:,}{f' of {size:,}' if count < size else ''} units"
    trials = f"{found.trials.sum():,} trials, bands: ± s.e.m."
    return plain(f"{population}, {units}, {trials}" if together else f"{population}, {trials}")
