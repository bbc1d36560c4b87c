"""Figure 3, c and d: one more layer lets both algorithms approximate a deep function better.

Networks of 30-20-10 and 30-20-10-10 tanh neurons (outputs linear) learn the function of a
30-20-10-10 network with weights and biases from U[-0.5, 0.5]. The three-layer network is trained by
shallow learning, backpropagation and feedback alignment; the four-layer network by the last two,
which pass the error down layer by layer. All see the same examples for the same number of updates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure
from scipy.stats import ttest_ind

import spikefa as sf
from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import BLUE, GREY, INK, PALETTE
from spikefa.experiments.lillicrap2016._teacher import student_simulation
from spikefa.feedback import FeedbackCircuit
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS, Repeated
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import band, name_axes, panels
from spikefa.runs.studies.repeats import apart
from spikefa.utils.ranges import Batch, Count, Few, PositiveScale, Rate, Scale, Share

THREE, FOUR = (30, 20, 10), (30, 20, 10, 10)
NAMES = {
    "shallow": "3 layers, shallow",
    "backprop3": "3 layers, backprop",
    "fa3": "3 layers, feedback alignment",
    "backprop4": "4 layers, backprop",
    "fa4": "4 layers, feedback alignment",
}


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """All settings that affect the result."""

    updates: Count = option(20_000, "updates")
    every: Count = option(
        500, "updates between two looks at 500 other examples", divides=("updates",)
    )
    batch: Batch = option(10, "examples for each update, which is summed over them")
    rate: Rate = option(0.01, "eta, of all")
    weight_scale: Scale = option(0.01, "half-range of the first weights")
    bias_scale: Scale = option(0.1, "half-range of the first biases")
    feedback_scale: PositiveScale = option(0.5, "half-range of B")
    repeats: Few = option(20, REPEATS)
    p_value: Share = bound(1e-6, "P of the t-test, below which 4 layers beat 3")
    as_well: PositiveScale = bound(0.01, "NSE of FA above that of backprop, at most, with 4 layers")
    far_worse: PositiveScale = bound(
        2.0, "NSE of shallow learning, at least, by that of FA with 3 layers"
    )


def students(settings: Settings) -> dict[str, tuple[tuple[int, ...], FeedbackCircuit]]:
    """Return the sizes and the circuit of each network."""
    return {
        "shallow": (THREE, sf.Shallow(tau=1.0)),
        "backprop3": (THREE, sf.Backprop(tau=1.0)),
        "fa3": (THREE, sf.FA(settings.feedback_scale, tau=1.0)),
        "backprop4": (FOUR, sf.Backprop(tau=1.0)),
        "fa4": (FOUR, sf.FA(settings.feedback_scale, tau=1.0)),
    }


def together(settings: Settings, seeds: Sequence[int]) -> list[dict[str, Any]]:
    """Train all networks on the function of one target network per seed."""
    at = range(0, settings.updates + 1, settings.every)
    scales = (settings.weight_scale, settings.bias_scale)
    found: dict[str, Any] = {}
    for name, (sizes, circuit) in students(settings).items():
        simulation = student_simulation(
            settings, sizes, circuit, settings.rate, settings.batch, seeds, *scales
        )
        found |= simulation.follow(at, {name: simulation.held_out.answers.nse})
    return [{"updates": list(at), **own} for own in apart(found, len(seeds))]


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Return the result of a single seed."""
    return together(settings, [seed])[0]


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return the values from which quantities and claims are computed."""
    final = {name: runs[name][:, -5:].mean(1) for name in NAMES}
    chance = {
        name: float(ttest_ind(final[f"{name}3"], final[f"{name}4"]).pvalue)
        for name in ("backprop", "fa")
        if settings.repeats > 1
    }
    worse = (final["fa4"] - final["backprop4"]).mean()
    return {"final": final, "chance": chance, "worse": worse}


def quantities(m: Measures) -> list[Quantity]:
    """Return the quantities that the result reports."""
    return [
        Quantity(f"NSE at the end, {NAMES[name]}", values, paper=None)
        for name, values in m.final.items()
    ]


def _beat(name: str, title: str, paper: str) -> Claim:
    return Claim(
        f"4 layers beat 3 with {title} (t-test, P = {paper} in the paper)",
        holds=lambda m: (
            m.final[f"{name}4"].mean() < m.final[f"{name}3"].mean()
            and (not m.chance or m.chance[name] < m.settings.p_value)
        ),
        evidence=lambda m: (
            f"NSE {spread(m.final[f'{name}4'])} with 4, {spread(m.final[f'{name}3'])} with 3 layers"
            + (f", P = {m.chance[name]:.1g}" if m.chance else "")
        ),
    )


CLAIMS = (
    _beat("backprop", "backprop", "3e-12"),
    _beat("fa", "feedback alignment", "9e-13"),
    Claim(
        "with 4 layers feedback alignment performs as well as backprop",
        holds=lambda m: m.worse < m.settings.as_well,
        evidence=lambda m: f"NSE {spread(m.final['fa4'])}, backprop {spread(m.final['backprop4'])}",
        reason="the error of feedback alignment is still falling where learning was ended, some "
        "runs being much slower than others; the paper does not say how many examples were "
        "shown, nor the scale of B",
    ),
    Claim(
        "shallow learning is far worse than both",
        holds=lambda m: (m.final["shallow"] > m.settings.far_worse * m.final["fa3"]).all(),
        evidence=lambda m: f"NSE {spread(m.final['shallow'])}",
    ),
)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the errors against the number of updates; (c) is a diagram in the paper."""
    figure, ((axes,),) = panels(1, width=5.8, height=4.2)
    colours = (GREY, INK, PALETTE[2], PALETTE[3], BLUE)
    for (name, label), colour in zip(NAMES.items(), colours, strict=True):
        band(axes, runs["updates"][0], runs[name], colour, label)
    axes.set_ylim(0, 0.8)
    name_axes(axes, f"updates, {settings.batch} examples each", "NSE", "d")
    legend_above(axes)
    return figure


EXPERIMENT = Study(
    "lillicrap2016.fig3cd",
    Settings,
    id="L16.fig3cd",
    once=once,
    together=together,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={"repeats": 2, "updates": 12_000, "p_value": 1.0},
)
