"""What is measured, claimed and drawn of deep networks with each circuit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import ACCENT, BLUE, PALETTE, quiet
from spikefa.experiments.li2024._descent import CARRIED, NAMES, Descent
from spikefa.runs.options import bound
from spikefa.runs.studies import CellRuns, Claim, Measures, Quantity, full_version, spread
from spikefa.runs.studies.drawing import band, level, name_axes, panels
from spikefa.utils.ranges import Degrees, PositiveScale

PRODUCTS = ("pfa", "pfao")
"""The circuits with extra populations."""


@dataclass(frozen=True, kw_only=True)
class Judged(Descent):
    """Settings of the descent, and the bounds of the claims below."""

    learned: PositiveScale = bound(
        20.0, "test accuracy in percent, at least, of all circuits in the quick version"
    )
    near_backprop: PositiveScale = bound(1.0, "points of PFA and PFA-o from BP, at most")
    far_better: PositiveScale = bound(10.0, "points of PFA and PFA-o above FA and DFA, at least")
    near_paper: PositiveScale = bound(1.0, "points from an accuracy of the paper, at most")
    small_angle: Degrees = bound(25.0, "degrees from W^T, at most, of the paths of PFA and PFA-o")
    near_ratio: PositiveScale = bound(0.2, "difference of their ratios of lengths from 1, at most")


def measure(settings: Any, runs: CellRuns, paper: Mapping[str, float | None]) -> dict[str, Any]:
    """Return what the quantities and the claims are computed from, at the end of the training."""
    final = {name: own["accuracy"][:, -1] for name, own in runs.items()}
    carried = [name for name in CARRIED if name in final]
    return {
        "final": final,
        "paper": paper,
        "angle": {name: runs[name]["angle"][:, -1] for name in carried},
        "ratio": {name: runs[name]["ratio"][:, -1] for name in carried},
        "off": {
            name: float(final[name].mean() - value)
            for name, value in paper.items()
            if name in final and value is not None
        },
    }


def quantities(m: Measures) -> list[Quantity]:
    """Return the numbers of the result: means over the layers, and ranges, of angles and ratios."""
    found = [
        Quantity(f"test accuracy, {NAMES[name]}", m.final.get(name, ()), "%", value)
        for name, value in m.paper.items()
    ]
    for what, unit, values in (("angle", "°", m.angle), ("ratio of lengths", "", m.ratio)):
        for name in (each for each in CARRIED if each in m.paper):
            own = values.get(name, np.empty((0, 1)))
            found += [
                Quantity(f"{what}, {which} of all layers, {NAMES[name]}", take(own, -1), unit)
                for which, take in (("least", np.min), ("mean", np.mean), ("greatest", np.max))
            ]
    return found


def has(*names: str) -> Any:
    """Return when a claim is judged: in the full version, if these cells were run."""
    return lambda m: full_version(m) and set(names) <= m.final.keys()


def accuracies(m: Measures) -> str:
    """Return the accuracies of all cells in words."""
    return ", ".join(f"{NAMES[name]} {spread(own, 4)}" for name, own in m.final.items()) + " %"


CLAIMS = (
    Claim(
        "every circuit learns",
        when=lambda m: m.settings.quick,
        holds=lambda m: min(own.mean() for own in m.final.values()) > m.settings.learned,
        evidence=accuracies,
    ),
    Claim(
        lambda m: f"PFA and PFA-o perform as BP does, within {_points(m.settings.near_backprop)}",
        when=has("bp", *PRODUCTS),
        holds=lambda m: all(
            abs((m.final[n] - m.final["bp"]).mean()) < m.settings.near_backprop for n in PRODUCTS
        ),
        evidence=accuracies,
    ),
    Claim(
        lambda m: (
            "they perform far better than FA and DFA, by more than "
            f"{_points(m.settings.far_better)}"
        ),
        when=has("fa", "dfa", *PRODUCTS),
        holds=lambda m: (
            min(m.final[n].mean() for n in PRODUCTS)
            > m.settings.far_better + max(m.final[n].mean() for n in ("fa", "dfa"))
        ),
        evidence=accuracies,
    ),
    Claim(
        lambda m: f"accuracies within {_points(m.settings.near_paper)} of the paper's",
        when=lambda m: (
            full_version(m)
            and len(m.off) == len(m.paper)
            and m.settings.dataset == type(m.settings).dataset
        ),
        holds=lambda m: max(map(abs, m.off.values())) <= m.settings.near_paper,
        evidence=lambda m: ", ".join(f"{NAMES[n]} {by:+.2f}" for n, by in m.off.items()),
    ),
    Claim(
        lambda m: (
            "the path angles of PFA and PFA-o are small in all layers, below "
            f"{m.settings.small_angle:g} degrees"
        ),
        when=has(*PRODUCTS),
        holds=lambda m: (
            max(m.angle[name].mean(0).max() for name in PRODUCTS) < m.settings.small_angle
        ),
        evidence=lambda m: ranges(m.angle, PRODUCTS) + " degrees",
    ),
    Claim(
        lambda m: f"the ratio of lengths is near 1 for both, within {m.settings.near_ratio:g}",
        when=has(*PRODUCTS),
        holds=lambda m: all(
            (abs(m.ratio[n].mean(0) - 1) < m.settings.near_ratio).all() for n in PRODUCTS
        ),
        evidence=lambda m: ranges(m.ratio, PRODUCTS),
    ),
)


def _points(number: float) -> str:
    return "a point" if number == 1 else f"{number:g} points"


def ranges(values: Mapping[str, Any], names: Sequence[str]) -> str:
    """Return the ranges over the layers of the means over the seeds, in words."""
    means = {name: values[name].mean(0) for name in names}
    return ", ".join(f"{NAMES[n]} {own.min():.2f} to {own.max():.2f}" for n, own in means.items())


def picture(settings: Any, runs: CellRuns) -> Figure:
    """Draw accuracies (a), and below them angles and ratios of each circuit that has paths."""
    carried = [name for name in CARRIED if name in runs]
    figure, grid = panels(max(2, len(carried)), 3 if carried else 1, height=2.2)
    _accuracy(figure, grid, runs)
    for letter, name, (above, below) in zip("bcdef", carried, grid.T[:, 1:], strict=False):
        own = runs[name]
        _layers(above, own["epochs"][0], own["angle"])
        name_axes(above, "epoch", "angle to Wᵀ (°)", f"{letter}  {NAMES[name]}")
        above.set_ylim(0, 100)
        level(below, 1)
        _layers(below, own["epochs"][0], own["ratio"])
        name_axes(below, "epoch", "ratio of lengths")
        below.set_ylim(0, 2)
        legend_above(above)
    for axes in grid[1:, len(carried) :].flat:
        axes.set_visible(False)
    for axes in figure.axes:
        axes.xaxis.get_major_locator().set_params(integer=True)
    return figure


def _accuracy(figure: Figure, grid: np.ndarray, runs: CellRuns) -> None:
    """Draw the whole training and its later half over the width of the figure."""
    for axes in grid[0]:
        axes.remove()
    whole = grid[0, 0].get_gridspec()
    half = len(grid[0]) // 2
    first, second = (figure.add_subplot(whole[0, part]) for part in (np.s_[:half], np.s_[half:]))
    count = max(len(own["epochs"][0]) for own in runs.values())
    for axes, part in ((first, np.s_[:]), (second, np.s_[count // 2 :])):
        quiet(axes)
        for colour, name in zip(PALETTE, NAMES, strict=False):
            if name in runs:
                epochs, accuracy = runs[name]["epochs"][0], runs[name]["accuracy"]
                band(axes, epochs[part], accuracy[:, part], colour, NAMES[name])
    name_axes(first, "epoch", "test accuracy (%)", "a")
    name_axes(second, "epoch", "test accuracy (%)", "a, later half")
    legend_above(second)


def _layers(axes: Axes, epochs: np.ndarray, values: np.ndarray) -> None:
    """Draw the mean over the seeds of every layer, the lowest and the highest with a name."""
    means, last = values.mean(0), values.shape[-1] - 1
    for k in range(last + 1):
        ends = {0: (BLUE, "lowest"), last: (ACCENT, "highest")}
        colour, label = ends.get(k, (BLUE, None))
        faint = 1.0 if k in ends else 0.3
        axes.plot(epochs, means[:, k], color=colour, alpha=faint, linewidth=1.2, label=label)
