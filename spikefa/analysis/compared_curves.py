"""Learning curves of several runs over each other, one panel for each kind of error."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from spikefa.analysis.curves import LOG_RANGE
from spikefa.analysis.metrics_table import MetricsTable, column
from spikefa.analysis.spacing import log_scale
from spikefa.analysis.style import plain, quiet, style, styled
from spikefa.errors import require

KINDS = {
    "validation_error_percent": "validation error",
    "train_error_percent": "training error",
}
"""The errors of an epoch, by their columns, in the order of the panels."""
DASHES = ("-", "--", ":", "-.")
PER_INCH = 11
"""Characters of the legend on an inch."""
MOST_LINES = 28
"""Lines that colours and dashes can tell apart: seven colours times four dashes."""


@dataclass(frozen=True, kw_only=True)
class Curves:
    """What is drawn with one colour: a run, or runs that differ in their seed.

    Attributes
    ----------
    label : str
    runs : sequence of MetricsTable
        The epochs of each run. With several, their mean is drawn, with a band of one standard
        deviation and each of them as a thin line.
    tests : sequence of float
        The error on the test images after training, in percent, of each run that was tested.
    """

    label: str
    runs: Sequence[MetricsTable]
    tests: Sequence[float] = ()


@styled
def compared_curves(groups: Sequence[Curves]) -> Figure:
    """Draw the errors of several runs against the images seen, and their last test errors.

    Every panel says which error it shows, and all have one scale. An error that no run has gets no
    panel.

    Raises
    ------
    SpikefaError
        If no run has an error, or there are more lines than colours and dashes can tell apart.
    """
    require(
        len(groups) <= MOST_LINES,
        f"{len(groups)} curves cannot be told apart in one figure: draw at most {MOST_LINES}",
    )
    kinds = [name for name in KINDS if any(_known(each, name).size for each in groups)]
    tested = any(len(each.tests) for each in groups)
    require(len(kinds) + tested > 0, "the runs hold no error of an epoch to draw")
    widths = [3.0] * len(kinds) + [2.0] * tested
    width = max(5.0, sum(widths))
    labels = [_shortened(each.label, width) for each in groups]
    columns, lines = _legend_shape(labels, width)
    figure = Figure(figsize=(width, 3.2 + 0.2 * lines), layout="constrained")
    panels = figure.subplots(1, len(widths), sharey=True, squeeze=False, width_ratios=widths)[0]
    for axes, name in zip(panels, kinds, strict=False):
        _draw_errors(axes, groups, name)
    if tested:
        _draw_tests(panels[-1], groups)
    _set_scale(panels[0], groups, kinds)
    for axes in panels[: len(kinds)]:
        axes.set_xlim(0, max(panel.get_xlim()[1] for panel in panels[: len(kinds)]))
    summed = any(f"{name}_summed" in rows[-1] for name in kinds for rows in _epochs(groups))
    panels[0].set_ylabel("error, guess from the last step (%)" if summed else "error (%)")
    for number, label in enumerate(labels):
        panels[0].plot([], [], label=label, **_look(number))
    handles, _ = panels[0].get_legend_handles_labels()
    figure.legend(
        handles=handles, loc="outside lower left", ncols=columns, frameon=False, fontsize=8
    )
    return figure


def _epochs(groups: Sequence[Curves]) -> list[MetricsTable]:
    return [rows for group in groups for rows in group.runs if rows]


def _shortened(label: str, inches: float) -> str:
    most = int(PER_INCH * inches) - 8
    return plain(label if len(label) <= most else f"{label[: most - 3]}...")


def _legend_shape(labels: Sequence[str], inches: float) -> tuple[int, int]:
    """Return columns and lines of a legend that is as wide as the figure."""
    longest = max(map(len, labels)) + 8  # a line, and the space around it
    columns = max(1, min(len(labels), int(PER_INCH * inches / longest)))
    return columns, -(-len(labels) // columns)


def _look(number: int) -> dict[str, Any]:
    palette = style().palette
    dashes = DASHES[number // len(palette) % len(DASHES)]
    return {"color": palette[number % len(palette)], "linestyle": dashes}


def _known(group: Curves, name: str) -> np.ndarray:
    """Return all numbers of a column in the runs of a group."""
    errors = [column(rows, name) for rows in group.runs if rows]
    together = np.concatenate(errors) if errors else np.empty(0)
    return together[np.isfinite(together)]


def _draw_errors(axes: Axes, groups: Sequence[Curves], name: str) -> None:
    """Draw one kind of error of all groups that have it."""
    for number, group in enumerate(groups):
        look = _look(number)
        drawn = [_points(rows, name) for rows in group.runs if rows]
        drawn = [(images, errors) for images, errors in drawn if len(errors)]
        alone = len(drawn) == 1
        for images, errors in drawn:
            thin: dict[str, Any] = {} if alone else {"linewidth": 0.6, "alpha": 0.5}
            axes.plot(images, errors, marker="o" if alone else "", markersize=3, **look, **thin)
        if len(drawn) > 1:
            _draw_mean(axes, drawn, look)
    axes.set_title(KINDS[name], loc="left", fontsize=9.5)
    axes.set_xlabel("images seen", fontsize=9)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    quiet(axes)


def _points(rows: MetricsTable, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the images seen and the errors of the epochs that have both."""
    images, errors = column(rows, "images"), column(rows, name)
    known = np.isfinite(images) & np.isfinite(errors)
    return images[known], errors[known]


def _draw_mean(
    axes: Axes, drawn: Sequence[tuple[np.ndarray, np.ndarray]], look: dict[str, Any]
) -> None:
    """Draw mean and standard deviation over the epochs that all runs have done."""
    done = min(len(errors) for _, errors in drawn)
    images = drawn[0][0][:done]
    errors = np.stack([errors[:done] for _, errors in drawn])
    mean, sd = errors.mean(0), errors.std(0, ddof=1)
    axes.plot(images, mean, linewidth=1.8, **look)
    axes.fill_between(images, mean - sd, mean + sd, color=look["color"], alpha=0.18, linewidth=0)


def _draw_tests(axes: Axes, groups: Sequence[Curves]) -> None:
    """Draw the test error of every run as a dot; of several also mean and standard deviation."""
    for number, group in enumerate(groups):
        colour, tests = _look(number)["color"], np.asarray(group.tests, float)
        axes.plot(np.full(len(tests), number), tests, "o", color=colour, markersize=4)
        if len(tests) > 1:
            axes.errorbar(
                number + 0.25, tests.mean(), tests.std(ddof=1), color=colour, marker="_", capsize=3
            )
    axes.set_title("test error after training", loc="left", fontsize=9.5)
    axes.set_xlim(-0.6, len(groups) - 0.4)
    axes.set_xticks([])
    quiet(axes)


def _set_scale(axes: Axes, groups: Sequence[Curves], kinds: Sequence[str]) -> None:
    """Scale the axis of errors, which all panels share."""
    errors = [_known(group, name) for group in groups for name in kinds]
    values = np.concatenate([*errors, *(np.asarray(group.tests, float) for group in groups)])
    low, high = float(values.min()), float(values.max())
    if low > 0 and high > LOG_RANGE * low:
        axes.set_ylim(0.8 * low, 1.2 * high)
        log_scale(axes)
    else:
        axes.set_ylim(0, 1.1 * max(1.0, high))
