"""A figure of tuning curves."""

import numpy as np
from matplotlib.figure import Figure

from spikefa.analysis.limits import check_lines
from spikefa.analysis.selection import select_units
from spikefa.analysis.small_panels import small_panels
from spikefa.analysis.style import plain, style, styled
from spikefa.analysis.tuning import tuning
from spikefa.recording import Recording, Steps
from spikefa.utils.indices import Selection


@styled
def tuning_figure(
    recording: Recording,
    population: str,
    window: slice | None = None,
    units: str | int | Selection = 12,
    steps: Steps = None,
) -> Figure:
    """Draw the mean response of some units to each class, a panel for each unit.

    Bars are the standard error over presentations; the filled dot is the preferred class.

    Parameters
    ----------
    recording, population, window, steps
        As in `tuning`.
    units : str, int or selection, default 12
        A number of units, evenly spaced, or which, see `Recording`.

    Returns
    -------
    Figure
        Its panels have the labels ``"unit <number>"``.

    Raises
    ------
    SpikefaError
        If there is nothing to draw, or too much for one figure.
    """
    chosen = select_units(recording, population, units)
    found = tuning(recording, population, window, chosen.tolist(), steps)
    check_lines(len(found.group), "classes")
    names = [f"unit {unit}" for unit in chosen]
    figure, panels = small_panels(names, "class shown", "spikes per step")
    place = np.arange(len(found.group))
    for number, axes in enumerate(panels):
        mean, error = found.mean[:, number], found.error[:, number]
        known = np.where(np.isnan(error), 0, error)
        axes.errorbar(place, mean, known, color=style().blue, linewidth=1.1, elinewidth=1)
        best = found.group == found.preferred[number]
        axes.plot(
            place[best],
            mean[best],
            linestyle="none",
            marker="o",
            markersize=5,
            color=style().accent,
        )
        axes.set_xticks(place, [f"{group}" for group in found.group])
        axes.tick_params(axis="x", labelsize=7)
    panels[0].set_ylim(bottom=0)
    total = f"{found.presentations.sum():,} presentations"
    figure.suptitle(
        plain(f"{population}, {total}; bars: ± s.e.m., dots: preferred class"), fontsize=10
    )
    return figure
