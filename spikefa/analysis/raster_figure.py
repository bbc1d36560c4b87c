"""The raster figure: the spikes of units, and the images shown meanwhile."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spikefa.analysis.limits import MOST_SWITCHES, check_cells, check_panels
from spikefa.analysis.panels import Excerpt, draw_switches, draw_thumbnails, footnote
from spikefa.analysis.raster_panels import RasterPanel, draw_raster_panel
from spikefa.analysis.saving import PAGE_WIDTH
from spikefa.analysis.selection import select_populations, select_steps, select_units
from spikefa.analysis.style import plain, style, styled
from spikefa.recording import Recording, Window
from spikefa.utils.indices import Selection

TOP, BOTTOM = 1.15, 0.9
"""Inches above and below the panels."""
LONGEST_TITLE = 80


@styled
def raster_figure(
    recording: Recording,
    populations: Sequence[str] | None = None,
    units: str | int | Selection = "all",
    steps: str | slice | None = None,
) -> Figure:
    """Draw the spikes of some units during some steps, one panel for each population.

    Spikes are drawn as cells if at least a tenth of the cells of a panel are spikes, otherwise as
    marks. Units that never spike keep their row and have a ring beside it. Vertical lines mark
    changes of the image, with the images, if their pixels were kept, and their classes above.
    Output units are in bands by class, and their spikes are coloured where they are of the class
    shown. Steps that were not recorded are grey.

    Parameters
    ----------
    recording : Recording
    populations : sequence of str, optional
        By default all of which spikes were recorded.
    units : str, int or selection, default "all"
        All recorded units; or how many of each population, evenly spaced; or which units, see
        `Recording`.
    steps : str or slice, optional
        The label of a window, absolute steps such as ``slice(0, 500)`` or ``"0:500"``, or
        ``"all"``. By default at most the first 1000 steps of the first window of these spikes.

    Returns
    -------
    Figure
        Its panels have the labels ``"images"`` and ``"raster/<population>"``.

    Raises
    ------
    SpikefaError
        If something was not recorded, in which case the message says what was; if populations are
        of different streams, which see different images: draw each by itself; or if there are too
        many units and steps for a figure.
    """
    names = select_populations(recording, populations)
    check_panels(len(names))
    window = select_steps(recording, steps, names)
    stream = recording.stream_of(*((name, "spikes") for name in names))
    excerpt = Excerpt(recording, window, stream)
    panels = [_panel(excerpt, name, units) for name in names]
    heights = [min(3.6, max(1.15, 0.028 * len(panel.units))) for panel in panels]
    inches = TOP + BOTTOM + sum(heights) + 0.18 * (len(heights) - 1)
    figure = Figure(figsize=(PAGE_WIDTH, inches))
    height, left, width = inches - TOP, 1.1 / PAGE_WIDTH, 1 - 1.35 / PAGE_WIDTH
    top = figure.add_axes((left, (height + 0.06) / inches, width, 0.45 / inches), label="images")
    draw_thumbnails(top, excerpt)
    _label_images(top, excerpt)
    for panel, tall in zip(panels, heights, strict=True):
        height -= tall
        place = (left, height / inches, width, tall / inches)
        axes = figure.add_axes(place, label=f"raster/{panel.population}")
        draw_raster_panel(axes, panel)
        draw_switches(axes, excerpt)
        axes.tick_params(labelbottom=panel is panels[-1])
        height -= 0.18
    axes.set_xlabel("step", fontsize=8.5)
    figure.align_ylabels()
    figure.text(left, 1 - 0.3 / inches, _title(recording, window), fontsize=10)
    footnote(figure, left, _remarks(panels, excerpt))
    return figure


def _panel(excerpt: Excerpt, population: str, units: str | int | Selection) -> RasterPanel:
    chosen = select_units(excerpt.recording, population, units)
    check_cells(len(chosen), excerpt.window.stop - excerpt.window.start, population)
    raster = excerpt.recording.raster(population, chosen.tolist(), excerpt.span)
    return RasterPanel(excerpt, population, chosen, excerpt.steps(population), raster)


def _label_images(axes: Axes, excerpt: Excerpt) -> None:
    """Write the classes above the images that `draw_thumbnails` draws."""
    images = excerpt.recording.images
    for start, stop, image, label in excerpt.pictured():
        if image in images:
            axes.text(
                (start + stop - 1) / 2,
                1.02,
                str(label),
                ha="center",
                color=style().grey,
                fontsize=8,
            )


def _title(recording: Recording, window: Window) -> str:
    name = f"{window.label}: " if window.label else ""
    title = f"{recording.path.name}   {name}steps {window.start:,} to {window.stop - 1:,}"
    short = title if len(title) <= LONGEST_TITLE else f"…{title[1 - LONGEST_TITLE :]}"
    return plain(short)


def _remarks(panels: Sequence[RasterPanel], excerpt: Excerpt) -> list[str]:
    shown = len(excerpt.presentations())
    parts = excerpt.remark() or [f"{shown:,} images"]
    if shown <= MOST_SWITCHES:
        parts.append("vertical lines: the image changes")
    if any(panel.classes is not None for panel in panels):
        parts.append("orange: output spikes of the class shown")
    if any(len(panel.silent) for panel in panels):
        parts.append("rings: silent units")
    if any(panel.missing for panel in panels):
        parts.append("grey: not recorded")
    return parts
