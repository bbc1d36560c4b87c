"""The raster picture: who spiked when, and what was shown meanwhile."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spikefa.analysis.panels import MOST_THUMBNAILS, Column, draw_switches, draw_thumbnails
from spikefa.analysis.raster_panels import Spikes, draw_spikes, missing
from spikefa.analysis.selection import choose_populations, choose_steps, choose_units
from spikefa.analysis.style import GREY, INK, plain
from spikefa.errors import require
from spikefa.recording import Recording, Window

WIDTH = 10.0
TOP, BOTTOM = 1.15, 0.85
"""Inches above and below the panels."""

MOST_CELLS = 20_000_000
"""Units times steps of one panel: more would need gigabytes, and show nothing more."""

MOST_SWITCHES = 150
"""More lines than these would hide the spikes."""


def raster_figure(
    recording: Recording,
    populations: Sequence[str] | None = None,
    units: str | int | Sequence[int] = "all",
    steps: str | slice | None = None,
) -> Figure:
    """Draw the spikes of some units during some steps, one panel for each population.

    Panels in which at least a tenth of the cells are spikes are drawn as cells, the others as
    marks. Units that never spike keep their row and get a ring beside it. Vertical lines stand
    where the image changes; above them the images, if kept, and their classes. Output units
    stand in bands by class, and their spikes are coloured where they are of the class shown.
    Steps that were not recorded are grey.

    Parameters
    ----------
    recording : Recording
    populations : sequence of str, optional
        Default: all of which spikes were recorded.
    units : str, int or sequence of int, default "all"
        All recorded ones; how many of each population, evenly spaced; or which.
    steps : str or slice, optional
        The label of a window, absolute steps such as ``slice(0, 500)`` or ``"0:500"``, or
        ``"all"``. Default: the first window, its first 1000 steps at most.

    Returns
    -------
    Figure
        The panels have the labels ``"images"`` and ``"raster/<population>"``.

    Raises
    ------
    SpikefaError
        If one of these was not recorded, with what was; or it is too much for a picture.
    """
    names = choose_populations(recording, populations)
    window = choose_steps(recording, steps)
    column = Column(recording, window)
    panels = [_spikes(column, name, units) for name in names]
    heights = [min(3.6, max(1.15, 0.028 * len(panel.units))) for panel in panels]
    inches = TOP + BOTTOM + sum(heights) + 0.18 * (len(heights) - 1)
    figure = Figure(figsize=(WIDTH, inches), facecolor="white")
    height, left, width = inches - TOP, 1.15 / WIDTH, 1 - 1.4 / WIDTH
    top = figure.add_axes((left, (height + 0.06) / inches, width, 0.45 / inches), label="images")
    draw_thumbnails(top, column)
    _label_images(top, column)
    for panel, tall in zip(panels, heights, strict=True):
        height -= tall
        place = (left, height / inches, width, tall / inches)
        axes = figure.add_axes(place, label=f"raster/{panel.population}")
        draw_spikes(axes, panel)
        if len(column.presentations()) <= MOST_SWITCHES:
            draw_switches(axes, column)
        axes.tick_params(labelbottom=panel is panels[-1])
        height -= 0.18
    axes.set_xlabel("step", color=INK, fontsize=9)
    figure.align_ylabels()
    figure.text(left, 1 - 0.3 / inches, _title(recording, window), color=INK, fontsize=11)
    figure.text(left, 0.15 / inches, _footnote(panels, column), color=GREY, fontsize=8)
    return figure


def _spikes(column: Column, population: str, units: str | int | Sequence[int]) -> Spikes:
    chosen = choose_units(column.recording, population, units)
    cells = len(chosen) * (column.window.stop - column.window.start)
    require(
        cells <= MOST_CELLS,
        f"{len(chosen):,} units of {population} in {cells // len(chosen):,} steps are too many "
        "for a picture: give fewer units or steps",
    )
    raster = column.recording.raster(population, chosen.tolist(), column.span)
    return Spikes(column, population, chosen, raster)


def _label_images(axes: Axes, column: Column) -> None:
    """Write the class above the images that are drawn, if there are images; see panels."""
    images = column.recording.images
    shown = column.presentations()
    for start, stop, image, label in shown[:: -(-len(shown) // MOST_THUMBNAILS)]:
        if image in images:
            axes.text((start + stop - 1) / 2, 1.02, str(label), ha="center", color=GREY, fontsize=8)


def _title(recording: Recording, window: Window) -> str:
    name = f"{window.label}: " if window.label else ""
    return plain(f"{recording.path.name}   {name}steps {window.start:,} to {window.stop - 1:,}")


def _footnote(panels: Sequence[Spikes], column: Column) -> str:
    shown = len(column.presentations())
    parts = [f"{shown:,} images"]
    if shown <= MOST_SWITCHES:
        parts.append("vertical lines: the image changes")
    if any(panel.classes is not None for panel in panels):
        parts.append("orange: output spikes of the class shown")
    if any(len(panel.silent) for panel in panels):
        parts.append("rings: silent units")
    if missing(column):
        parts.append("grey: not recorded")
    return "   ·   ".join(parts)
