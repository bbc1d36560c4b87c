"""Learning curves, from the rows of metrics.csv."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from spikefa.analysis.metrics_table import MetricsTable, as_table, column
from spikefa.analysis.spacing import legend_above, log_scale
from spikefa.analysis.style import plain, quiet, style, styled
from spikefa.errors import require

ERRORS = {
    "train_error_percent": "training images, while learning",
    "validation_error_percent": "validation images",
}
TEST = "test images, at the end"
LOG_RANGE = 5
"""The error axis is logarithmic if the largest error is this many times the smallest."""


@styled
def learning_curve(metrics: MetricsTable | str | Path, test_error: float | None = None) -> Figure:
    """Draw the error, and below it the firing rates, against the images seen.

    The legend says of which images each error is, and its last value.

    Parameters
    ----------
    metrics : path-like or sequence of mapping
        metrics.csv or its rows: ``epoch``, ``images``, ``train_error_percent``,
        ``validation_error_percent`` (may be empty) and ``rate_<population>`` (spikes per neuron
        and step).
    test_error : float, optional
        The error on the test images after the last epoch, in percent.

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
    _draw_errors(panels[0], images, rows, test_error)
    if rates:
        _draw_rates(panels[1], images, rows, rates)
    panels[-1].set_xlabel("images seen")
    panels[-1].xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    _mark_epochs(panels[0], images, column(rows, "epoch"))
    return figure


def _draw_errors(axes: Axes, images: np.ndarray, rows: MetricsTable, test: float | None) -> None:
    drawn: list[np.ndarray] = []
    for name, words in ERRORS.items():
        errors = column(rows, name)
        known = np.isfinite(errors)
        if known.any():
            label = _told(words, errors[known][-1])
            colour = style().grey if name.startswith("train") else style().accent
            axes.plot(
                images[known], errors[known], marker="o", markersize=4, color=colour, label=label
            )
            drawn.append(errors[known])
    require(len(drawn) > 0, "the metrics hold no error to draw")
    if test is not None:
        axes.plot(
            images[-1:],
            [test],
            linestyle="none",
            marker="D",
            markersize=6,
            color=style().blue,
            label=_told(TEST, test),
        )
        drawn.append(np.array([test]))
    all_errors = np.concatenate(drawn)
    if all_errors.min() > 0 and all_errors.max() > LOG_RANGE * all_errors.min():
        log_scale(axes)
    else:
        axes.set_ylim(0, 1.15 * max(1.0, float(all_errors.max())))
    summed = any(name.endswith("_summed") for name in rows[-1])
    axes.set_ylabel("error, guess from the last step (%)" if summed else "error (%)")
    axes.set_xlim(0, 1.04 * max(1.0, float(images.max())))
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.legend(loc="outside upper left", ncols=len(drawn), frameon=False, fontsize=8)
    quiet(axes)


def _told(words: str, last: float) -> str:
    return f"{words}: {last:.2f} %"


def _draw_rates(axes: Axes, images: np.ndarray, rows: MetricsTable, names: Sequence[str]) -> None:
    for number, name in enumerate(names):
        palette = style().palette
        colour = palette[number % len(palette)]
        label = plain(name.removeprefix("rate_"))
        axes.plot(images, column(rows, name), marker="o", markersize=3, color=colour, label=label)
    axes.set_ylabel("spikes per neuron\nand step")
    highest = np.nanmax([0.01, *(value for name in names for value in column(rows, name))])
    axes.set_ylim(0, 1.08 * highest)
    legend_above(axes)
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
