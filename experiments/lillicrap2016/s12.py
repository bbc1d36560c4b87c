"""Supplementary figure 12: in a larger network, the traces of figure s11 vary less between runs.

A 100-50-20 linear network and, for comparison, one of 30-20-10 follow the deterministic dynamics,
with all weights learning at once. The figure shows tr(A^T B E), tr(B W) and the error.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from spikefa.experiments.lillicrap2016._linear import Deterministic
from spikefa.experiments.lillicrap2016._regimens import BOTH, LABELS, follow
from spikefa.runs.options import option
from spikefa.runs.settings import REPEATS, Repeated
from spikefa.runs.studies import WITHOUT_BACKEND, Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import level, name_axes, panels, traces
from spikefa.utils.ranges import Duration, Few, Rate, Scale

SIZES = {"large": (100, 50, 20), "small": (30, 20, 10)}


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """All settings that affect the result."""

    step: Rate = option(0.002, "eta", divides=("time", "every"))
    start: Scale = option(0.01, "half-range of the first weights")
    time: Duration = option(1.6, "for which the networks learn, in units of 1 / eta updates")
    every: Duration = option(0.02, "time between two looks", divides=("time",))
    repeats: Few = option(20, REPEATS)


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Run both networks."""
    found: dict[str, Any] = {}
    for name, sizes in SIZES.items():
        net = Deterministic(settings, sizes, settings.step, seed, settings.start)
        traces = follow(net, [(BOTH, settings.time)], settings.every)
        found |= {f"{name}.{measure}": values for measure, values in traces.items()}
    return found


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return the values from which quantities and claims are computed."""
    final = {name: runs[f"{name}.overlap"][:, -1] for name in SIZES}
    varies = {name: values.std() / values.mean() for name, values in final.items()}
    positive = runs["large.teaching"][:, 2:].min(1)
    return {"final": final, "varies": varies, "positive": positive}


def quantities(m: Measures) -> list[Quantity]:
    """Return the quantities that the result reports."""
    return [
        Quantity("tr(B W) at the end, 100-50-20", m.final["large"]),
        Quantity("tr(B W) at the end, 30-20-10", m.final["small"]),
        Quantity("error at the end, 100-50-20", m.runs["large.error"][:, -1]),
    ]


CLAIMS = (
    Claim(
        "the same trends as in figure s11: tr(A^T B E) positive, tr(B W) grows",
        holds=lambda m: (m.positive > 0).all() and (m.final["large"] > 0).all(),
        evidence=lambda m: (
            f"least tr(A^T B E) of any run {m.positive.min():.2g}, tr(B W) at the end "
            f"{spread(m.final['large'])}"
        ),
    ),
    Claim(
        "the larger network varies less among runs",
        holds=lambda m: m.varies["large"] < m.varies["small"],
        evidence=lambda m: (
            f"deviation by mean of tr(B W): {m.varies['large']:.2g}, of 30-20-10 "
            f"{m.varies['small']:.2g}"
        ),
    ),
)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the three quantities of the large network."""
    figure, (row,) = panels(3, height=2.6)
    for axes, (measure, label) in zip(row, LABELS.items(), strict=True):
        values = runs[f"large.{measure}"]
        traces(axes, settings.every * np.arange(values.shape[1]), values)
        level(axes, 0)
        name_axes(axes, "time (updates times η)", label)
    return figure


EXPERIMENT = Study(
    "lillicrap2016.s12",
    Settings,
    id="L16.s12",
    once=once,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    backends=WITHOUT_BACKEND,
    quick={"repeats": 4},
)
