"""Figure 4 of Lillicrap et al. 2016: the network at work early, midway and late in training."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec

from spikefa.analysis.limits import MOST_SWITCHES, check_panels
from spikefa.analysis.panels import (
    Excerpt,
    draw_hidden_raster,
    draw_neuron_mark,
    draw_output_raster,
    draw_switches,
    draw_thumbnails,
    draw_trace,
    footnote,
    share_limits,
)
from spikefa.analysis.read_steps import ReadSteps
from spikefa.analysis.saving import PAGE_WIDTH
from spikefa.analysis.spacing import labels_inside
from spikefa.analysis.style import plain, style, styled
from spikefa.errors import require
from spikefa.recording import Recording, Series, Window, figure_windows
from spikefa.recording.plan.windows import OPEN_END

HEIGHT = 8.5
LEFT = 0.1
COLUMNS = 3
TRACES = {"potential": "PSP", "modulator": "modulator"}


@styled
def figure4(recording: Recording) -> Figure:
    """Draw a recording like figure 4 of the paper.

    From the top: the images shown; spikes of the recorded units of each hidden population; spikes
    of the output units, in bands by class and coloured where they are of the class shown; the PSP
    and the modulator of one neuron. There is a column for the first, the middle and the last
    window. Vertical lines mark changes of the image. Variables that were not recorded are left out,
    and missing steps are grey.

    Parameters
    ----------
    recording : Recording
        At least one window must hold recorded steps.

    Returns
    -------
    Figure
        8 inches wide and 8.5 high, higher with more than three hidden populations. Panels have
        labels such as ``"early/images"``, ``"early/hidden1"`` and ``"late/potential"``.

    Raises
    ------
    SpikefaError
        If the recording holds no steps, or no spikes of hidden or output populations, or if they
        are of different streams, which see different images.
    """
    rasters = [
        population
        for population in recording.populations.values()
        if population.role != "input" and "spikes" in recording.variables(population.name)
    ]
    require(
        len(rasters) > 0,
        f"{recording.path} holds no spikes of hidden or output populations: add such probes",
    )
    check_panels(len(rasters))
    neuron = traced_neuron(recording)
    traces = [] if neuron is None else _traced_variables(recording, *neuron)
    drawn = [recording.series(population.name) for population in rasters]
    drawn += [] if neuron is None else [recording.series(neuron[0], each) for each in traces]
    stream = recording.stream_of(*(each.key for each in drawn))
    excerpts = _excerpts(recording, drawn, stream)
    hidden = sum(population.role == "hidden" for population in rasters)
    height = HEIGHT + 1.1 * max(0, hidden - 3)
    figure = Figure(figsize=(PAGE_WIDTH, height))
    grid = _grid(figure, [p.role for p in rasters], len(traces), excerpts, height)
    for place, excerpt in enumerate(excerpts):
        _draw_column(figure, grid, place, excerpt, [p.name for p in rasters], neuron, traces)
    for variable in traces:
        share_limits(
            [axes for axes in figure.axes if str(axes.get_label()).endswith(f"/{variable}")]
        )
    figure.align_ylabels()
    footnote(figure, LEFT, _remarks(excerpts, drawn, neuron, traces))
    return figure


def traced_neuron(recording: Recording) -> tuple[str, int] | None:
    """Return population and unit of the neuron to trace; None if no trace was recorded.

    It is the neuron with most of PSP, modulator and spikes recorded. Among equals the middle hidden
    population comes first, then the others from the first hidden one to the output.
    """
    best: tuple[int, str, int] | None = None
    populations = list(recording.populations.values())
    hidden = [p.name for p in populations if p.role == "hidden"]
    others = [p.name for p in populations if p.role == "output"]
    middle = (len(hidden) - 1) // 2
    for name in (*hidden[middle : middle + 1], *hidden, *others):
        for unit, count in _recorded_together(recording, name):
            if best is None or count > best[0]:
                best = (count, name, unit)
    return None if best is None else best[1:]


def _recorded_together(recording: Recording, population: str) -> list[tuple[int, int]]:
    """Return the neuron of `population` of which most was recorded, and a score, if any was."""
    names = [v for v in recording.variables(population) if v in TRACES]
    if not names:
        return []
    traced = np.concatenate([recording.units(population, name) for name in names])
    units, counts = np.unique(traced, return_counts=True)
    score = 2 * counts
    if "spikes" in recording.variables(population):
        score = score + np.isin(units, recording.units(population))
    first = int(np.argmax(score))
    return [(int(units[first]), int(score[first]))]


def _traced_variables(recording: Recording, population: str, unit: int) -> list[str]:
    return [
        variable
        for variable in TRACES
        if variable in recording.variables(population)
        and unit in recording.units(population, variable)
    ]


def _excerpts(recording: Recording, drawn: Sequence[Series], stream: int) -> list[Excerpt]:
    """Return excerpts of the first, middle and last window in which something drawn was read.

    The fixed windows of the recording come before those of triggers and recurring images, and
    these before the windows of single probes. If a window has no end, the excerpts are the
    beginning, middle and end of the recorded steps.
    """
    read = ReadSteps(recording.path, drawn)
    kinds = (recording.layout.windows, recording.windows, read.windows)
    found = [[w for w in windows if read.ends(w.start, w.stop)] for windows in kinds]
    held = next(filter(None, found), [])
    ends = read.ends(0, OPEN_END)
    require(
        ends is not None and len(held) > 0,
        f"{recording.path} holds no step of its windows yet: let the run go on",
    )
    assert ends is not None
    if any(window.stop >= OPEN_END for window in held):
        steps = recording.steps_per_image or 5
        held = list(figure_windows(ends[1] + 1, steps))
    if len(held) > COLUMNS:
        held = [held[0], held[len(held) // 2], held[-1]]
    return [Excerpt(recording, window, stream) for window in held]


def _grid(
    figure: Figure, roles: Sequence[str], traces: int, excerpts: Sequence[Excerpt], height: float
) -> GridSpec:
    """Return the grid, whose rows are thumbnails, rasters and traces."""
    heights = [0.5, *({"hidden": 1.2, "output": 2.7}[role] for role in roles)]
    heights += [0.75] * traces
    return figure.add_gridspec(
        len(heights),
        len(excerpts),
        height_ratios=heights,
        left=LEFT,
        right=0.98,
        top=1 - 0.45 / height,
        bottom=0.85 / height,
        wspace=0.05,
        hspace=0.1,
    )


def _draw_column(
    figure: Figure,
    grid: GridSpec,
    place: int,
    excerpt: Excerpt,
    rasters: Sequence[str],
    neuron: tuple[str, int] | None,
    traces: Sequence[str],
) -> None:
    """Draw all panels of one excerpt; only the leftmost column names the rows."""
    leftmost = place == 0
    label = excerpt.window.label
    top = figure.add_subplot(grid[0, place], label=f"{label}/images")
    draw_thumbnails(top, excerpt)
    top.set_title(plain(label), fontsize=11, fontweight="bold", pad=6)
    panels = []
    for number, name in enumerate(rasters, start=1):
        axes = figure.add_subplot(grid[number, place], label=f"{label}/{name}")
        if excerpt.recording.populations[name].role == "output":
            draw_output_raster(axes, excerpt, name, leftmost)
        else:
            draw_hidden_raster(axes, excerpt, name, leftmost)
        if neuron is not None and name == neuron[0]:
            draw_neuron_mark(axes, excerpt, *neuron)
        panels.append(axes)
    for number, variable in enumerate(traces, start=1 + len(rasters)):
        assert neuron is not None
        axes = figure.add_subplot(grid[number, place], label=f"{label}/{variable}")
        colour = style().blue if variable == "potential" else style().accent
        trace = (neuron[0], variable, neuron[1])
        draw_trace(axes, excerpt, trace, colour, f"{TRACES[variable]}\n(a.u.)" * leftmost)
        panels.append(axes)
    for axes in panels:
        draw_switches(axes, excerpt)
        axes.tick_params(labelbottom=axes is panels[-1])
    labels_inside(panels[-1])
    panels[-1].set_xlabel("step", fontsize=8)


def _remarks(
    excerpts: Sequence[Excerpt],
    drawn: Sequence[Series],
    neuron: tuple[str, int] | None,
    traces: Sequence[str],
) -> list[str]:
    most = max(len(excerpt.presentations()) for excerpt in excerpts)
    parts = ["vertical lines: the image changes"] if most <= MOST_SWITCHES else []
    if any(population.n_classes for population in excerpts[0].recording.populations.values()):
        parts.append("orange: output spikes of the class shown")
    windows = [excerpt.window for excerpt in excerpts]
    if any(_misses(series, window) for series in drawn for window in windows):
        parts.append("grey: not recorded")
    if neuron is not None and traces:
        parts.append(f"traces: unit {neuron[1]:,} of {neuron[0]} (triangle)")
    return list(dict.fromkeys([*parts, *(each for found in excerpts for each in found.remark())]))


def _misses(series: Series, window: Window) -> bool:
    """Return whether spikes were not read at each step of a window."""
    rows = series.rows(slice(window.start, window.stop))
    whole = rows.stop - rows.start == window.stop - window.start
    return series.channel.variable == "spikes" and not whole
