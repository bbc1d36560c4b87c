"""Panels, bands and axes for the figures of repeated runs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spikefa.analysis.saving import PAGE_WIDTH
from spikefa.analysis.spacing import TITLE
from spikefa.analysis.style import GREY, INK, PALE, quiet

RIGHT_ANGLE = 90


def panels(columns: int, rows: int = 1, width: float = 4.0, height: float = 3.3) -> Any:
    """Return a figure and its panels, ndarray [rows, columns]; the sizes apply to one panel.

    Panels are narrower if the figure would be wider than a page.
    """
    wide = min(width * columns, PAGE_WIDTH)
    figure = Figure(figsize=(wide, height * rows), layout="constrained")
    found = figure.subplots(rows, columns, squeeze=False)
    for axes in found.flat:
        quiet(axes)
    return figure, found


def band(
    axes: Axes, x: np.ndarray, runs: np.ndarray, colour: str, label: str = "", style: str = "-"
) -> None:
    """Draw the mean of the runs [n, T] with a band of one standard deviation."""
    mean = runs.mean(0)
    axes.plot(x, mean, style, color=colour, linewidth=1.6, label=label or None)
    if len(runs) > 1:
        sd = runs.std(0, ddof=1)
        axes.fill_between(x, mean - sd, mean + sd, color=colour, alpha=0.18, linewidth=0)


def traces(axes: Axes, x: np.ndarray, runs: np.ndarray, colour: str = INK) -> None:
    """Draw every run [n, T] as a thin line."""
    axes.plot(x, runs.T, color=colour, linewidth=0.6, alpha=0.6)


def name_axes(axes: Axes, x: str, y: str, title: str = "") -> None:
    """Label the axes; `title` is the letter or name of the panel. A legend comes after it."""
    axes.set_xlabel(x, color=INK, fontsize=9)
    axes.set_ylabel(y, color=INK, fontsize=9)
    axes.set_title(title, loc="left", color=INK, fontsize=TITLE)


def level(axes: Axes, y: float, text: str = "") -> None:
    """Draw a thin horizontal line, for example at 90 degrees; the legend says the text."""
    if text:
        axes.axhline(y, color=GREY, linewidth=0.9, linestyle=(0, (4, 3)), zorder=0, label=text)
    else:
        axes.axhline(y, color=PALE, linewidth=0.9, zorder=0)


def first_below(x: Sequence[float] | np.ndarray, runs: np.ndarray, bound: float) -> np.ndarray:
    """Return the first value of `x` at which each run [n, T] is below `bound`, or inf if none."""
    below = runs < bound
    return np.where(below.any(1), np.asarray(x, float)[below.argmax(1)], np.inf)
