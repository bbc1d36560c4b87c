"""A figure of the paths of a population's activity in its principal components."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from spikefa.analysis.limits import check_lines
from spikefa.analysis.population_paths import PopulationPaths, population_paths
from spikefa.analysis.responses import By
from spikefa.analysis.small_panels import name_groups
from spikefa.analysis.style import line_look, plain, quiet, style, styled
from spikefa.analysis.trials import IMAGE
from spikefa.recording import Recording, Steps, Units


@styled
def paths_figure(
    recording: Recording,
    population: str,
    units: Units = None,
    steps: Steps = None,
    align: str = IMAGE,
    by: By = "class",
    before: int | None = None,
    after: int | None = None,
    width: int = 1,
) -> Figure:
    """Draw trial-averaged activity in its first two principal components, a path for each class.

    The rings are the first bins. Beside it, the two components are drawn over the steps. The axes
    say how much of the variance lies along each.

    Parameters
    ----------
    recording, population, units, steps, align, by, before, after, width
        As in `population_paths`.

    Returns
    -------
    Figure
        Its panels have the labels ``"plane"``, ``"first"`` and ``"second"``.

    Raises
    ------
    SpikefaError
        As in `population_paths`, and if there are too many groups.
    """
    found = population_paths(
        recording, population, 2, units, steps, align, by, before, after, width
    )
    check_lines(len(found.group), "groups of trials")
    figure = Figure(figsize=(7.5, 4.0), layout="constrained")
    panels = figure.subplot_mosaic(
        [["plane", "first"], ["plane", "second"]], width_ratios=[1.25, 1]
    )
    names = [f"component {n + 1} ({share:.0%} of variance)" for n, share in enumerate(found.share)]
    _draw_plane(panels["plane"], found, names)
    event = "the image came" if align == IMAGE else f"{align!r} fired"
    for number, label in enumerate(("first", "second")):
        _draw_component(panels[label], found, number)
    panels["first"].tick_params(labelbottom=False)
    panels["second"].set_xlabel(plain(f"steps since {event}"), fontsize=9)
    for label, axes in panels.items():
        axes.set_label(label)
        quiet(axes)
    name_groups(figure, panels["plane"], by)
    count = found.axis.shape[1]
    trials = f"{count:,} units, {found.trials.sum():,} trials"
    figure.suptitle(plain(f"{population}, {trials}; spikes per step"), fontsize=10)
    return figure


def _draw_plane(axes: Axes, found: PopulationPaths, names: list[str]) -> None:
    for number, group in enumerate(found.group):
        x, y = found.path[number, :, 0], found.path[number, :, 1]
        look = line_look(number)
        axes.plot(x, y, **look, linewidth=1.5, marker=".", markersize=4, label=f"{group}")
        axes.plot(
            *(x[:1], y[:1]),
            color=look["color"],
            marker="o",
            markersize=6,
            markerfacecolor=style().paper,
            zorder=3,
        )
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.08)
    axes.set_xlabel(names[0], fontsize=9)
    axes.set_ylabel(names[1], fontsize=9)


def _draw_component(axes: Axes, found: PopulationPaths, component: int) -> None:
    middle = found.step + (found.width - 1) / 2
    for number, path in enumerate(found.path[..., component]):
        axes.plot(middle, path, **line_look(number), linewidth=1.3, marker=".", markersize=4)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.set_ylabel(f"component {component + 1}", fontsize=9)
