"""Figure 5: W aligns with B^T, neuron by neuron; training in three phases shows how.

A 20-1000-20 network with tanh hidden neurons learns y_k = x^T Q_k x by feedback alignment, with Q
from U[-0.5, 0.5] and x from U[-2, 2]. (a) The angle between W and B^T, and the angle between the
outgoing and the feedback weights of single hidden neurons. (c) Only W0 learns at first, then only
W, then only W0 again.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import BLUE, GREY, INK, PALETTE
from spikefa.experiments.lillicrap2016._quadratic import (
    circuit,
    neuron_angles,
    quadratic_simulation,
)
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS, Repeated
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import band, level, name_axes, panels
from spikefa.utils.ranges import Count, Degrees, Few, PositiveScale, Share, Size

SHOWN = 20
PHASES = ("1: W0 learns", "2: W learns", "3: W0 learns")
FROZEN = ((1,), (0,), (1,))
LOOKS = 20


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """All settings that affect the result."""

    hidden: Size = option(1000, "hidden neurons")
    updates: Count = option(4000, "updates of (a), 10 examples each")
    phase1: Count = option(500, "updates of phase 1 of (c)")
    phase2: Count = option(1000, "updates of phase 2")
    phase3: Count = option(1500, "updates of phase 3")
    repeats: Few = option(10, REPEATS)
    near_right: Degrees = bound(
        5.0, "degrees from 90, at most, at which the angle of W and B^T begins"
    )
    aligned: Degrees = bound(65.0, "degrees between W and B^T at the end, at most")
    most_neurons: Share = bound(
        0.9, "share of the hidden neurons, at least, that come nearer to B^T"
    )
    unchanged: PositiveScale = bound(0.97, "NSE after phase 1, at least, by that before")
    reduced: PositiveScale = bound(0.95, "NSE after phase 3, at most, by that before")


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Train all weights together, then train in phases from the same initial weights."""
    whole = quadratic_simulation(settings, circuit(), settings.hidden, seed)
    at = np.linspace(0, settings.updates, 2 * LOOKS + 1).round().astype(int)
    found = whole.follow(
        at,
        {
            "nse": whole.held_out.answers.nse,
            "angle": lambda: whole.network.alignment()["output"],
            "neurons": neuron_angles(whole.network),
        },
    )
    found["updates"] = at
    parts = quadratic_simulation(settings, circuit(), settings.hidden, seed)
    curve, when, before = [], [], 0
    phases = (settings.phase1, settings.phase2, settings.phase3)
    for updates, frozen in zip(phases, FROZEN, strict=True):
        parts.freeze(*frozen)
        at = np.linspace(0, updates, LOOKS + 1).round().astype(int)
        curve.append(parts.follow(at, {"nse": parts.held_out.answers.nse})["nse"])
        when.append(before + at)
        before += updates
    return {**found, "phase.nse": np.array(curve), "phase.updates": np.array(when)}


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return the values from which quantities and claims are computed."""
    angle, neurons, phase = runs["angle"], runs["neurons"], runs["phase.nse"]
    first, second, third = (phase[:, k, -1] / phase[:, k, 0] for k in range(3))
    moved = (neurons[:, -1] < neurons[:, 0]).mean(1)
    return {"angle": angle, "first": first, "second": second, "third": third, "moved": moved}


def quantities(m: Measures) -> list[Quantity]:
    """Return the quantities that the result reports."""
    return [
        Quantity("angle between W and B^T at first", m.angle[:, 0], "°"),
        Quantity("the same at the end", m.angle[:, -1], "°"),
        Quantity("NSE at the end of (a)", m.runs["nse"][:, -1]),
        Quantity("NSE after phase 1, by that before", m.first),
        Quantity("NSE after phase 2, by that before", m.second),
        Quantity("NSE after phase 3, by that before", m.third),
    ]


CLAIMS = (
    Claim(
        "W aligns with B^T",
        holds=lambda m: (
            (abs(m.angle[:, 0] - 90) < m.settings.near_right).all()
            and (m.angle[:, -1] < m.settings.aligned).all()
        ),
        evidence=lambda m: f"from {spread(m.angle[:, 0])} to {spread(m.angle[:, -1])} degrees",
    ),
    Claim(
        "single hidden neurons exhibit the same alignment",
        holds=lambda m: (m.moved > m.settings.most_neurons).all(),
        evidence=lambda m: f"{spread(100 * m.moved)} % of the neurons are nearer than at first",
    ),
    Claim(
        "phase 1 does not reduce the error",
        holds=lambda m: (m.first > m.settings.unchanged).all(),
        evidence=lambda m: f"NSE times {spread(m.first)}",
    ),
    Claim(
        "phase 3, in which the same synapses learn, does",
        holds=lambda m: (m.third < m.settings.reduced).all(),
        evidence=lambda m: f"NSE times {spread(m.third)}",
    ),
)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the angles (a) and the error in three phases (c); (b) is a diagram in the paper."""
    figure, ((left, right),) = panels(2)
    updates = runs["updates"][0]
    left.plot(updates, runs["neurons"][0, :, :SHOWN], color=INK, linewidth=0.5, alpha=0.6)
    band(left, updates, runs["angle"], BLUE, "W and Bᵀ")
    left.plot([], [], color=INK, linewidth=0.5, label=f"{SHOWN} single neurons of one run")
    level(left, 90)
    name_axes(left, "updates", "angle (°)", "a")
    legend_above(left)
    for phase, label in enumerate(PHASES):
        colour = PALETTE[1] if phase == 1 else PALETTE[2]
        band(right, runs["phase.updates"][0, phase], runs["phase.nse"][:, phase], colour, label)
        right.axvline(runs["phase.updates"][0, phase, -1], color=GREY, linewidth=0.6)
    right.set_ylim(0)
    name_axes(right, "updates", "NSE", "c")
    legend_above(right)
    return figure


EXPERIMENT = Study(
    "lillicrap2016.fig5",
    Settings,
    id="L16.fig5",
    once=once,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={"repeats": 2, "updates": 2000},
)
