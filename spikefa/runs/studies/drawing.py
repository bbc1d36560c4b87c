"""Panels, bands and axes for the figures of repeated runs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spikefa.analysis.style import GREY, INK, PALE, quiet

RIGHT_ANGLE = 90


def panels(columns: int, rows: int = 1, width: float = 4.0, height: float = 3.3) -> Any:
    """Return a figure and its panels, ndarray [rows, columns]; the sizes apply to one panel."""
    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
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
    """Label the axes; `title` is the letter or name of the panel."""
    axes.set_xlabel(x, color=INK, fontsize=9)
    axes.set_ylabel(y, color=INK, fontsize=9)
    axes.set_title(title, loc="left", color=INK, fontsize=9.5)


def level(axes: Axes, y: float, text: str = "") -> None:
    """Draw a thin horizontal line, for example at 90 degrees."""
    axes.axhline(y, color=PALE, linewidth=0.9, zorder=0)
    if text:
        axes.annotate(
            text,
            (1, y),
            xycoords=("axes fraction", "data"),
            color=GREY,
            fontsize=8,
            ha="right",
            va="bottom",
        )


def log_scale(axes: Axes) -> None:
    """Make the vertical axis logarithmic, with plain numbers: 3, not 3 x 10^0."""
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("{x:g}")


def legend(axes: Axes, **options: Any) -> None:
    """Show the legend without a frame."""
    axes.legend(frameon=False, fontsize=8, **options)


def first_below(x: Sequence[float] | np.ndarray, runs: np.ndarray, bound: float) -> np.ndarray:
    """Return the first value of `x` at which each run [n, T] is below `bound`, or inf if none."""
    below = runs < bound
    return np.where(below.any(1), np.asarray(x, float)[below.argmax(1)], np.inf)
