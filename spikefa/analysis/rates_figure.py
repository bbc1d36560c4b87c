"""A figure of the distribution of firing rates over the units of each population, by window."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from spikefa.analysis.limits import check_panels
from spikefa.analysis.rates import unit_rates
from spikefa.analysis.selection import select_populations
from spikefa.analysis.style import GREY, INK, PALETTE, plain, quiet
from spikefa.errors import require
from spikefa.recording import Recording, Window

MOST_WINDOWS = 5


def rates_figure(recording: Recording) -> Figure:
    """Draw the cumulative distribution of the units' rates, in a panel for each population.

    Each line shows, for one window, the share of units whose rate is at most the value on the axis.
    A jump at the left end stands for silent units, a jump at the right end for units that spike at
    every step; both are counted in the corner. The dots on the axis are the means.

    Parameters
    ----------
    recording : Recording
        If it has more than five windows, five are drawn, evenly spaced from the first to the last.

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
    windows = _windows(recording)
    columns = min(2, len(names))
    lines = -(-len(names) // columns)
    figure = Figure(figsize=(5.0 * columns, 2.6 * lines + 0.5), layout="constrained")
    panels = figure.subplots(lines, columns, squeeze=False).flatten()
    for axes, name in zip(panels, names, strict=False):
        axes.set_label(f"rates/{name}")
        rates = {w.label: unit_rates(recording, name, steps=w.label) for w in windows}
        _draw(axes, name, rates, recording.populations[name].size)
    for axes in panels[len(names) :]:
        axes.remove()
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=MOST_WINDOWS, frameon=False)
    return figure


def _windows(recording: Recording) -> list[Window]:
    """Return at most `MOST_WINDOWS` of the windows with recorded steps, evenly spaced."""
    rows = {window: recording.rows(window.label) for window in recording.windows}
    held = [window for window, span in rows.items() if span.stop > span.start]
    require(len(held) > 0, f"{recording.path} holds no recorded step yet: let the run go on")
    places = np.linspace(0, len(held) - 1, min(MOST_WINDOWS, len(held)))
    return [held[round(place)] for place in places]


def _draw(axes: Axes, population: str, rates: dict[str, np.ndarray], size: int) -> None:
    for number, (label, values) in enumerate(rates.items()):
        colour = PALETTE[number % len(PALETTE)]
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
    count = len(next(iter(rates.values())))
    total = f" of {size:,}" if count < size else ""
    axes.set_title(f"{population}, {count:,}{total} units", fontsize=10, color=INK, loc="left")
    _count_extremes(axes, rates)
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(0, 1.02)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.tick_params(axis="x", pad=7)
    axes.set_xlabel("steps with a spike (dots: means)", fontsize=8.5, color=INK)
    axes.set_ylabel("units, at most so active", fontsize=8.5, color=INK)
    quiet(axes)


def _count_extremes(axes: Axes, rates: dict[str, np.ndarray]) -> None:
    """Write how many units are silent or spike at every step, for each window."""
    lines = []
    for label, values in rates.items():
        silent, always = int((values == 0).sum()), int((values == 1).sum())
        parts = [f"{silent:,} silent"] * bool(silent) + [f"{always:,} at each step"] * bool(always)
        if parts:
            lines.append(plain(f"{label}: {', '.join(parts)}"))
    axes.text(
        0.98,
        0.04,
        "\n".join(lines),
        transform=axes.transAxes,
        ha="right",
        va="bottom",
        fontsize=8,
        color=GREY,
    )
