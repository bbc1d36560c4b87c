"""Supplementary figure 8: momentum speeds up feedback alignment.

A 30-20-10-10 tanh network learns the function of another network by feedback alignment, as in
figure 3d. With momentum, v <- alpha v + the update, and the weights change by v. Runs with an alpha
of 0, 0.5 and 0.9 use the same initial weights and examples.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

import spikefa as sf
from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import BLUE, GREY, PALETTE
from spikefa.experiments.lillicrap2016._teacher import student_simulation
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS, Repeated
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import band, first_below, name_axes, panels
from spikefa.utils.ranges import Batch, Count, Few, PositiveScale, Rate, Scale

SIZES = (30, 20, 10, 10)
ALPHAS = (0.0, 0.5, 0.9)


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """All settings that affect the result."""

    updates: Count = option(2500, "updates")
    every: Count = option(
        50, "updates between two looks at 500 other examples", divides=("updates",)
    )
    batch: Batch = option(10, "examples for each update, which is summed over them")
    rate: Rate = option(1e-3, "eta")
    weight_scale: Scale = option(0.01, "half-range of the first weights")
    bias_scale: Scale = option(0.1, "half-range of the first biases")
    feedback_scale: PositiveScale = option(0.5, "half-range of B")
    repeats: Few = option(5, REPEATS)
    learned: PositiveScale = bound(0.3, "NSE below which a network has learned")


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Train with each value of the momentum."""
    at = range(0, settings.updates + 1, settings.every)
    curves = []
    for alpha in ALPHAS:
        simulation = student_simulation(
            settings,
            SIZES,
            sf.FA(settings.feedback_scale, tau=1.0),
            settings.rate,
            settings.batch,
            seed,
            settings.weight_scale,
            settings.bias_scale,
            partial(torch.optim.SGD, momentum=alpha),
        )
        curves.append(simulation.follow(at, {"nse": simulation.held_out.answers.nse})["nse"])
    return {"updates": list(at), "nse": np.array(curves)}


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return the values from which quantities and claims are computed."""
    updates = runs["updates"][0]
    needed = [first_below(updates, runs["nse"][:, k], settings.learned) for k in range(len(ALPHAS))]
    in_words = "; ".join(
        f"{alpha:g}: {spread(values)}" for alpha, values in zip(ALPHAS, needed, strict=True)
    )
    return {"needed": needed, "in_words": in_words}


def _until(m: Measures) -> str:
    return f"updates until the NSE is below {m.settings.learned:g}"


def quantities(m: Measures) -> list[Quantity]:
    """Return the quantities that the result reports."""
    return [
        Quantity(f"{_until(m)}, momentum {alpha:g}", values)
        for alpha, values in zip(ALPHAS, m.needed, strict=True)
    ]


CLAIMS = (
    Claim(
        "momentum speeds feedback alignment up",
        holds=lambda m: (m.needed[0] > m.needed[1]).all() and (m.needed[1] > m.needed[2]).all(),
        evidence=lambda m: f"{_until(m)} by momentum: {m.in_words}",
    ),
)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the errors against the number of updates."""
    figure, ((axes,),) = panels(1, width=5.2, height=3.6)
    for k, colour in enumerate((GREY, BLUE, PALETTE[2])):
        band(axes, runs["updates"][0], runs["nse"][:, k], colour, f"momentum {ALPHAS[k]:g}")
    axes.set_ylim(0)
    name_axes(axes, f"updates, {settings.batch} examples each", "NSE")
    legend_above(axes)
    return figure


EXPERIMENT = Study(
    "lillicrap2016.s8",
    Settings,
    id="L16.s8",
    once=once,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={"repeats": 1},
)
