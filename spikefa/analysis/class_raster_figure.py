"""A raster of presentations side by side, sorted by class."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure

from spikefa.analysis.class_raster import ClassRaster, class_raster
from spikefa.analysis.limits import check_cells, check_panels
from spikefa.analysis.panels import (
    CRISP_UNITS,
    MISSING,
    SILENT,
    SPIKE,
    SPIKE_OF_CLASS,
    cell_colours,
)
from spikefa.analysis.selection import select_populations, select_steps, select_units
from spikefa.analysis.style import plain, quiet, style, styled
from spikefa.recording import Recording, Steps
from spikefa.utils.indices import Selection

WIDTH = 7.5
TOP, BOTTOM, GAP = 0.5, 0.75, 0.22
"""Inches above, below and between the panels."""
LEAST = 0.11
"""Least inches between the middles of two classes that are written."""


@styled
def class_raster_figure(
    recording: Recording,
    populations: Sequence[str] | None = None,
    units: str | int | Selection = "all",
    steps: str | slice | None = None,
    per_class: int | None = 10,
    prefer: Steps = None,
) -> Figure:
    """Draw the spikes of presentations side by side, sorted by class; one panel per population.

    Units are sorted by the class that they prefer, the silent ones last, and output units by their
    class. Spikes are orange where the class that is shown is the one that the unit prefers, or
    stands for.

    Parameters
    ----------
    recording : Recording
    populations : sequence of str, optional
        By default all of which spikes were recorded.
    units : str, int or selection, default "all"
        All recorded units; or how many of each population, evenly spaced; or which, see
        `Recording`.
    steps : str or slice, optional
        The label of a window, absolute steps such as ``slice(0, 500)`` or ``"0:500"``, or
        ``"all"``, the default.
    per_class : int or None, default 10
        Most presentations of each class, the first ones; None for all.
    prefer : str or slice, optional
        As in `class_raster`.

    Returns
    -------
    Figure
        Its panels have the labels ``"raster/<population>"``.

    Raises
    ------
    SpikefaError
        If there is no complete presentation, or too much for one figure.
    """
    names = select_populations(recording, populations)
    check_panels(len(names))
    window = select_steps(recording, "all" if steps is None else steps, names)
    between = slice(window.start, window.stop)
    found = []
    for name in names:
        chosen = select_units(recording, name, units).tolist()
        sort = not recording.populations[name].n_classes  # outputs are in the order of classes
        found.append(class_raster(recording, name, chosen, between, per_class, sort, prefer))
    heights = [min(2.6, max(0.9, 0.022 * len(each.units))) for each in found]
    inches = TOP + BOTTOM + sum(heights) + GAP * (len(heights) - 1)
    figure = Figure(figsize=(WIDTH, inches))
    height = inches - TOP
    for name, each, tall in zip(names, found, heights, strict=True):
        height -= tall
        place = (1.05 / WIDTH, height / inches, 1 - 1.2 / WIDTH, tall / inches)
        axes = figure.add_axes(place, label=f"raster/{name}")
        _draw(axes, each, _classes(recording, name, each))
        axes.set_ylabel(_name(recording, name, each), fontsize=8.5)
        height -= GAP
    axes.set_xlabel("class shown; presentations side by side", fontsize=9)
    figure.align_ylabels()
    count, length = found[0].spikes.shape[:2]
    title = plain(f"{recording.path.name}   {count:,} presentations of {length} steps")
    figure.text(1.05 / WIDTH, 1 - 0.28 / inches, title, fontsize=10)
    note = "orange: the class that the unit prefers, or stands for, is shown"
    figure.text(1.05 / WIDTH, 0.12 / inches, note, color=style().grey, fontsize=8)
    return figure


def _classes(recording: Recording, population: str, found: ClassRaster) -> np.ndarray:
    """Return the class of each unit: the one that it stands for, or else prefers."""
    described = recording.populations[population]
    return described.classes(found.units) if described.n_classes else found.preferred


def _name(recording: Recording, population: str, found: ClassRaster) -> str:
    size, count = recording.populations[population].size, len(found.units)
    units = f"{count:,}{f' of {size:,}' if count < size else ''} units"
    order = "by class" if recording.populations[population].n_classes else "by preference"
    return f"{population}\n{units},\n{order}"


def _draw(axes: Axes, found: ClassRaster, classes: np.ndarray) -> None:
    """Draw the cells, and lines between the classes in both directions."""
    presentations, length, n_units = found.spikes.shape
    check_cells(n_units, presentations * length, "these populations")
    own = classes == found.label[:, None]
    cells = np.where(found.spikes & own[:, None], SPIKE_OF_CLASS, found.spikes * SPIKE)
    crisp = n_units <= CRISP_UNITS
    axes.imshow(
        cells.reshape(-1, n_units).T.astype(np.uint8),
        cmap=cell_colours(),
        vmin=SILENT,
        vmax=MISSING,
        aspect="auto",
        interpolation="nearest" if crisp else "hanning",
        interpolation_stage="data" if crisp else "rgba",
        extent=(0, presentations, n_units - 0.5, -0.5),
    )
    quiet(axes)
    box = axes.bbox.transformed(axes.figure.dpi_scale_trans.inverted())
    _divide(axes.xaxis, axes.axvline, found.label, 0.0, box.width)
    _divide(axes.yaxis, axes.axhline, classes, -0.5, box.height)


def _divide(
    axis: Axis, line: Callable[..., object], classes: np.ndarray, first: float, inches: float
) -> None:
    """Draw lines between the runs of a class along an axis, and write the classes.

    Where they would stand too close to each other, some are left out.
    """
    edges = np.concatenate([[0], np.flatnonzero(np.diff(classes)) + 1, [len(classes)]])
    for edge in edges[1:-1]:
        line(edge + first, color=style().grey, linewidth=0.8)
    middle, held = (edges[:-1] + edges[1:]) / 2 + first, classes[edges[:-1]]
    room, written = len(classes) * LEAST / inches, [0]
    for number in range(1, len(middle)):
        if middle[number] - middle[written[-1]] >= room:
            written.append(number)
    names = ["silent" if number < 0 else f"{number}" for number in held[written]]
    axis.set_ticks(middle[written], names)
    axis.set_tick_params(length=0, labelsize=7)
