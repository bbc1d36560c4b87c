"""One population in a raster picture: cells where it fires much, marks where it fires little."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from spikefa.analysis.panels import SPIKE_OF_CLASS, Column, show_cells
from spikefa.analysis.style import ACCENT, GREY, INK, PALE, quiet

DENSE = 0.1
"""From this rate on (spikes per neuron and step) cells are drawn, below it marks."""

MOST_MARKS = 20_000
"""More marks than these are pixels in a PDF or SVG too: such files would take minutes to open."""

MOST_UNIT_LABELS = 12


@dataclass(frozen=True)
class Spikes:
    """The spikes of some units of one population in the steps of a column.

    Attributes
    ----------
    column : Column
    population : str
    units : ndarray of int64, shape [n]
    raster : ndarray of bool, shape [T, n]
    """

    column: Column
    population: str
    units: np.ndarray
    raster: np.ndarray

    @property
    def classes(self) -> np.ndarray | None:
        """The class of each unit, int64 [n]; None unless this is an output population."""
        described = self.column.recording.populations[self.population]
        return described.classes(self.units) if described.n_classes else None

    @property
    def silent(self) -> np.ndarray:
        """Rows of the units without a single spike."""
        return np.flatnonzero(~self.raster.any(axis=0))

    @property
    def name(self) -> str:
        """Population, number of units, rate, silent units."""
        size = self.column.recording.populations[self.population].size
        count = f"{len(self.units):,}" + (f" of {size:,}" if len(self.units) < size else "")
        rate = f"{100 * self.raster.mean():.1f} % spikes"
        silent = [f"{len(self.silent):,} silent"] if len(self.silent) else []
        return "\n".join([self.population, f"{count} units", rate, *silent])


def draw_spikes(axes: Axes, spikes: Spikes) -> None:
    """Draw time to the right, a row for each unit downwards, the silent ones too."""
    target = np.zeros_like(spikes.raster)
    classes = spikes.classes
    if classes is not None:
        target = spikes.raster & (classes[None, :] == spikes.column.stimulus["label"][:, None])
    if spikes.raster.mean() >= DENSE:
        cells = np.where(target, SPIKE_OF_CLASS, spikes.raster).astype(np.uint8)
        show_cells(axes, spikes.column, cells)
    else:
        _draw_marks(axes, spikes, target)
    if classes is None:
        _number_units(axes, spikes.units)
    else:
        _draw_bands(axes, classes)
    _mark_silent(axes, spikes.silent)
    axes.set_ylabel(spikes.name, color=INK, fontsize=8.5)


def _draw_marks(axes: Axes, spikes: Spikes, target: np.ndarray) -> None:
    """Draw a short vertical mark for each spike, and grey where steps are missing."""
    column = spikes.column
    quiet(axes)
    axes.set_xlim(column.limits)
    axes.set_ylim(len(spikes.units) - 0.5, -0.5)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    box = axes.get_window_extent()
    points = 72 / axes.get_figure(root=True).dpi  # type: ignore[union-attr]
    height = box.height * points / len(spikes.units)
    width = box.width * points / (column.limits[1] - column.limits[0])
    for chosen, colour in ((spikes.raster & ~target, INK), (target, ACCENT)):
        rows, units = np.nonzero(chosen)
        axes.plot(
            column.steps[rows],
            units,
            linestyle="none",
            marker="|",
            markersize=np.clip(0.85 * height, 1.5, 9),
            markeredgewidth=np.clip(0.7 * width, 0.7, 2.5),
            color=colour,
            rasterized=len(rows) > MOST_MARKS,
        )
    for start, stop in missing(column):
        axes.axvspan(start - 0.5, stop - 0.5, color=PALE, linewidth=0)


def missing(column: Column) -> list[tuple[int, int]]:
    """Return start and stop (exclusive) of each stretch that was not recorded."""
    steps = np.concatenate([[column.window.start - 1], column.steps, [column.window.stop]])
    gaps = np.flatnonzero(np.diff(steps) > 1)
    return [(int(steps[gap]) + 1, int(steps[gap + 1])) for gap in gaps]


def _number_units(axes: Axes, units: np.ndarray) -> None:
    """Write the numbers of some units beside their rows."""
    count = min(len(units), MOST_UNIT_LABELS if len(units) <= MOST_UNIT_LABELS else 4)
    rows = np.round(np.linspace(0, len(units) - 1, count)).astype(np.int64)
    axes.set_yticks(rows, [f"{unit}" for unit in units[rows]])
    axes.tick_params(axis="y", length=2, labelsize=7, labelcolor=GREY)


def _draw_bands(axes: Axes, classes: np.ndarray) -> None:
    """Part the classes by lines and write their numbers."""
    held, first = np.unique(classes, return_index=True)
    edges = np.append(first, len(classes)) - 0.5
    for edge in edges[1:-1]:
        axes.axhline(edge, color=PALE, linewidth=0.8)
    axes.set_yticks((edges[:-1] + edges[1:]) / 2, [f"{number}" for number in held])
    axes.tick_params(axis="y", length=0, labelsize=7)


def _mark_silent(axes: Axes, rows: np.ndarray) -> None:
    """Put a small ring beside the row of each unit without a spike."""
    axes.plot(
        np.full(len(rows), 1.008),
        rows,
        linestyle="none",
        marker="o",
        markersize=2.5,
        markerfacecolor="none",
        markeredgecolor=GREY,
        markeredgewidth=0.7,
        clip_on=False,
        transform=axes.get_yaxis_transform(),
        label="silent",
    )
