"""Figure 5: what feedback alignment has found stays under backprop, but not the other way round.

Two networks as in figure 1 learn from the same first weights and the same images, one by feedback
alignment and one by backpropagation, and the alignment of their weights with each other is
measured. Then (a) the weights of the first are copied into a network that continues by
backpropagation, and (b) those of the second into one that continues by feedback alignment. Each is
compared with the network that its weights came from, which also continues. After the swap the
images come in another order, the same for all.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import spikefa as sf
from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import BLUE, GREY, INK, PALETTE
from spikefa.datasets.examples import Examples
from spikefa.experiments.chu2024 import _network as net
from spikefa.experiments.chu2024._network import feedback_alignment, weights
from spikefa.experiments.chu2024._settings import Shared
from spikefa.network.network import Network
from spikefa.runs.data import named_data
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import band, name_axes, panels
from spikefa.simulation.simulation import Simulation
from spikefa.utils.ranges import Correlation, Count, Few, PositiveScale, Scale
from spikefa.utils.seeding import derive

EARLY = "weights that are swapped early still hold much of what both networks began with"
"""Likely reason for weights that are more alike than in the paper."""
LAYERS = ("second hidden layer", "output layer")


@dataclass(frozen=True, kw_only=True)
class Settings(Shared):
    """Everything that the result depends on."""

    scale: Scale = option(0.05, "scale of the first weights")
    swap: Count = option(25_000, "updates before the weights are swapped")
    after: Count = option(5000, "updates after it")
    every: Count = option(
        500, "updates between two looks at the test images", divides=("swap", "after")
    )
    repeats: Few = option(1, REPEATS)
    diverged: Correlation = bound(0.9, "alignment of both networks' weights at the swap, at most")
    stable: Correlation = bound(0.9, "alignment at the end of a, at least")
    unstable: Correlation = bound(0.9, "alignment at the end of b, at most")
    dropped: PositiveScale = bound(
        1.0, "percentage points of accuracy that FA loses after the swap, at least"
    )


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Learn side by side, swap, and go on."""
    data = net.examples(settings)
    fa, backprop = (
        net.simulation_of(settings, data, network, seed)
        for network in networks(settings, data, seed)
    )
    before = np.arange(0, settings.swap + 1, settings.every)
    found = {f"before.{name}": each for name, each in _side_by_side(fa, backprop, before).items()}
    after = np.arange(0, settings.after + 1, settings.every)
    other = derive(seed, "after the swap")
    for case, source in (("a", fa), ("b", backprop)):
        pair = []
        for network in networks(settings, data, seed):
            give(source.network, network)
            pair.append(net.simulation_of(settings, data, network, other))
        curves = _side_by_side(pair[0], pair[1], after)
        found |= {f"{case}.{name}": each for name, each in curves.items()}
    return {**found, "updates.before": before, "updates.after": settings.swap + after}


def networks(settings: Settings, data: tuple[Examples, Examples], seed: int) -> list[Network]:
    """Return the network that learns by feedback alignment, and that by backpropagation."""
    circuits = feedback_alignment(), sf.Backprop(tau=1.0)
    return [net.network_of(settings, data, each, settings.scale, seed) for each in circuits]


def give(source: Network, other: Network) -> None:
    """Give the other network the weights of the first."""
    for weight, given in zip(weights(other), weights(source), strict=True):
        weight.copy_(given)


