"""Figures of spike-triggered averages: of images, and of a trace."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from spikefa.analysis.field_panels import field_panels
from spikefa.analysis.limits import check_small_panels
from spikefa.analysis.selection import select_units
from spikefa.analysis.small_panels import small_panels
from spikefa.analysis.style import plain, style, styled
from spikefa.analysis.triggered import triggered_images, triggered_trace
from spikefa.errors import require
from spikefa.recording import Recording, Steps
from spikefa.utils.indices import Selection


@styled
def triggered_trace_figure(
    recording: Recording,
    population: str,
    trace: tuple[str, str, int],
    before: int,
    after: int,
    units: str | int | Selection = 12,
    steps: Steps = None,
) -> Figure:
    """Draw the mean course of a trace around the spikes of some units, a panel for each.

    The horizontal line is the mean of these courses over all units and steps that are drawn. Panels
    of units with fewer than two spikes stay empty.

    Parameters
    ----------
    recording, population, trace, before, after, steps
        As in `triggered_trace`.
    units : str, int or selection, default 12
        A number of units that trigger, evenly spaced, or which, see `Recording`.

    Returns
    -------
    Figure
        Its panels have the labels ``"unit <number>, <spikes> spikes"``.

    Raises
    ------
    SpikefaError
        As in `triggered_trace`, and if no unit spiked.
    """
    chosen = select_units(recording, population, units)
    average, spikes = triggered_trace(
        recording, population, trace, before, after, chosen.tolist(), steps
    )
    require(
        bool(spikes.any()),
        f"none of these units of {population!r} spiked where all steps around it were recorded",
    )
    names = [f"unit {unit}, {n:,} spikes" for unit, n in zip(chosen, spikes, strict=True)]
    source, variable, number = trace
    figure, panels = small_panels(
        names, "steps since the spike", f"{variable} of unit {number} of {source}"
    )
    lags = np.arange(-before, after + 1)
    usual = float(np.nanmean(average))
    for axes, course, count in zip(panels, average, spikes, strict=True):
        axes.axhline(usual, color=style().pale, linewidth=0.9)
        axes.axvline(0, color=style().grey, linewidth=0.9, linestyle=(0, (3, 2)))
        if count > 1:
            axes.plot(lags, course, color=style().blue, linewidth=1.4, marker=".", markersize=4)
    figure.suptitle(plain(f"{variable} around the spikes of {population}"), fontsize=10)
    return figure


@styled
def triggered_images_figure(
    recording: Recording,
    population: str,
    units: str | int | Selection = 24,
    steps: Steps = None,
    lag: int = 0,
    images: Mapping[int, np.ndarray] | np.ndarray | None = None,
) -> Figure:
    """Draw how the images shown when units spiked differ from the mean image of all steps.

    Red pixels were brighter than usual, blue ones darker. All images share one scale.

    Parameters
    ----------
    recording, population, steps, lag, images
        As in `triggered_images`.
    units : str, int or selection, default 24
        A number of units, evenly spaced, or which, see `Recording`.

    Returns
    -------
    Figure
        Its panels have the labels ``"unit <number>"``.

    Raises
    ------
    SpikefaError
        As in `triggered_images`, and if no unit spiked.
    """
    chosen = select_units(recording, population, units)
    check_small_panels(len(chosen))
    found = triggered_images(recording, population, chosen.tolist(), steps, lag, images)
    require(bool(found.spikes.any()), f"none of these units of {population!r} spiked")
    differences = found.average - found.mean
    largest = float(np.nanmax(np.abs(differences))) or 1.0
    # Nothing is known of a unit without spikes: its panel has the colour of no difference.
    fields, names = np.nan_to_num(differences), [f"unit {unit}" for unit in chosen]
    figure = field_panels(fields, chosen, names, largest, "difference (grey levels)")
    when = f"{lag} step{'s' if lag > 1 else ''} before" if lag else "during"
    title = f"images {when} spikes of {population}, minus mean image"
    figure.suptitle(plain(title), x=0.01, ha="left", fontsize=10)
    return figure
