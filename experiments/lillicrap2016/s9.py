"""Supplementary figure 9: the angles of all hidden neurons, before and after training.

The network is that of figure 5a. The figure shows (a) its error and (b) the histogram of the angles
between the outgoing and the feedback weights of each hidden neuron.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import GREY, PALETTE
from spikefa.experiments.lillicrap2016._quadratic import (
    circuit,
    neuron_angles,
    quadratic_simulation,
)
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS, Repeated
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import band, name_axes, panels
from spikefa.utils.ranges import Count, Degrees, Few, PositiveScale, Share, Size


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """All settings that affect the result."""

    hidden: Size = option(1000, "hidden neurons")
    updates: Count = option(4000, "updates, 10 examples each")
    every: Count = option(
        100, "updates between two looks at 300 other examples", divides=("updates",)
    )
    repeats: Few = option(5, REPEATS)
    dropped: PositiveScale = bound(0.5, "NSE at the end, at most, by that at first")
    near_right: Degrees = bound(3.0, "degrees from 90 of the mean angle before learning, at most")
    near_half: Share = bound(
        0.06, "difference from 0.5 of the share below 90 degrees at first, at most"
    )
    shifted: Degrees = bound(90.0, "degrees below which nine of ten angles lie after learning")


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Train the network, and measure every neuron's angle before and after."""
    simulation = quadratic_simulation(settings, circuit(), settings.hidden, seed)
    angles = neuron_angles(simulation.network)
    before = angles()
    at = range(0, settings.updates + 1, settings.every)
    found = simulation.follow(at, {"nse": simulation.held_out.answers.nse})
    return {**found, "updates": list(at), "before": before, "after": angles()}


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return the values from which quantities and claims are computed."""
    before, after, nse = runs["before"], runs["after"], runs["nse"]
    below = (before < 90).mean(1)
    centre = before.mean(1)
    return {"after": after, "nse": nse, "below": below, "centre": centre}


def quantities(m: Measures) -> list[Quantity]:
    """Return the quantities that the result reports."""
    return [
        Quantity("mean angle before", m.centre, "°", 90.0),
        Quantity("mean angle after", m.after.mean(1), "°"),
        Quantity("neurons below 90 degrees after", 100 * (m.after < 90).mean(1), "%"),
        Quantity("NSE at the end", m.nse[:, -1]),
    ]


CLAIMS = (
    Claim(
        "the error drops",
        holds=lambda m: (m.nse[:, -1] < m.settings.dropped * m.nse[:, 0]).all(),
        evidence=lambda m: f"NSE from {spread(m.nse[:, 0])} to {spread(m.nse[:, -1])}",
    ),
    Claim(
        "before learning the angles lie symmetrically around 90 degrees",
        holds=lambda m: (
            (abs(m.centre - 90) < m.settings.near_right).all()
            and (abs(m.below - 0.5) < m.settings.near_half).all()
        ),
        evidence=lambda m: f"mean {spread(m.centre)} degrees, {spread(100 * m.below)} % below 90",
    ),
    Claim(
        "after learning they have shifted towards 0",
        holds=lambda m: (np.quantile(m.after, 0.9, axis=1) < m.settings.shifted).all(),
        evidence=lambda m: (
            f"mean {spread(m.after.mean(1))} degrees, nine of ten neurons below "
            f"{np.quantile(m.after, 0.9):.3g}"
        ),
    ),
)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the error (a) and the two histograms of all runs (b)."""
    figure, ((left, right),) = panels(2)
    band(left, runs["updates"][0], runs["nse"], PALETTE[2])
    left.set_ylim(0)
    name_axes(left, "updates", "NSE", "a")
    bins = np.arange(0, 181, 5)
    share = np.full(runs["before"].size, 100 / runs["before"].size)
    for name, colour in (("before", GREY), ("after", PALETTE[2])):
        right.hist(runs[name].ravel(), bins, weights=share, color=colour, alpha=0.7, label=name)
    right.set_xticks(range(0, 181, 45))
    name_axes(right, "angle of a hidden neuron (°)", "neurons (%)", "b")
    legend_above(right)
    return figure


EXPERIMENT = Study(
    "lillicrap2016.s9",
    Settings,
    id="L16.s9",
    once=once,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={"repeats": 2, "updates": 2500},
)
