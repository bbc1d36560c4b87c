"""Figure 2: feedback alignment learns a linear function as fast as backpropagation does.

A 30-20-10 network of linear neurons without biases learns y* = T x online by shallow learning, node
perturbation, backpropagation and feedback alignment, all on the same examples. T is drawn from
U[-1, 1], the initial weights from U[-0.01, 0.01], and B from U[-0.5, 0.5]. Each algorithm uses the
learning rate at which it learns fastest; at higher rates some runs diverge. Shallow learning is
shown both at the rate of backpropagation and at its own best rate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import spikefa as sf
from spikefa.analysis.delta_angles import angles_to
from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import GREY, INK, PALETTE
from spikefa.datasets.functions import linear
from spikefa.feedback import FeedbackCircuit
from spikefa.models import rate_network
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS, Repeated
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import band, first_below, level, name_axes, panels
from spikefa.runs.studies.repeats import apart
from spikefa.simulation.simulation import Simulation
from spikefa.stimulus import FunctionStimulus
from spikefa.utils.devices import choose_device
from spikefa.utils.ranges import Count, Degrees, Few, PositiveScale, Rate, Scale

SIZES = (30, 20, 10)
NAMES = {
    "shallow": "shallow",
    "shallow_fast": "shallow, at its best rate",
    "perturbation": "node perturbation",
    "backprop": "backprop",
    "fa": "feedback alignment",
}


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """All settings that affect the result."""

    examples: Count = option(2000, "examples, one update each")
    every: Count = option(20, "examples between two looks at 500 others", divides=("examples",))
    backprop_rate: Rate = option(1e-2, "eta of backprop, and of shallow learning")
    fa_rate: Rate = option(1e-2, "eta of feedback alignment")
    shallow_rate: Rate = option(1.0, "eta of shallow learning at its best")
    perturbation_rate: Rate = option(1e-3, "eta of node perturbation")
    perturbation_noise: Scale = option(1.0, "standard deviation of the noise of hidden neurons")
    weight_scale: Scale = option(0.01, "half-range of the first weights")
    feedback_scale: PositiveScale = option(0.5, "half-range of B")
    repeats: Few = option(20, REPEATS)
    learned: PositiveScale = bound(0.1, "NSE below which a network has learned")
    as_fast: PositiveScale = bound(
        1.1, "examples that FA needs, at most, by those that backprop needs"
    )
    hardly: PositiveScale = bound(0.9, "NSE at the end, at least, of shallow learning")
    near_right: Degrees = bound(
        10.0, "degrees from 90, at most, at which the angle of the deltas begins"
    )
    least_angle: Degrees = bound(1.0, "degrees between the deltas, at least, at all times")


def algorithms(settings: Settings) -> dict[str, tuple[FeedbackCircuit, float, float]]:
    """Return the circuit, learning rate and hidden noise of each algorithm."""
    rate = settings.backprop_rate
    return {
        "shallow": (sf.Shallow(tau=1.0), rate, 0.0),
        "shallow_fast": (sf.Shallow(tau=1.0), settings.shallow_rate, 0.0),
        "perturbation": (
            sf.NodePerturbation(tau=1.0),
            settings.perturbation_rate,
            settings.perturbation_noise,
        ),
        "backprop": (sf.Backprop(tau=1.0), rate, 0.0),
        "fa": (sf.FA(settings.feedback_scale, tau=1.0), settings.fa_rate, 0.0),
    }


def together(settings: Settings, seeds: Sequence[int]) -> list[dict[str, Any]]:
    """Train every algorithm on one function per seed, on the same examples and initial weights."""
    at = range(0, settings.examples + 1, settings.every)
    tasks = [linear(SIZES[0], SIZES[-1], seed) for seed in seeds]
    found: dict[str, Any] = {}
    for name, (circuit, rate, noise) in algorithms(settings).items():
        network = rate_network(
            *(SIZES, circuit, rate, "linear", "linear", settings.weight_scale, False, noise),
            replicas=len(seeds),
            device=choose_device(settings.device),
        )
        simulation = Simulation(
            network,
            FunctionStimulus(tasks),
            batch_size=1,
            seed=seeds,
            backend=settings.backend,
        )
        held_out = simulation.held_out
        measures: dict[str, Any] = {name: held_out.answers.nse}
        if name == "fa":
            measures["angle"] = angles_to(network, sf.Backprop(tau=1.0), held_out.state)
        found |= simulation.follow(at, measures)
    return [{"examples": list(at), **own} for own in apart(found, len(seeds))]


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Return the result of a single seed."""
    return together(settings, [seed])[0]


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return the values from which quantities and claims are computed."""
    examples = runs["examples"][0]
    needed = {name: first_below(examples, runs[name], settings.learned) for name in NAMES}
    final = {name: runs[name][:, -1] for name in NAMES}
    angle = runs["angle"][..., 0]
    low = angle.min(1)
    slower = needed["perturbation"] > np.maximum(needed["fa"], needed["backprop"])
    return {
        "examples": examples,
        "needed": needed,
        "final": final,
        "angle": angle,
        "low": low,
        "slower": slower,
    }


def quantities(m: Measures) -> list[Quantity]:
    """Return the quantities that the result reports."""
    learned = f"examples until the NSE is below {m.settings.learned:g}"
    return [
        *(
            Quantity(f"NSE after {m.examples[-1]} examples, {NAMES[name]}", m.final[name])
            for name in NAMES
        ),
        Quantity(f"{learned}, backprop", m.needed["backprop"]),
        Quantity(f"{learned}, feedback alignment", m.needed["fa"]),
        Quantity("angle between the deltas of FA and backprop at first", m.angle[:, 0], "°"),
        Quantity("the same at the end", m.angle[:, -1], "°"),
    ]


CLAIMS = (
    Claim(
        "feedback alignment learns as fast as backprop",
        holds=lambda m: m.needed["fa"].mean() < m.settings.as_fast * m.needed["backprop"].mean(),
        evidence=lambda m: (
            f"NSE below {m.settings.learned:g} after {spread(m.needed['fa'])} examples, backprop "
            f"{spread(m.needed['backprop'])}"
        ),
    ),
    Claim(
        "with shallow learning the loss hardly decreases",
        holds=lambda m: m.final["shallow"].mean() > m.settings.hardly,
        evidence=lambda m: (
            f"NSE {spread(m.final['shallow'])} at the end; at its own best rate "
            f"{spread(m.final['shallow_fast'])}"
        ),
    ),
    Claim(
        "node perturbation is slow",
        holds=lambda m: m.slower.all(),
        evidence=lambda m: (
            f"NSE {spread(m.final['perturbation'])} at the end; slower than both others in "
            f"{m.slower.mean():.0%} of the runs"
        ),
    ),
    Claim(
        "the angle between the deltas begins near 90 degrees and shrinks",
        holds=lambda m: (
            abs(m.angle[:, 0].mean() - 90) < m.settings.near_right
            and bool((m.angle[:, -1] < m.angle[:, 0]).all())
        ),
        evidence=lambda m: f"from {spread(m.angle[:, 0])} to {spread(m.angle[:, -1])} degrees",
    ),
    Claim(
        "the angle never reaches zero",
        holds=lambda m: (m.low > m.settings.least_angle).all(),
        evidence=lambda m: f"least angle of any run {m.low.min():.3g} degrees",
    ),
)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the errors (a) and the angle (b) against the number of examples."""
    examples = runs["examples"][0]
    figure, ((left, right),) = panels(2, height=3.9)
    colours = {
        "shallow": ("#8d93a1", "-"),
        "shallow_fast": ("#8d93a1", "--"),
        "perturbation": (GREY, "-"),
        "backprop": (INK, "-"),
        "fa": (PALETTE[2], "-"),
    }
    for name, (colour, style) in colours.items():
        band(left, examples, runs[name], colour, NAMES[name], style)
    name_axes(left, "examples", "NSE", "a")
    left.set_ylim(0, 1.1)
    legend_above(left)
    level(right, 90)
    band(right, examples, runs["angle"][..., 0], PALETTE[2])
    name_axes(right, "examples", "angle of FA's delta to backprop's (°)", "b")
    right.set_ylim(0, 100)
    return figure


EXPERIMENT = Study(
    "lillicrap2016.fig2",
    Settings,
    id="L16.fig2",
    once=once,
    together=together,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={"repeats": 3},
)
