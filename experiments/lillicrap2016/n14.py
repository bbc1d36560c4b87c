"""Note 14, theorem 2: for one training pair and zero initial weights, B e is a multiple of W^+ e.

A 30-20-10 linear network learns one pair of input (of length 1) and output. From zero initial
weights, the feedback of feedback alignment is always parallel to that of pseudobackpropagation;
from other initial weights it is not.
"""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

import spikefa as sf
from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import GREY, PALETTE
from spikefa.datasets.functions import linear, patterns
from spikefa.experiments.lillicrap2016._pseudo import angle_to_pseudobackprop
from spikefa.models import rate_network
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS, Repeated
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import band, level, name_axes, panels
from spikefa.simulation.simulation import Simulation
from spikefa.stimulus import FunctionStimulus
from spikefa.utils.devices import choose_device
from spikefa.utils.ranges import Degrees, Few, PositiveScale, Range, Rate, Scale
from spikefa.utils.seeding import generator

SIZES = (30, 20, 10)
KINDS = {"zero": "from zero", "other": "from other weights"}


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """All settings that affect the result."""

    updates: Annotated[int, Range(2, 1_000_000)] = option(40, "updates, all with the one pair")
    rate: Rate = option(0.1, "eta, of both projections")
    other_start: Scale = option(0.3, "half-range of the first weights of the comparison")
    repeats: Few = option(20, REPEATS)
    parallel: Degrees = bound(1e-4, "degrees between B e and W^+ e, at most, from zero")
    learned: PositiveScale = bound(0.1, "error at the end, at most, of the pair's length 1")


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Train on one pair from zero and from nonzero weights, and compare the feedback signals."""
    x, y = linear(SIZES[0], SIZES[-1], seed).draw(1, generator(seed, "pair"))
    pair = patterns("one pair", x / x.norm(), y / y.norm())
    found: dict[str, Any] = {}
    for kind, start in {"zero": 0.0, "other": settings.other_start}.items():
        circuit = sf.FA(0.5, tau=1.0)
        network = rate_network(
            *(SIZES, circuit, settings.rate, "linear", "linear", start),
            bias=False,
            device=choose_device(settings.device),
        )
        stimulus = FunctionStimulus(pair, tests=1)
        simulation = Simulation(
            network, stimulus, batch_size=1, seed=seed, backend=settings.backend
        )
        simulation.learn(2)  # W is still zero after the first update, and zero has no direction
        measures: dict[str, Any] = {
            f"{kind}.angle": angle_to_pseudobackprop(simulation),
            f"{kind}.error": partial(_length, simulation.held_out.state.error),
        }
        found |= simulation.follow(range(settings.updates - 1), measures)
    return found


def _length(vector: Tensor) -> float:
    return float(vector.norm())


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return the values from which quantities and claims are computed."""
    zero, other = runs["zero.angle"], runs["other.angle"]
    largest = zero.max(1)
    return {"other": other, "largest": largest}


def quantities(m: Measures) -> list[Quantity]:
    """Return the quantities that the result reports."""
    return [
        Quantity("largest angle between B e and W^+ e, from zero", m.largest, "°", 0.0),
        Quantity("the same at the end, from other weights", m.other[:, -1], "°"),
        Quantity("error left of the pair's length 1, from zero", m.runs["zero.error"][:, -1]),
    ]


CLAIMS = (
    Claim(
        "from zero, B e is a positive multiple of W^+ e at all times",
        holds=lambda m: (m.largest < m.settings.parallel).all(),
        evidence=lambda m: (
            f"at most {m.largest.max():.2g} degrees apart; from other weights "
            f"{spread(m.other[:, -1])} at the end"
        ),
    ),
    Claim(
        "the pair is learned",
        holds=lambda m: (m.runs["zero.error"][:, -1] < m.settings.learned).all(),
        evidence=lambda m: (
            f"error {spread(m.runs['zero.error'][:, -1])} after {m.settings.updates} updates"
        ),
    ),
)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the angles (a) and the errors (b) against the number of updates."""
    figure, ((left, right),) = panels(2)
    updates = np.arange(2, settings.updates + 1)
    for (kind, label), colour in zip(KINDS.items(), (PALETTE[2], GREY), strict=True):
        band(left, updates, runs[f"{kind}.angle"], colour, label)
        band(right, updates, runs[f"{kind}.error"], colour, label)
    level(left, 90)
    name_axes(left, "updates", "angle between B e and W⁺ e (°)", "a")
    name_axes(right, "updates", "|e|", "b")
    right.set_ylim(0)
    legend_above(left)
    legend_above(right)
    return figure


EXPERIMENT = Study(
    "lillicrap2016.n14",
    Settings,
    id="L16.n14",
    once=once,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={"repeats": 3},
)
