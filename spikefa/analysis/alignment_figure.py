"""Alignment over time, from the columns ``alignment_<projection>`` of metrics.csv."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from spikefa.analysis.metrics_table import MetricsTable, as_table, column
from spikefa.analysis.style import plain, quiet, style, styled
from spikefa.errors import require

PREFIX = "alignment_"
UNRELATED = 90.0
"""The angle in degrees between two large random matrices."""


@styled
def alignment_figure(metrics: MetricsTable | str | Path) -> Figure:
    """Draw the angle between each W and the transpose of its B against the epoch.

    Parameters
    ----------
    metrics : path-like or sequence of mapping
        metrics.csv or its rows: ``epoch`` and ``alignment_<projection>``, in degrees. A row of
        epoch 0 holds the angles before training, which a run writes as start.csv.

    Raises
    ------
    SpikefaError
        If there are no rows, or no column of angles.
    """
    rows = as_table(metrics)
    names = alignment_columns(rows)
    require(
        len(names) > 0,
        "the metrics hold no alignment to draw: the circuit has no matrix to compare W with, or "
        "the run was made by a version of spikefa that did not write it",
    )
    figure = Figure(figsize=(7.5, 3.9), layout="constrained")
    axes = figure.subplots()
    epochs = column(rows, "epoch")
    drawn = [
        _draw(axes, epochs, column(rows, name), plain(name.removeprefix(PREFIX)), number)
        for number, name in enumerate(names)
    ]
    _mark_unrelated(axes)
    lowest = min(UNRELATED, *(float(np.nanmin(angles)) for angles in drawn))
    highest = max(UNRELATED, *(float(np.nanmax(angles)) for angles in drawn))
    margin = max(1.0, 0.1 * (highest - lowest))
    axes.set_ylim(max(0.0, lowest - margin), min(180.0, highest + margin))
    axes.set_xlim(0, 1.03 * np.nanmax([1.0, *epochs]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}°"))
    axes.set_xlabel("epoch")
    axes.set_ylabel("angle between W and Bᵀ")
    figure.legend(
        loc="outside right upper",
        frameon=False,
        title="projection onto",
        title_fontsize=9,
        fontsize=9,
    )
    quiet(axes)
    return figure


def alignment_columns(rows: MetricsTable) -> list[str]:
    """Return the names of the columns that hold angles."""
    names = [name for name in (rows[-1] if rows else ()) if str(name).startswith(PREFIX)]
    return [name for name in names if np.isfinite(column(rows, name)).any()]


def _draw(
    axes: Axes, epochs: np.ndarray, angles: np.ndarray, label: str, number: int
) -> np.ndarray:
    palette = style().palette
    colour = palette[number % len(palette)]
    axes.plot(epochs, angles, marker="o", markersize=4, color=colour, label=label)
    return angles


def _mark_unrelated(axes: Axes) -> None:
    axes.axhline(UNRELATED, color=style().grey, linewidth=1, linestyle=(0, (4, 3)))
    axes.annotate(
        "unrelated",
        (1, UNRELATED),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        color=style().grey,
        fontsize=8,
    )
