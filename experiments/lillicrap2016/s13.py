"""Supplementary figure 13: with small initial weights, W comes to act like a pseudoinverse of B.

A 30-20-10 linear network learns a linear function by feedback alignment, with initial weights from
U[-omega, omega] and omega from 0.0001 to 0.25. The figure shows (a) the error, and the angle of the
deltas (b) to those of backpropagation and (c) to those of pseudobackpropagation.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

import spikefa as sf
from spikefa.analysis.delta_angles import angles_to
from spikefa.datasets.functions import linear
from spikefa.experiments.lillicrap2016._pseudo import angle_to_pseudobackprop
from spikefa.models import rate_network
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS, Repeated
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import name_axes, panels
from spikefa.simulation.simulation import Simulation
from spikefa.stimulus import FunctionStimulus
from spikefa.utils.devices import choose_device
from spikefa.utils.ranges import Count, Few, PositiveScale, Rate

SIZES = (30, 20, 10)
OMEGAS = (0.0001, 0.001, 0.01, 0.05, 0.1, 0.125, 0.15, 0.2, 0.25)
SMALL = 3
"""The first three scales, up to that of figure 2, count as small."""


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """All settings that affect the result."""

    examples: Count = option(1000, "examples, one update each")
    every: Count = option(25, "examples between two looks at 500 others", divides=("examples",))
    rate: Rate = option(5e-3, "eta")
    feedback_scale: PositiveScale = option(0.5, "half-range of B")
    repeats: Few = option(10, REPEATS)
    farther: PositiveScale = bound(
        2.0, "angle to pseudobackprop from large weights, at least, by that from small ones"
    )
    learned: PositiveScale = bound(0.05, "NSE at the end, at most, from every scale")


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Train on the same function from initial weights of every scale."""
    at = range(0, settings.examples + 1, settings.every)
    found: dict[str, list[Any]] = {"nse": [], "backprop": [], "pseudo": []}
    for omega in OMEGAS:
        circuit = sf.FA(settings.feedback_scale, tau=1.0)
        network = rate_network(
            *(SIZES, circuit, settings.rate, "linear", "linear", omega),
            bias=False,
            device=choose_device(settings.device),
        )
        simulation = Simulation(
            network,
            FunctionStimulus(linear(SIZES[0], SIZES[-1], seed)),
            batch_size=1,
            seed=seed,
            backend=settings.backend,
        )
        held_out = simulation.held_out
        to_backprop = angles_to(network, sf.Backprop(tau=1.0), held_out.state)
        measures: dict[str, Any] = {
            "nse": held_out.answers.nse,
            "backprop": lambda to_backprop=to_backprop: to_backprop()[0],
            "pseudo": angle_to_pseudobackprop(simulation),
        }
        for name, values in simulation.follow(at, measures).items():
            found[name].append(values)
    return {"examples": list(at), **{name: np.array(rows) for name, rows in found.items()}}


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return the values from which quantities and claims are computed."""
    backprop, pseudo = runs["backprop"][..., -1], runs["pseudo"][..., -1]
    nearer = (pseudo < backprop)[:, :SMALL]
    small, large = pseudo[:, :SMALL].mean(1), pseudo[:, -1]
    chosen = [0, 2, 4, len(OMEGAS) - 1]
    return {
        "backprop": backprop,
        "pseudo": pseudo,
        "nearer": nearer,
        "small": small,
        "large": large,
        "chosen": chosen,
    }


def quantities(m: Measures) -> list[Quantity]:
    """Return the quantities that the result reports."""
    return [
        *(
            Quantity(f"angle to backprop at the end, omega {OMEGAS[k]:g}", m.backprop[:, k], "°")
            for k in m.chosen
        ),
        *(
            Quantity(f"angle to pseudobackprop, omega {OMEGAS[k]:g}", m.pseudo[:, k], "°")
            for k in m.chosen
        ),
    ]


CLAIMS = (
    Claim(
        "from small weights FA's deltas come nearer to those of pseudobackprop",
        holds=lambda m: m.nearer.all(),
        evidence=lambda m: (
            f"{m.nearer.mean():.0%} of the runs with omega up to {OMEGAS[SMALL - 1]:g}: "
            f"{spread(m.small)} degrees, to backprop "
            f"{spread(m.backprop[:, :SMALL].mean(1))}"
        ),
    ),
    Claim(
        "from large weights they do not",
        holds=lambda m: (m.large > m.settings.farther * m.small).all(),
        evidence=lambda m: f"omega {OMEGAS[-1]:g}: {spread(m.large)} degrees to pseudobackprop",
    ),
    Claim(
        "the function is learned from every scale",
        holds=lambda m: (m.runs["nse"][..., -1] < m.settings.learned).all(),
        evidence=lambda m: f"largest NSE of any run {m.runs['nse'][..., -1].max():.2g}",
    ),
)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the means over the runs, from blue for the smallest scale to red for the largest."""
    figure, (row,) = panels(3)
    colours = colormaps["coolwarm"]([k / (len(OMEGAS) - 1) for k in range(len(OMEGAS))])
    named = {
        "nse": ("NSE", "a"),
        "backprop": ("angle to backprop's delta (°)", "b"),
        "pseudo": ("angle to pseudobackprop's delta (°)", "c"),
    }
    for axes, (name, (label, letter)) in zip(row, named.items(), strict=True):
        for k, omega in enumerate(OMEGAS):
            mean = runs[name][:, k].mean(0)
            axes.plot(runs["examples"][0], mean, color=colours[k], label=f"ω = {omega:g}")
        axes.set_ylim(0, None if name == "nse" else 100)
        name_axes(axes, "examples", label, letter)
    handles, words = row[0].get_legend_handles_labels()
    figure.legend(handles, words, loc="outside upper left", ncols=5, frameon=False, fontsize=8)
    return figure


EXPERIMENT = Study(
    "lillicrap2016.s13",
    Settings,
    id="L16.s13",
    once=once,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={"repeats": 2},
)
