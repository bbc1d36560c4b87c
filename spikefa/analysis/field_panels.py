"""An image for each of some units, all on one scale from blue through white to red."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spikefa.analysis.style import plain, quiet, style

COLUMNS, FEWEST = 8, 5
"""Panels beside each other, for many units and for few."""
WIDTH, GAP, LEFT, RIGHT = 0.82, 0.05, 0.08, 0.96
"""Inches of a panel, between two, and beside all of them: the scale is on the right."""
NUMBER, TITLE, EDGE, LOWEST = 0.21, 0.35, 0.05, 2.0
"""Inches above each panel, above all of them, and below; and of the lowest figure."""


def field_panels(
    fields: np.ndarray,
    units: np.ndarray,
    names: Sequence[str],
    largest: float,
    label: str,
) -> Figure:
    """Draw the image of each unit below its number, and the scale beside them.

    Parameters
    ----------
    fields : ndarray, shape [units, height, width]
        Red pixels are above 0, and blue ones below it.
    units : ndarray of int
    names : sequence of str
        Labels of the panels.
    largest : float
        Where the scale ends, on both sides.
    label : str
        Of the scale, with its unit.
    """
    _, height, width = fields.shape
    figure, panels, beside = _panels(len(units), height / width)
    for axes, unit, name, field in zip(panels, units, names, fields, strict=False):
        axes.set_label(name)
        image = axes.imshow(field, cmap="RdBu_r", vmin=-largest, vmax=largest)
        axes.set_title(f"{unit}", fontsize=7.5, color=style().grey, pad=2)
    for axes in panels:
        axes.set_axis_off()
    scale = figure.colorbar(image, cax=beside)
    scale.set_label(plain(label), fontsize=8.5)
    scale.outline.set_visible(False)
    quiet(scale.ax)
    return figure


def _panels(count: int, aspect: float) -> tuple[Figure, list[Axes], Axes]:
    """Return a figure with room for this many images, its panels, and one for the colour bar.

    The places are computed: to let Matplotlib find them takes longer than all the rest.
    """
    columns = min(COLUMNS, max(FEWEST, count))
    rows = -(-count // columns)
    tall = WIDTH * aspect  # inches of a panel; above each are those of its number
    wide = LEFT + RIGHT + columns * WIDTH + (columns - 1) * GAP
    high = max(LOWEST, rows * (tall + NUMBER) + TITLE + EDGE)
    figure = Figure(figsize=(wide, high))
    bottom, top = EDGE / high, 1 - (TITLE + NUMBER) / high
    places = {"left": LEFT / wide, "right": 1 - RIGHT / wide, "bottom": bottom, "top": top}
    spaces = {"wspace": GAP / WIDTH, "hspace": NUMBER / tall}
    panels = figure.subplots(rows, columns, squeeze=False, gridspec_kw={**places, **spaces})
    bar = (1 - 0.8 / wide, bottom + 0.1 * (top - bottom), 0.11 / wide, 0.8 * (top - bottom))
    return figure, panels.flatten().tolist(), figure.add_axes(bar)
