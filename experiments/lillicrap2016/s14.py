"""Supplementary figure 14: feedback alignment at first leaves a minimum that backprop has found.

The network of figure 5 learns quadratic functions by backpropagation until it is near a minimum,
then by feedback alignment. The weights with the least error are not an equilibrium of feedback
alignment, so the error increases until the network finds a new configuration with low error.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import spikefa as sf
from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import GREY, INK, PALETTE
from spikefa.experiments.lillicrap2016._quadratic import circuit, quadratic_simulation
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS, Repeated
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import name_axes, panels, traces
from spikefa.utils.ranges import Count, Few, PositiveScale, Size


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """All settings that affect the result."""

    hidden: Size = option(1000, "hidden neurons")
    before: Count = option(8000, "updates by backprop, 10 examples each")
    after: Count = option(16000, "updates by feedback alignment")
    every: Count = option(
        200, "updates between two looks at 300 other examples", divides=("before", "after")
    )
    repeats: Few = option(5, REPEATS)
    rises: PositiveScale = bound(
        1.5, "highest NSE after the switch, at least, by that at the switch"
    )
    recovers: PositiveScale = bound(0.5, "NSE at the end, at most, by the highest after the switch")


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Train by backprop, then switch to feedback alignment and continue."""
    simulation = quadratic_simulation(settings, sf.Backprop(tau=1.0), settings.hidden, seed)
    measures = {"nse": simulation.held_out.answers.nse}
    first = range(0, settings.before + 1, settings.every)
    second = range(settings.every, settings.after + 1, settings.every)
    before = simulation.follow(first, measures)["nse"]
    simulation.switch(circuit(), seed)
    after = simulation.follow(second, measures)["nse"]
    updates = [*first, *(settings.before + update for update in second)]
    return {"nse": np.concatenate([before, after]), "updates": updates}


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return the values from which quantities and claims are computed."""
    switch = settings.before // settings.every
    minimum = runs["nse"][:, switch - 5 : switch + 1].mean(1)
    after = runs["nse"][:, switch:]
    peak, end = after.max(1), after[:, -5:].mean(1)
    return {"minimum": minimum, "peak": peak, "end": end}


def quantities(m: Measures) -> list[Quantity]:
    """Return the quantities that the result reports."""
    return [
        Quantity("NSE at the switch", m.minimum),
        Quantity("highest NSE after it", m.peak),
        Quantity("NSE at the end", m.end),
    ]


CLAIMS = (
    Claim(
        "the error increases after the switch",
        holds=lambda m: (m.peak > m.settings.rises * m.minimum).all(),
        evidence=lambda m: f"from {spread(m.minimum)} to {spread(m.peak)}",
    ),
    Claim(
        "feedback alignment then recovers and finds low error rates",
        holds=lambda m: (m.end < m.minimum).all() or (m.end < m.settings.recovers * m.peak).all(),
        evidence=lambda m: f"{spread(m.end)} at the end",
    ),
)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the error against the number of updates, and mark the switch of the circuit."""
    figure, ((axes,),) = panels(1, width=5.5, height=3.5)
    switch = settings.before // settings.every
    updates = runs["updates"][0]
    traces(axes, updates[: switch + 1], runs["nse"][:, : switch + 1], INK)
    traces(axes, updates[switch:], runs["nse"][:, switch:], PALETTE[2])
    axes.axvline(settings.before, color=GREY, linewidth=0.7)
    axes.plot([], [], color=INK, label="backprop")
    axes.plot([], [], color=PALETTE[2], label="feedback alignment")
    axes.set_ylim(0)
    name_axes(axes, "updates", "NSE")
    legend_above(axes)
    return figure


EXPERIMENT = Study(
    "lillicrap2016.s14",
    Settings,
    id="L16.s14",
    once=once,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={"hidden": 300, "repeats": 1},
)
