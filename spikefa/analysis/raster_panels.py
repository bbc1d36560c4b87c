"""One population in a raster figure, drawn as cells if it fires much and as marks if little."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from spikefa.analysis.panels import (
    LEAST_POINTS,
    MOST_TICKS,
    SPIKE_OF_CLASS,
    Excerpt,
    show_cells,
)
from spikefa.analysis.spacing import apart, rows_apart
from spikefa.analysis.style import quiet, style

DENSE = 0.1
"""Rate, in spikes per neuron and step, from which on cells are drawn instead of marks."""

MOST_MARKS = 20_000
"""More marks become pixels even in PDF and SVG, since such files take minutes to open."""

MOST_UNIT_LABELS = 12

LINE, LEAST_BAND = 0.8, 3.0
"""Width of the lines between classes, and height of a class that they do not cover, in points."""


@dataclass(frozen=True)
class RasterPanel:
    """The spikes of some units of one population in an excerpt.

    Attributes
    ----------
    excerpt : Excerpt
    population : str
    units : ndarray of int64, shape [n]
    steps : ndarray of int64, shape [T]
        The steps at which the spikes were read.
    raster : ndarray of bool, shape [T, n]
    """

    excerpt: Excerpt
    population: str
    units: np.ndarray
    steps: np.ndarray
    raster: np.ndarray

    @property
    def rate(self) -> float:
        """Spikes per unit and step; 0 if no step was recorded."""
        return float(self.raster.mean()) if self.raster.size else 0.0

    @property
    def classes(self) -> np.ndarray | None:
        """The class of each unit, int64 [n]; None unless this is an output population."""
        described = self.excerpt.recording.populations[self.population]
        return described.classes(self.units) if described.n_classes else None

    @property
    def silent(self) -> np.ndarray:
        """Rows of the units without spikes; none if no step was recorded."""
        return np.flatnonzero(~self.raster.any(axis=0) & (len(self.steps) > 0))

    @property
    def missing(self) -> list[tuple[int, int]]:
        """Start and stop (exclusive) of each gap in the recorded steps."""
        window = self.excerpt.window
        steps = np.concatenate([[window.start - 1], self.steps, [window.stop]])
        gaps = np.flatnonzero(np.diff(steps) > 1)
        return [(int(steps[gap]) + 1, int(steps[gap + 1])) for gap in gaps]

    @property
    def name(self) -> str:
        """The title of the panel: population, number of units, rate, silent units."""
        size = self.excerpt.recording.populations[self.population].size
        count = f"{len(self.units):,}" + (f" of {size:,}" if len(self.units) < size else "")
        rate = f"{100 * self.rate:.1f} % spikes" if len(self.steps) else "not recorded"
        silent = [f"{len(self.silent):,} silent"] if len(self.silent) else []
        return "\n".join([self.population, f"{count} units", rate, *silent])


def draw_raster_panel(axes: Axes, panel: RasterPanel) -> None:
    """Draw time to the right and a row for each unit downwards, silent units included."""
    target = np.zeros_like(panel.raster)
    classes = panel.classes
    if classes is not None:
        target = panel.raster & panel.excerpt.is_of_class(panel.population, panel.units)
    if panel.rate >= DENSE:
        cells = np.where(target, SPIKE_OF_CLASS, panel.raster).astype(np.uint8)
        show_cells(axes, panel.excerpt, panel.steps, cells)
    else:
        _draw_marks(axes, panel, target)
    if classes is None:
        _number_units(axes, panel.units)
    else:
        _draw_bands(axes, classes)
    _mark_silent(axes, panel.silent)
    axes.set_ylabel(panel.name, fontsize=8)


def _draw_marks(axes: Axes, panel: RasterPanel, target: np.ndarray) -> None:
    """Draw a short vertical mark for each spike, and grey bands where steps are missing."""
    excerpt = panel.excerpt
    quiet(axes)
    axes.set_xlim(excerpt.limits)
    axes.set_ylim(len(panel.units) - 0.5, -0.5)
    axes.xaxis.set_major_locator(MaxNLocator(MOST_TICKS, integer=True))
    box = axes.get_window_extent()
    points = 72 / axes.get_figure(root=True).dpi  # type: ignore[union-attr]
    height = box.height * points / len(panel.units)
    width = box.width * points / (excerpt.limits[1] - excerpt.limits[0])
    for chosen, colour in ((panel.raster & ~target, style().ink), (target, style().accent)):
        rows, units = np.nonzero(chosen)
        axes.plot(
            panel.steps[rows],
            units,
            linestyle="none",
            marker="|",
            markersize=np.clip(0.85 * height, 1.5, 9),
            markeredgewidth=np.clip(0.7 * width, 0.7, 2.5),
            color=colour,
            rasterized=len(rows) > MOST_MARKS,
        )
    gaps = [(start - 0.5, stop - start) for start, stop in panel.missing]
    across = axes.get_xaxis_transform()
    axes.broken_barh(gaps, (0, 1), transform=across, color=style().pale, linewidth=0)


def _number_units(axes: Axes, units: np.ndarray) -> None:
    """Write the numbers of some units beside their rows."""
    count = min(len(units), MOST_UNIT_LABELS if len(units) <= MOST_UNIT_LABELS else 4)
    rows = np.round(np.linspace(0, len(units) - 1, count)).astype(np.int64)
    axes.set_yticks(rows, [f"{unit}" for unit in units[rows]])
    axes.tick_params(axis="y", length=2, labelsize=7.5, labelcolor=style().grey)


def _draw_bands(axes: Axes, classes: np.ndarray) -> None:
    """Separate the classes by lines, where they leave room for spikes; write their numbers."""
    held, first = np.unique(classes, return_index=True)
    edges = np.append(first, len(classes)) - 0.5
    if np.diff(edges).min() >= rows_apart(axes, LEAST_BAND):
        for edge in edges[1:-1]:
            axes.axhline(edge, color=style().pale, linewidth=LINE)
    middles = (edges[:-1] + edges[1:]) / 2
    kept = apart(middles.tolist(), rows_apart(axes, LEAST_POINTS))
    axes.set_yticks(middles[kept], [f"{number}" for number in held[kept]])
    axes.tick_params(axis="y", length=0, labelsize=7.5)


def _mark_silent(axes: Axes, rows: np.ndarray) -> None:
    """Draw a small ring beside the row of each unit without spikes."""
    axes.plot(
        np.full(len(rows), 1.008),
        rows,
        linestyle="none",
        marker="o",
        markersize=2.5,
        markerfacecolor="none",
        markeredgecolor=style().grey,
        markeredgewidth=0.7,
        clip_on=False,
        transform=axes.get_yaxis_transform(),
        label="silent",
    )
