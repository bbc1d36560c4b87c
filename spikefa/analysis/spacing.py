"""Room for labels: which of many to write, ticks of logarithmic axes, legends above the data."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

EVERY = {0.45: None, 2.6: (1.0, 2.0, 5.0), math.inf: (1.0,)}
"""Up to this many decades, which multiples of a power of ten have a tick; None: round numbers."""


DIGIT, OVERHANG = 0.65, 2.5
"""Width of a digit as a share of its size; points that a label may reach beyond its panel."""
TITLE = 9.5
"""Points of the titles of panels."""


def apart(places: Sequence[float], least: float) -> list[int]:
    """Return which of the places, in ascending order, to label so that they are `least` apart."""
    chosen: list[int] = []
    for number, place in enumerate(places):
        if not chosen or place - places[chosen[-1]] >= least * (1 - 1e-9):
            chosen.append(number)
    return chosen


def rows_apart(axes: Axes, points: float) -> float:
    """Return how many rows of a panel of units lie within some points, for `apart`."""
    low, high = sorted(axes.get_ylim())
    figure = axes.get_figure(root=True)
    assert figure is not None
    return points * (high - low) / (axes.get_window_extent().height * 72 / figure.dpi)


def labels_inside(axes: Axes, size: float = 8) -> None:
    """Label only those ticks of the time axis whose label does not reach into a panel beside it.

    Parameters
    ----------
    axes : Axes
        With its limits and ticks, in a figure whose panels have their places.
    size : float, default 8
        Points of the labels.
    """
    low, high = axes.get_xlim()
    figure = axes.get_figure(root=True)
    assert figure is not None
    point = (high - low) / (axes.get_window_extent().width * 72 / figure.dpi)
    ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
    labels = [f"{tick:.0f}" for tick in ticks]
    half = [(DIGIT * size * len(label) / 2 - OVERHANG) * point for label in labels]
    inside = [low <= tick - h and tick + h <= high for tick, h in zip(ticks, half, strict=True)]
    shown = [label if fits else "" for label, fits in zip(labels, inside, strict=True)]
    axes.set_xticks(ticks, shown)
    axes.set_xlim(low, high)


def log_scale(axes: Axes, power: bool = False) -> None:
    """Make the vertical axis logarithmic, with ticks for its range that are apart.

    Parameters
    ----------
    axes : Axes
        With its data drawn.
    power : bool, default False
        Whether to write powers of ten instead of plain numbers such as 0.5 and 20.
    """
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    decades = math.log10(high / low)
    multiples = next(found for most, found in EVERY.items() if decades <= most)
    if multiples is None:
        axes.yaxis.set_major_locator(MaxNLocator(5))
    else:
        axes.yaxis.set_major_locator(LogLocator(subs=multiples, numticks=12))
    if not power:
        axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())


def legend_above(axes: Axes) -> None:
    """Show the legend above the panel and below its title, where it covers no data.

    It has as many columns as there is room for. The layout of the figure must leave room for what
    stands around the panels, as Matplotlib's "constrained" does.
    """
    figure = axes.get_figure(root=True)
    assert figure is not None
    count = len(axes.get_legend_handles_labels()[0])
    for columns in range(count, 0, -1):
        legend = axes.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=columns,
            fontsize=8,
            frameon=False,
            borderpad=0.2,
            borderaxespad=0.2,
            handlelength=1.4,
            columnspacing=1.2,
        )
        box = legend.get_window_extent()
        if box.width <= axes.get_window_extent().width:
            break
    title = axes.get_title("left")
    if title:
        axes.set_title(title, loc="left", pad=box.height * 72 / figure.dpi + 6, fontsize=TITLE)
