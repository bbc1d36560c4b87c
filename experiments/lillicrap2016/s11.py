"""Supplementary figure 11: information about B flows into A and from there into W.

A 30-20-10 linear network follows the deterministic dynamics in three regimens: A learns, then W;
both alternate many times; both learn at once. The figure shows tr(A^T B E), tr(B W) and the error.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from matplotlib.figure import Figure

from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import ACCENT, BLUE
from spikefa.experiments.lillicrap2016._linear import Deterministic
from spikefa.experiments.lillicrap2016._regimens import A_ALONE, BOTH, LABELS, W_ALONE, follow
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS, Repeated
from spikefa.runs.studies import WITHOUT_BACKEND, Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import level, name_axes, panels, traces
from spikefa.utils.ranges import Duration, Few, PositiveScale, Range, Rate, Scale

SIZES = (30, 20, 10)
REGIMENS = {"once": "A, then W", "often": "A and W in turn", "both": "A and W at once"}


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """All settings that affect the result."""

    step: Rate = option(0.005, "eta", divides=("phase", "every"))
    start: Scale = option(0.01, "half-range of the first weights")
    phase: Duration = option(0.4, "time for which A or W learns alone, in units of 1 / eta updates")
    turns: Annotated[int, Range(2, 1000)] = option(4, "times that A and W learn in turn")
    every: Duration = option(0.02, "time between two looks", divides=("phase",))
    repeats: Few = option(20, REPEATS)
    little: PositiveScale = bound(
        0.1, "change of the error while A learns first, at most, by that before"
    )
    quickly: PositiveScale = bound(
        10.0, "growth of tr(B W) while W learns, at least, by its size before"
    )
    dropped: PositiveScale = bound(1.0, "error after A learns again, at most, by that before")


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Run the three regimens from the same weights, all but the first for the same time."""
    turn = [(A_ALONE, settings.phase), (W_ALONE, settings.phase)]
    regimens = {
        "once": turn,
        "often": turn * settings.turns,
        "both": [(BOTH, 2 * settings.turns * settings.phase)],
    }
    found: dict[str, Any] = {}
    for name, phases in regimens.items():
        net = Deterministic(settings, SIZES, settings.step, seed, settings.start)
        for measure, values in follow(net, phases, settings.every).items():
            found[f"{name}.{measure}"] = values
    return found


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return the values from which quantities and claims are computed."""
    looks = round(settings.phase / settings.every)
    error, often = runs["once.error"], runs["often.error"]
    teaching, overlap = runs["once.teaching"], runs["once.overlap"]
    first = error[:, looks] / error[:, 0]
    gained = overlap[:, -1] - overlap[:, looks]
    again = often[:, 3 * looks] / often[:, 2 * looks]
    positive = runs["both.teaching"][:, 2:].min(1)
    return {
        "looks": looks,
        "teaching": teaching,
        "overlap": overlap,
        "first": first,
        "gained": gained,
        "again": again,
        "positive": positive,
    }


def quantities(m: Measures) -> list[Quantity]:
    """Return the quantities that the result reports."""
    return [
        Quantity("error after A alone, by that before", m.first),
        Quantity("tr(A^T B E) after A alone", m.teaching[:, m.looks]),
        Quantity("tr(B W) after A alone", m.overlap[:, m.looks]),
        Quantity("tr(B W) after W alone", m.overlap[:, -1]),
        Quantity("error after A alone for the second time, by that before", m.again),
        Quantity("error at the end, both at once", m.runs["both.error"][:, -1]),
    ]


CLAIMS = (
    Claim(
        "while A learns first the error changes very little, and tr(A^T B E) grows",
        holds=lambda m: (
            (abs(m.first - 1) < m.settings.little).all() and (m.teaching[:, m.looks] > 0).all()
        ),
        evidence=lambda m: (
            f"error times {spread(m.first)}; tr(A^T B E) {spread(m.teaching[:, m.looks])}"
        ),
    ),
    Claim(
        "then W learns and tr(B W) increases quickly",
        holds=lambda m: (m.gained > m.settings.quickly * abs(m.overlap[:, m.looks])).all(),
        evidence=lambda m: f"from {spread(m.overlap[:, m.looks])} to {spread(m.overlap[:, -1])}",
    ),
    Claim(
        "when A learns for the second time the error drops",
        holds=lambda m: (m.again < m.settings.dropped).all(),
        evidence=lambda m: f"times {spread(m.again)}",
    ),
    Claim(
        "tr(A^T B E) stays positive when both learn at once",
        holds=lambda m: (m.positive > 0).all(),
        evidence=lambda m: f"least value of any run {m.positive.min():.2g}",
    ),
)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the three quantities (rows) in the three regimens (columns)."""
    figure, rows = panels(3, 3, height=2.3)
    for row, measure in zip(rows, LABELS, strict=True):
        for axes, (name, title) in zip(row, REGIMENS.items(), strict=True):
            values = runs[f"{name}.{measure}"]
            traces(axes, settings.every * np.arange(values.shape[1]), values)
            level(axes, 0)
            phases = {"once": 2, "often": 2 * settings.turns, "both": 0}[name]
            for phase in range(phases):
                span = (phase * settings.phase, (phase + 1) * settings.phase)
                label = ("A learns", "W learns")[phase] if phase < 2 else None
                look = {"color": (BLUE, ACCENT)[phase % 2], "alpha": 0.1, "linewidth": 0}
                axes.axvspan(*span, label=label, **look)
            last = measure == "error"
            name_axes(
                axes,
                "time (updates times η)" if last else "",
                LABELS[measure] if name == "once" else "",
                title if measure == "teaching" else "",
            )
    for axes in rows[0, :2]:
        legend_above(axes)
    return figure


EXPERIMENT = Study(
    "lillicrap2016.s11",
    Settings,
    id="L16.s11",
    once=once,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    backends=WITHOUT_BACKEND,
    quick={"repeats": 3},
)
