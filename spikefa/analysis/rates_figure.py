"""A figure of the distribution of firing rates over the units of each population, by window."""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from spikefa.analysis.limits import check_panels
from spikefa.analysis.rates import unit_rates
from spikefa.analysis.saving import PAGE_WIDTH
from spikefa.analysis.selection import select_populations
from spikefa.analysis.style import plain, quiet, style, styled
from spikefa.errors import require
from spikefa.recording import Recording, Window

MOST_WINDOWS = 5


@styled
def rates_figure(recording: Recording) -> Figure:
    """Draw the cumulative distribution of the units' rates, in a panel for each population.

    Each line shows, for one window, the share of units whose rate is at most the value on the axis.
    A jump at the left end stands for silent units, a jump at the right end for units that spike at
    every step; both are counted above, in the order of the windows. The dots below the axis are the
    means.

    Parameters
    ----------
    recording : Recording
        If a population was read in more than five windows, five are drawn, evenly spaced from the
        first to the last.

    Returns
    -------
    Figure
        Its panels have the labels ``"rates/<population>"``.

    Raises
    ------
    SpikefaError
        If the recording holds no spikes, or no steps.
    """
    names = select_populations(recording)
    check_panels(len(names))
    windows = {name: _windows(recording, name) for name in names}
    labels = list(dict.fromkeys(w.label for found in windows.values() for w in found))
    require(len(labels) > 0, f"{recording.path} holds no recorded step yet: let the run go on")
    columns = min(2, len(names))
    lines = -(-len(names) // columns)
    figure = Figure(figsize=(0.5 * PAGE_WIDTH * columns, 2.6 * lines + 0.5), layout="constrained")
    panels = figure.subplots(lines, columns, squeeze=False).flatten()
    for axes, name in zip(panels, names, strict=False):
        axes.set_label(f"rates/{name}")
        rates = {w.label: unit_rates(recording, name, steps=w.label) for w in windows[name]}
        _draw(axes, labels, rates)
        _name(axes, recording, name, rates)
    for axes in panels[len(names) :]:
        axes.remove()
    drawn = {text: line for axes in figure.axes for line, text in _entries(axes)}
    known = [plain(label) for label in labels]
    figure.legend(
        [drawn[each] for each in known],
        known,
        loc="outside upper center",
        ncols=MOST_WINDOWS,
        frameon=False,
    )
    return figure


def _entries(axes: Axes) -> list[tuple[Artist, str]]:
    """Return the lines of a panel with their labels."""
    handles, labels = axes.get_legend_handles_labels()
    return list(zip(handles, labels, strict=True))


def _windows(recording: Recording, population: str) -> list[Window]:
    """Return at most `MOST_WINDOWS` of the windows with recorded steps, evenly spaced."""
    series = recording.series(population)
    held = [window for window in series.windows if series.runs(window.label)]
    places = np.linspace(0, len(held) - 1, min(MOST_WINDOWS, len(held)))
    return [held[round(place)] for place in places]


def _draw(axes: Axes, labels: list[str], rates: dict[str, np.ndarray]) -> None:
    """Draw a line for each window, whose colour its place among all `labels` gives."""
    for label, values in rates.items():
        palette = style().palette
        colour = palette[labels.index(label) % len(palette)]
        ends = np.concatenate([[0.0], np.sort(values), [1.0]])
        share = np.append(np.arange(len(values) + 1) / len(values), 1.0)
        axes.step(ends, share, where="post", color=colour, linewidth=1.6, label=plain(label))
        axes.plot(
            [values.mean()],
            [-0.05],
            marker="o",
            markersize=5,
            color=colour,
            clip_on=False,
            transform=axes.get_xaxis_transform(),
            zorder=5,
        )


def _name(axes: Axes, recording: Recording, population: str, rates: dict[str, np.ndarray]) -> None:
    """Write above the panel what it is about, and what on its axes."""
    count, size = len(recording.units(population)), recording.populations[population].size
    total = f" of {size:,}" if count < size else ""
    title = f"{plain(population)}, {count:,}{total} units"
    axes.set_title("\n".join([title, *_extremes(rates)]), fontsize=8.5, loc="left")
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(0, 1.02)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.tick_params(axis="x", pad=8)
    axes.set_xlabel("rate: steps with a spike (dots: means)", fontsize=8.5)
    axes.set_ylabel("units with at most this rate", fontsize=8.5)
    quiet(axes)


def _extremes(rates: dict[str, np.ndarray]) -> list[str]:
    """Return how many units are silent or spike at every step, for each window."""
    silent = [int((values == 0).sum()) for values in rates.values()]
    always = [int((values == 1).sum()) for values in rates.values()]
    counts = {"silent": silent, "at each step": always}
    parts = [
        f"{what}: {' / '.join(f'{count:,}' for count in found)}"
        for what, found in counts.items()
        if any(found)
    ]
    return [", ".join(parts)] if parts else []