def _side_by_side(fa: Simulation, backprop: Simulation, at: np.ndarray) -> dict[str, np.ndarray]:
    """Let both learn; return their accuracies, and the alignment of their weights by layer."""
    found: dict[str, list[Any]] = {"fa": [], "backprop": [], "aligned": []}
    done = 0
    for number in at.tolist():
        for name, simulation in (("fa", fa), ("backprop", backprop)):
            curve = simulation.follow([number - done], {name: net.accuracy(simulation)})
            found[name].append(curve[name][0])
        pairs = zip(net.weights(fa.network)[1:], net.weights(backprop.network)[1:], strict=True)
        found["aligned"].append([net.cosine(*pair) for pair in pairs])
        done = number
    return {name: np.array(values) for name, values in found.items()}


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return what the quantities and the claims are computed from."""
    ends = {case: runs[f"{case}.aligned"][:, -1] for case in "ab"}
    drop = runs["b.fa"][:, 0] - runs["b.fa"][:, 1:].min(1)
    in_words = {
        case: "; ".join(f"{layer} {spread(ends[case][:, k])}" for k, layer in enumerate(LAYERS))
        for case in "ab"
    }
    before = runs["before.aligned"][:, -1]
    return {"ends": ends, "drop": drop, "in_words": in_words, "before": before}


def quantities(m: Measures) -> list[Quantity]:
    """Return the numbers of the result."""
    return [
        Quantity("accuracy at the swap, feedback alignment", m.runs["before.fa"][:, -1], "%"),
        Quantity("the same, backprop", m.runs["before.backprop"][:, -1], "%"),
        *(
            Quantity(f"alignment of both networks' weights {when}, {layer}", values[:, k])
            for when, values in (
                ("at the swap", m.before),
                ("at the end of a", m.ends["a"]),
                ("at the end of b", m.ends["b"]),
            )
            for k, layer in enumerate(LAYERS)
        ),
    ]


CLAIMS = (
    Claim(
        "at first the two algorithms diverge",
        holds=lambda m: (m.before < m.settings.diverged).all(),
        evidence=lambda m: "; ".join(
            f"{layer} {spread(m.before[:, k])}" for k, layer in enumerate(LAYERS)
        ),
        reason=EARLY,
    ),
    Claim(
        "the solution of feedback alignment remains stable under backprop",
        holds=lambda m: (m.ends["a"] > m.settings.stable).all(),
        evidence=lambda m: (
            f"alignment {m.in_words['a']}, {m.settings.after} updates after the swap"
        ),
    ),
    Claim(
        "the solution of backprop is not stable under feedback alignment",
        holds=lambda m: (
            (m.ends["b"] < m.ends["a"]).all() and (m.ends["b"] < m.settings.unstable).all()
        ),
        evidence=lambda m: f"alignment {m.in_words['b']}",
        reason=EARLY,
    ),
    Claim(
        "the accuracy of feedback alignment drops immediately after the change",
        holds=lambda m: (m.drop > m.settings.dropped).all(),
        evidence=lambda m: f"by {spread(m.drop)} percentage points",
    ),
)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the alignment of both networks' weights for both swaps, the accuracies below."""
    figure, rows = panels(2, 2)
    times = {"before": runs["updates.before"][0], "after": runs["updates.after"][0]}
    titles = {"a": "a   FA's weights to backprop", "b": "b   backprop's weights to FA"}
    for column, case in enumerate("ab"):
        top, below = rows[0][column], rows[1][column]
        for when, key in (("before", "before"), ("after", case)):
            for k, (layer, colour) in enumerate(zip(LAYERS, (BLUE, PALETTE[1]), strict=True)):
                label = layer if when == "before" else ""
                band(top, times[when], runs[f"{key}.aligned"][..., k], colour, label)
            for name, colour in (("fa", PALETTE[2]), ("backprop", INK)):
                label = name.replace("fa", "feedback alignment") if when == "before" else ""
                band(below, times[when], runs[f"{key}.{name}"], colour, label)
        for axes in (top, below):
            axes.axvline(settings.swap, color=GREY, linewidth=0.7)
        top.set_ylim(-0.05, 1.05)
        below.set_ylim(0, 100)
        name_axes(top, "updates", "alignment of the weights", titles[case])
        name_axes(below, "updates", "accuracy (%)")
        legend_above(top)
        legend_above(below)
    return figure


EXPERIMENT = Study(
    "chu2024.fig5",
    Settings,
    id="C24.fig5",
    once=once,
    data=named_data,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={"swap": 200, "after": 100, "every": 20, "test": 2000},
)
