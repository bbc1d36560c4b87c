"""Panels that show an excerpt of a recording: thumbnails, rasters and traces."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from spikefa.analysis.limits import MOST_SWITCHES, check_cells
from spikefa.analysis.spacing import apart, rows_apart
from spikefa.analysis.style import quiet, style
from spikefa.recording import Recording, Series, Window

SILENT, SPIKE, SPIKE_OF_CLASS, MISSING = range(4)
"""Values of the cells of a drawn raster, and their places in `cell_colours`."""

MOST_THUMBNAILS = 12
MOST_TICKS = 5
"""Along the time axis."""
LETTER = 0.068
"""Inches of a letter of 8 points, with room to spare."""
LEAST_POINTS = 9.5
"""Between the middles of labels below each other."""
CRISP_UNITS = 250
"""Up to this many units are drawn with sharp rows; more are smoothed, so that none vanishes."""


@dataclass(frozen=True)
class Excerpt:
    """The steps of a recording within a window, as one column of a figure shows them."""

    recording: Recording
    window: Window
    stream: int
    """The stream that everything in the figure is of."""

    @property
    def span(self) -> slice:
        """The steps of the window, for the argument `steps` of a recording."""
        return slice(self.window.start, self.window.stop)

    def steps(self, population: str, variable: str = "spikes") -> np.ndarray:
        """Return the steps of the window at which a variable was read, int64 [T]."""
        series = self.recording.series(population, variable)
        return series.steps[series.rows(self.span)]

    @property
    def limits(self) -> tuple[float, float]:
        """The ends of the time axis. A step is a cell with its number in the middle."""
        return self.window.start - 0.5, self.window.stop - 0.5

    def presentations(self) -> list[tuple[int, int, int, int]]:
        """Return start, stop (exclusive), image and label of each presentation."""
        steps, shown = self.recording.known_presentations(self.span, self.stream)
        first, last = steps[shown.edges[:-1]], steps[shown.edges[1:] - 1]
        columns = (first, last + 1, shown.image, shown.label)
        return list(zip(*(column.tolist() for column in columns), strict=True))

    def pictured(self) -> list[tuple[int, int, int, int]]:
        """Return those of the presentations for whose images there is room above the panels."""
        shown = self.presentations()
        middles = [(start + stop - 1) / 2 for start, stop, *_ in shown]
        width = (self.window.stop - self.window.start) / MOST_THUMBNAILS
        return [shown[number] for number in apart(middles, width)]

    def remark(self) -> list[str]:
        """Return the remark on which images are drawn, if there is no room for all."""
        pictured, shown = len(self.pictured()), len(self.presentations())
        return [f"{pictured} of {shown:,} images drawn, over their steps"] * (pictured < shown)

    def is_of_class(self, population: str, units: np.ndarray) -> np.ndarray:
        """Return which of the `units` of an output population stand for the class shown, [T, n]."""
        classes = self.recording.populations[population].classes(units)
        series = self.recording.series(population)
        label = series.stimulus(series.rows(self.span))["label"]
        return np.asarray(classes[None, :] == label[:, None])

    def spread(self, steps: np.ndarray, values: np.ndarray, missing: float) -> np.ndarray:
        """Put rows [T, ...] at their steps [stop - start, ...], with `missing` in the gaps."""
        length = self.window.stop - self.window.start
        check_cells(max(1, values[:1].size), length, f"{self.window.label!r}")
        spread = np.full((length, *values.shape[1:]), missing, dtype=values.dtype)
        spread[steps - self.window.start] = values
        return spread


def draw_thumbnails(axes: Axes, excerpt: Excerpt) -> None:
    """Draw images above the steps in which they are shown, or classes if no pixels were kept.

    If there is no room for all, the steps of those drawn are marked by a bar below.
    """
    axes.set_axis_off()
    axes.set(xlim=excerpt.limits, ylim=(0, 1))
    images = excerpt.recording.images
    brightest = max((pixels.max() for pixels in images.values()), default=1)  # 16 or 255
    pictured = excerpt.pictured()
    across = axes.get_xaxis_transform()
    width = (excerpt.window.stop - excerpt.window.start) / MOST_THUMBNAILS
    for start, stop, image, label in pictured:
        middle = (start + stop - 1) / 2
        if len(pictured) < len(excerpt.presentations()):
            ends = (start - 0.5, stop - 0.5)
            axes.plot(ends, [-0.04] * 2, color=style().ink, transform=across, clip_on=False)
        if image not in images:
            axes.text(middle, 0.5, str(label), ha="center", va="center", fontsize=11)
            continue
        wide = max(width, stop - start)
        inset = axes.inset_axes((middle - wide / 2, 0.0, wide, 1.0), transform=across)
        cmap = style().pixels
        inset.imshow(images[image], cmap=cmap, vmin=0, vmax=brightest, interpolation="nearest")
        inset.set_axis_off()


def draw_hidden_raster(axes: Axes, excerpt: Excerpt, population: str, named: bool) -> None:
    """Draw the spikes of all recorded units of a hidden population, silent units included."""
    spikes = excerpt.recording.raster(population, steps=excerpt.span)
    show_cells(axes, excerpt, excerpt.steps(population), spikes.astype(np.uint8))
    axes.set_yticks([])
    if named:
        size = excerpt.recording.populations[population].size
        axes.set_ylabel(_row_name(population, spikes.shape[1], size), fontsize=8)


def draw_output_raster(axes: Axes, excerpt: Excerpt, population: str, named: bool) -> None:
    """Draw the spikes of an output population in bands by class, class 0 on top.

    Spikes are coloured where they are of the class that is shown.
    """
    described = excerpt.recording.populations[population]
    units = excerpt.recording.units(population)
    spikes = excerpt.recording.raster(population, steps=excerpt.span)
    classes = described.classes(units)
    target = excerpt.is_of_class(population, units)
    cells = np.where(spikes & target, SPIKE_OF_CLASS, spikes).astype(np.uint8)
    show_cells(axes, excerpt, excerpt.steps(population), cells)
    edges = np.searchsorted(classes, np.arange(described.n_classes + 1)) - 0.5
    for edge in edges[1:-1]:
        axes.axhline(edge, color=style().pale, linewidth=0.8)
    # A class without recorded units has a band of height 0, which gets no label.
    held = [number for number in range(described.n_classes) if edges[number + 1] > edges[number]]
    middles = [(edges[k] + edges[k + 1]) / 2 for k in held]
    kept = apart(middles, rows_apart(axes, LEAST_POINTS))
    axes.set_yticks([middles[k] for k in kept], [str(held[k]) for k in kept])
    axes.tick_params(axis="y", length=0, labelleft=named)
    if named:
        name = _row_name(population, len(units), described.size).replace("units", "units, by class")
        axes.set_ylabel(name, fontsize=8)


def _row_name(population: str, recorded: int, size: int) -> str:
    count = f"{size:,} units" if recorded == size else f"{recorded:,} of {size:,} units"
    return f"{population}\n{count}"


def cell_colours() -> ListedColormap:
    """Return the colours of the values of cells: silent, spike, spike of the class, missing."""
    colours = style()
    return ListedColormap([colours.paper, colours.ink, colours.accent, colours.pale])


def show_cells(axes: Axes, excerpt: Excerpt, steps: np.ndarray, cells: np.ndarray) -> None:
    """Draw cells [T, n] of steps [T] as an image, time to the right and units downwards."""
    image = excerpt.spread(steps, cells, MISSING).T
    crisp = image.shape[0] <= CRISP_UNITS
    axes.imshow(
        image,
        cmap=cell_colours(),
        vmin=SILENT,
        vmax=MISSING,
        aspect="auto",
        interpolation="nearest" if crisp else "hanning",
        interpolation_stage="data" if crisp else "rgba",
        extent=(*excerpt.limits, image.shape[0] - 0.5, -0.5),
    )
    quiet(axes)
    axes.xaxis.set_major_locator(MaxNLocator(MOST_TICKS, integer=True))


def footnote(figure: Figure, left: float, parts: Sequence[str]) -> None:
    """Write remarks at the bottom of a figure, in as many lines as they need."""
    inches = figure.get_figwidth() * (1 - left) - 0.1
    lines: list[str] = []
    for part in parts:
        longer = f"{lines[-1]}   ·   {part}" if lines else part
        if lines and len(longer) * LETTER <= inches:
            lines[-1] = longer
        else:
            lines.append(part)
    y = 0.08 / figure.get_figheight()
    figure.text(left, y, "\n".join(lines), va="bottom", color=style().grey, fontsize=8)


def draw_neuron_mark(axes: Axes, excerpt: Excerpt, population: str, unit: int) -> None:
    """Mark the row of one neuron, if it is in the raster."""
    row = np.flatnonzero(excerpt.recording.units(population) == unit)
    if len(row):
        axes.plot(
            [1.006],
            row,
            marker="<",
            markersize=4,
            color=style().grey,
            clip_on=False,
            transform=axes.get_yaxis_transform(),
        )


def draw_trace(
    axes: Axes, excerpt: Excerpt, trace: tuple[str, str, int], colour: str, label: str
) -> None:
    """Draw one variable of one neuron; `trace` is population, variable and unit."""
    population, variable, unit = trace
    series = excerpt.recording.series(population, variable)
    values = series.values([unit], excerpt.span)[:, 0]
    steps, drawn = _course(excerpt, series, values)
    axes.axhline(0, color=style().pale, linewidth=0.8)
    marker = "" if series.every == 1 else "."
    axes.plot(steps, drawn, color=colour, linewidth=1.3, marker=marker, markersize=4)
    axes.set_xlim(excerpt.limits)
    axes.xaxis.set_major_locator(MaxNLocator(MOST_TICKS, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(3))
    quiet(axes)
    axes.tick_params(labelleft=bool(label))
    axes.set_ylabel(label, fontsize=8)


def _course(excerpt: Excerpt, series: Series, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return steps and values to draw, with nan wherever a line must break.

    Readings that are `every` steps apart are joined.
    """
    held = series.steps[series.rows(excerpt.span)]
    steps = np.arange(excerpt.window.start, excerpt.window.stop)
    if series.every == 1:
        return steps, excerpt.spread(held, values, np.nan)
    breaks = np.flatnonzero(np.diff(held) != series.every) + 1
    return np.insert(held, breaks, held[breaks] - 1), np.insert(values, breaks, np.nan)


def draw_switches(axes: Axes, excerpt: Excerpt) -> None:
    """Draw a vertical line wherever the image changes, unless there are too many."""
    shown = excerpt.presentations()
    for start, *_ in shown[1:] if len(shown) <= MOST_SWITCHES else ():
        axes.axvline(start - 0.5, color=style().grey, linewidth=0.7)


def share_limits(panels: Sequence[Axes]) -> None:
    """Give panels the same vertical limits, so that they can be compared."""
    lows, highs = zip(*(axes.get_ylim() for axes in panels), strict=True)
    for axes in panels:
        axes.set_ylim(min(lows), max(highs))
