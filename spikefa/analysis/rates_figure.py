"""Firing rates: how they are distributed over the units of each population, window by window."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from spikefa.analysis.selection import choose_populations
from spikefa.analysis.style import GREY, INK, PALETTE, plain, quiet
from spikefa.errors import require
from spikefa.recording import Recording, Window

MOST_WINDOWS = 5
BLOCK = 4096
"""Steps read at a time, so that a long recording needs little memory."""


def rates_figure(recording: Recording) -> Figure:
    """Draw how the units' rates are distributed, a panel for each population.

    A line for each window: the share of units that spike in at most so many of its steps. A jump
    at the left end is silent units, one at the right end units that spike at every step; both are
    counted in the corner. The dots on the axis are the means. Unlike a histogram this needs no
    bins, which 50 units do not fill.

    Parameters
    ----------
    recording : Recording
        Of more than five windows, five are drawn, from the first to the last.

    Returns
    -------
    Figure
        Each panel has the label ``"rates/<population>"``.

    Raises
    ------
    SpikefaError
        If the recording holds no spikes, or no rows.
    """
    names = choose_populations(recording)
    windows = _windows(recording)
    columns = min(2, len(names))
    lines = -(-len(names) // columns)
    figure = Figure(figsize=(5.0 * columns, 2.6 * lines + 0.5), layout="constrained")
    panels = figure.subplots(lines, columns, squeeze=False).flatten()
    for axes, name in zip(panels, names, strict=False):
        axes.set_label(f"rates/{name}")
        rates = {w.label: unit_rates(recording, name, w) for w in windows}
        _draw(axes, name, rates, recording.populations[name].size)
    for axes in panels[len(names) :]:
        axes.remove()
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=MOST_WINDOWS, frameon=False)
    return figure


def unit_rates(recording: Recording, population: str, window: Window) -> np.ndarray:
    """Return the spikes per step of each recorded unit in `window`, float64 [n]."""
    steps = recording.steps[recording.rows(window.label)]
    spikes = np.zeros(len(recording.units(population)), np.int64)
    for first in range(0, len(steps), BLOCK):
        part = steps[first : first + BLOCK]
        held = slice(int(part[0]), int(part[-1]) + 1)
        spikes += recording.raster(population, steps=held).sum(axis=0)
    return np.asarray(spikes / len(steps))


def _windows(recording: Recording) -> list[Window]:
    """Return windows in which there are rows; of many, some from the first to the last."""
    rows = {window: recording.rows(window.label) for window in recording.windows}
    held = [window for window, there in rows.items() if there.stop > there.start]
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
    of = f" of {size:,}" if count < size else ""
    axes.set_title(f"{population}, {count:,}{of} units", fontsize=10, color=INK, loc="left")
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
    """Write how many units are silent, or spike at every step, in each window."""
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
