"""Supplementary figure 6: a deep network with a frozen first layer is worse than a shallower one.

Networks of 30-40-10 and 30-40-20-10 tanh neurons (outputs linear) learn the function of a
30-20-10-10 network by backpropagation and by feedback alignment, with 100 examples per update and
eta = 0.05 for the mean over them (supplementary note 3). As a control, the weights W0 of the first
layer of the deeper network keep their initial values; if the deeper network were better only
because it has more parameters, this would not matter. Initial weights and biases are drawn from
uniform distributions. The paper does not give their widths; here they are wide enough to make
random features useful, since otherwise the control would be slow for another reason.
"""

from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

import spikefa as sf
from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import BLUE, GREY, INK, PALETTE
from spikefa.experiments.lillicrap2016._teacher import student_simulation
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS, Repeated
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import band, name_axes, panels
from spikefa.utils.ranges import Batch, Count, Few, PositiveScale, Rate, Scale

THREE, FOUR = (30, 40, 10), (30, 40, 20, 10)
NETWORKS = {"3": (THREE, False), "4": (FOUR, False), "frozen": (FOUR, True)}
"""Sizes of each network, and whether its W0 is frozen."""
ALGORITHMS = {"backprop": "backprop", "fa": "feedback alignment"}
LABELS = {"3": "3 layers", "4": "4 layers", "frozen": "4 layers, W0 frozen"}


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """All settings that affect the result."""

    updates: Count = option(20_000, "updates")
    every: Count = option(
        500, "updates between two looks at 500 other examples", divides=("updates",)
    )
    batch: Batch = option(100, "examples for each update")
    rate: Rate = option(0.05, "eta, of the mean over the examples")
    weight_scale: Scale = option(0.2, "half-range of the first weights")
    bias_scale: Scale = option(0.2, "half-range of the first biases")
    feedback_scale: PositiveScale = option(0.5, "half-range of B")
    repeats: Few = option(5, REPEATS)
    much_worse: PositiveScale = bound(
        2.0, "NSE with W0 frozen, at least, by that of 4 layers that all learn"
    )


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Train all networks on the function of one target network, with both algorithms."""
    circuits = {
        "backprop": lambda: sf.Backprop(tau=1.0),
        "fa": lambda: sf.FA(settings.feedback_scale, tau=1.0),
    }
    at = range(0, settings.updates + 1, settings.every)
    rate = settings.rate / settings.batch
    scales = (settings.weight_scale, settings.bias_scale)
    found: dict[str, Any] = {"updates": list(at)}
    for algorithm, circuit in circuits.items():
        for network, (sizes, frozen) in NETWORKS.items():
            simulation = student_simulation(
                settings, sizes, circuit(), rate, settings.batch, seed, *scales
            )
            if frozen:
                simulation.freeze(0)
            nse = simulation.held_out.answers.nse
            found |= simulation.follow(at, {f"{algorithm}.{network}": nse})
    return found


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return the final errors, and the errors of each algorithm as evidence."""
    final = {
        f"{algorithm}.{network}": runs[f"{algorithm}.{network}"][:, -5:].mean(1)
        for algorithm in ALGORITHMS
        for network in NETWORKS
    }
    in_words = {
        algorithm: f"NSE {spread(final[f'{algorithm}.frozen'])} frozen, "
        f"{spread(final[f'{algorithm}.4'])} not, {spread(final[f'{algorithm}.3'])} with 3 layers"
        for algorithm in ALGORITHMS
    }
    return {"final": final, "in_words": in_words}


def quantities(m: Measures) -> list[Quantity]:
    """Return the final errors."""
    return [
        Quantity(f"NSE at the end, {LABELS[network]}, {title}", m.final[f"{algorithm}.{network}"])
        for algorithm, title in ALGORITHMS.items()
        for network in NETWORKS
    ]


def _much_worse(algorithm: str) -> Claim:
    return Claim(
        f"with W0 frozen 4 layers do much worse, {ALGORITHMS[algorithm]}",
        holds=lambda m: (
            m.final[f"{algorithm}.frozen"] > m.settings.much_worse * m.final[f"{algorithm}.4"]
        ).all(),
        evidence=lambda m: m.in_words[algorithm],
    )


def _worse_than_three(algorithm: str) -> Claim:
    return Claim(
        f"they do worse than 3 layers, {ALGORITHMS[algorithm]}",
        holds=lambda m: (m.final[f"{algorithm}.frozen"] > m.final[f"{algorithm}.3"]).all(),
        evidence=lambda m: m.in_words[algorithm],
    )


CLAIMS = (
    _much_worse("backprop"),
    _worse_than_three("backprop"),
    _much_worse("fa"),
    _worse_than_three("fa"),
)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the errors against the number of updates."""
    figure, ((axes,),) = panels(1, width=5.8, height=4.2)
    colours = {"3": (GREY, PALETTE[3]), "4": (INK, PALETTE[2]), "frozen": (BLUE, PALETTE[1])}
    for network, pair in colours.items():
        for (algorithm, title), colour in zip(ALGORITHMS.items(), pair, strict=True):
            curves = runs[f"{algorithm}.{network}"]
            band(axes, runs["updates"][0], curves, colour, f"{LABELS[network]}, {title}")
    axes.set_ylim(0, 0.5)
    name_axes(axes, f"updates, {settings.batch} examples each", "NSE")
    legend_above(axes)
    return figure


EXPERIMENT = Study(
    "lillicrap2016.s6",
    Settings,
    id="L16.s6",
    once=once,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={"repeats": 1, "updates": 10_000},
)
