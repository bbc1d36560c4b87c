"""Learning curves, from the rows of metrics.csv."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, ScalarFormatter

from spikefa.analysis.metrics_table import MetricsTable, as_table, column
from spikefa.analysis.style import plain, quiet, style, styled
from spikefa.errors import require

ERRORS = {"train_error_percent": "training", "validation_error_percent": "validation"}
LOG_RANGE = 5
"""The error axis is logarithmic if the largest error is this many times the smallest."""


@styled
def learning_curve(metrics: MetricsTable | str | Path) -> Figure:
    """Draw the error, and below it the firing rates, against the images seen.

    Parameters
    ----------
    metrics : path-like or sequence of mapping
        metrics.csv or its rows: ``epoch``, ``images``, ``train_error_percent``,
        ``validation_error_percent`` (may be empty) and ``rate_<population>`` (spikes per neuron
        and step).

    Raises
    ------
    SpikefaError
        If there are no rows, or the column ``images`` holds no numbers.
    """
    rows = as_table(metrics)
    require(len(rows) > 0, "there are no metrics to draw: let one epoch finish first")
    images = column(rows, "images")
    require(
        bool(np.isfinite(images).all()),
        f"the metrics need numbers in 'images': the columns are {', '.join(rows[0])}",
    )
    rates = [name for name in rows[0] if name.startswith("rate_")]
    figure = Figure(figsize=(7.5, 6.5 if rates else 4.2), layout="constrained")
    heights = [3, 2] if rates else [3]
    panels = figure.subplots(
        len(heights), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights}
    )[:, 0]
    _draw_errors(panels[0], images, rows)
    if rates:
        _draw_rates(panels[1], images, rows, rates)
    panels[-1].set_xlabel("images seen")
    panels[-1].xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    _mark_epochs(panels[0], images, column(rows, "epoch"))
    return figure


def _draw_errors(axes: Axes, images: np.ndarray, rows: MetricsTable) -> None:
    drawn: dict[str, tuple[float, np.ndarray]] = {}
    for name, label in ERRORS.items():
        errors = column(rows, name)
        known = np.isfinite(errors)
        if known.any():
            axes.plot(
                images[known],
                errors[known],
                marker="o",
                markersize=4,
                color=_colour(name),
                label=label,
            )
            drawn[name] = float(images[known][-1]), errors[known]
    require(len(drawn) > 0, "the metrics hold no error to draw")
    _write_last(axes, drawn)
    all_errors = np.concatenate([errors for _, errors in drawn.values()])
    if all_errors.min() > 0 and all_errors.max() > LOG_RANGE * all_errors.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(ScalarFormatter())
        axes.yaxis.set_minor_formatter(ScalarFormatter())
    else:
        axes.set_ylim(0, 1.15 * max(1.0, float(all_errors.max())))
    axes.set_ylabel("error (%)")
    axes.set_xlim(0, 1.12 * max(1.0, float(images.max())))
    axes.legend(frameon=False)
    quiet(axes)


def _colour(name: str) -> str:
    return style().grey if name.startswith("train") else style().accent


def _write_last(axes: Axes, drawn: Mapping[str, tuple[float, np.ndarray]]) -> None:
    """Write the last error at the end of each curve, the larger one above, the other below."""
    largest = max(errors[-1] for _, errors in drawn.values())
    for name, (right, errors) in drawn.items():
        axes.annotate(
            f"{errors[-1]:.2f} %",
            (right, errors[-1]),
            xytext=(7, 1 if errors[-1] == largest else -1),
            textcoords="offset points",
            va="bottom" if errors[-1] == largest else "top",
            color=_colour(name),
            fontsize=9,
        )


def _draw_rates(axes: Axes, images: np.ndarray, rows: MetricsTable, names: Sequence[str]) -> None:
    for number, name in enumerate(names):
        palette = style().palette
        colour = palette[number % len(palette)]
        label = plain(name.removeprefix("rate_"))
        axes.plot(images, column(rows, name), marker="o", markersize=3, color=colour, label=label)
    axes.set_ylabel("spikes per neuron\nand step")
    highest = np.nanmax([0.01, *(value for name in names for value in column(rows, name))])
    axes.set_ylim(0, 1.25 * highest)  # room for the legend
    axes.legend(frameon=False, ncols=min(len(names), 5), fontsize=8)
    quiet(axes)


def _mark_epochs(axes: Axes, images: np.ndarray, epochs: np.ndarray) -> None:
    """Add an axis of epochs along the top, if an epoch is a fixed number of images."""
    if not (np.isfinite(epochs).all() and (epochs > 0).all() and images[-1] > 0):
        return
    size = images[-1] / epochs[-1]
    top = axes.secondary_xaxis("top", functions=(lambda x: x / size, lambda x: x * size))
    top.xaxis.set_major_locator(MaxNLocator(integer=True))
    top.set_xlabel("epoch")
    top.tick_params(color=style().grey, labelcolor=style().ink, labelsize=8)
    top.spines["top"].set_color(style().grey)
