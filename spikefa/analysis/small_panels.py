"""Small panels beside and below each other, one for each unit, and the names of their lines."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from spikefa.analysis.limits import check_small_panels
from spikefa.analysis.style import plain, quiet

COLUMNS = 4
INCHES = 7.5
"""Width of the figure."""


def small_panels(names: Sequence[str], x_label: str, y_label: str) -> tuple[Figure, list[Axes]]:
    """Return a figure with a panel for each name, titled if there are several; they share axes.

    Parameters
    ----------
    names : sequence of str
        They are the labels of the panels too.
    x_label, y_label : str
        Written once, below and beside all of them.
    """
    check_small_panels(len(names))
    columns = min(COLUMNS, len(names))
    lines = -(-len(names) // columns)
    height = 3.4 if len(names) == 1 else 1.45 * lines + 0.7
    figure = Figure(figsize=(INCHES, height), layout="constrained")
    grid = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True)
    panels: list[Axes] = grid.flatten().tolist()
    for axes, name in zip(panels, names, strict=False):
        axes.set_label(name)
        axes.set_title(plain(name) if len(names) > 1 else "", fontsize=9, loc="left", pad=3)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(4))
        quiet(axes)
    for number, axes in enumerate(panels[len(names) :], start=len(names)):
        axes.set_axis_off()
        panels[number - columns].tick_params(labelbottom=True)
    figure.supxlabel(plain(x_label), fontsize=9)
    figure.supylabel(plain(y_label), fontsize=9)
    return figure, panels[: len(names)]


def name_groups(figure: Figure, panel: Axes, by: str | None) -> None:
    """Write beside all panels what the lines of one of them stand for, unless it is everything."""
    if by is None:
        return
    figure.legend(
        *panel.get_legend_handles_labels(),
        loc="outside right upper",
        title=by,
        fontsize=8,
        title_fontsize=9,
        frameon=False,
    )
