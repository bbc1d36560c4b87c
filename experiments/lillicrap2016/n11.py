"""Note 11: a conserved quantity of linear feedback alignment; the error goes to zero (theorem 1).

A 30-20-10 linear network without biases follows the deterministic dynamics of the note. Each step
changes C = B W + W^T B^T - A A^T only in second order of the step size, so halving the step size
halves the drift of C over a given time. From zero weights, where C = 0, the error goes to zero.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from spikefa.analysis.spacing import legend_above, log_scale
from spikefa.analysis.style import GREY, INK
from spikefa.experiments.lillicrap2016._linear import Deterministic
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS, Repeated
from spikefa.runs.studies import WITHOUT_BACKEND, Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import name_axes, panels, traces
from spikefa.utils.ranges import Duration, Few, PositiveScale, Rate, Scale

SIZES = (30, 20, 10)
STEPS = (0.02, 0.01, 0.005, 0.0025)
LOOKS = 40


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """All settings that affect the result."""

    start: Scale = option(0.2, "half-range of the first weights whose C is followed")
    time: Duration = option(1.0, "for which it is followed, in units of 1 / eta updates")
    zero_time: Duration = option(4.0, "for which the network learns from zero")
    zero_step: Rate = option(0.01, "eta of the start from zero", divides=("zero_time",))
    repeats: Few = option(20, REPEATS)
    near_half: PositiveScale = bound(
        0.05, "difference from 2 of the drift by that with half the step, at most"
    )
    conserved: PositiveScale = bound(
        0.01, "drift left for steps of size 0, at most, by the change of A A^T"
    )
    near_zero: PositiveScale = bound(1e-4, "error |E|^2/|T|^2 at the end, at most")
    still_falling: PositiveScale = bound(
        0.5, "error at the end, at most, by that four looks before"
    )


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Measure C with smaller and smaller steps, then the error from zero weights."""
    drifts, changes = [], []
    for step in STEPS:
        net = Deterministic(settings, SIZES, step, seed, settings.start)
        before, first = net.constant().clone(), net.first.clone()
        net.learn(settings.time)
        drifts.append(float((net.constant() - before).norm()))
        changes.append(float((net.first.mT @ net.first - first.mT @ first).norm()))
    net = Deterministic(settings, SIZES, settings.zero_step, seed, 0.0)
    errors = [net.error()]
    for _ in range(LOOKS):
        net.learn(settings.zero_time / LOOKS)
        errors.append(net.error())
    return {"drift": drifts, "change": changes, "error": errors}


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return the values from which quantities and claims are computed."""
    drift, error = runs["drift"], runs["error"]
    ratios = drift[:, -2] / drift[:, -1]
    left = abs(2 * drift[:, -1] - drift[:, -2]) / runs["change"][:, -1]
    return {"error": error, "ratios": ratios, "left": left}


def quantities(m: Measures) -> list[Quantity]:
    """Return the quantities that the result reports."""
    return [
        Quantity("drift of C with a step, by that with half of it", m.ratios, "", 2.0),
        Quantity("drift left for steps of size 0, by the change of A A^T", m.left, "", 0.0),
        Quantity(f"error |E|²/|T|² after time {m.settings.zero_time:g}", m.error[:, -1], "", 0.0),
    ]


CLAIMS = (
    Claim(
        "C = B W + W^T B^T - A A^T is conserved",
        holds=lambda m: (
            (abs(m.ratios - 2) < m.settings.near_half).all()
            and (m.left < m.settings.conserved).all()
        ),
        evidence=lambda m: (
            f"half the step, drift divided by {spread(m.ratios)}; what is left for steps of size "
            f"0 is {m.left.max():.2g} of the change of A A^T at most"
        ),
    ),
    Claim(
        "from a zero start the error goes to 0 (theorem 1)",
        holds=lambda m: (
            (m.error[:, -1] < m.settings.near_zero).all()
            and (m.error[:, -1] < m.settings.still_falling * m.error[:, -5]).all()
        ),
        evidence=lambda m: (
            f"|E|²/|T|² is {m.error[:, -1].max():.2g} at most after time {m.settings.zero_time:g}, "
            "and still falling"
        ),
    ),
)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the drift against the step size (a) and the error against time (b)."""
    figure, ((left, right),) = panels(2)
    share = runs["drift"] / runs["change"]
    traces(left, np.array(STEPS), share)
    reach = np.array([STEPS[0], STEPS[-1]])
    left.loglog(reach, share.mean(0)[0] * reach / reach[0], "--", color=GREY, label="slope 1")
    log_scale(left)
    left.set_xticks(STEPS, [f"{step:g}" for step in STEPS])
    left.minorticks_off()
    name_axes(left, "step η", "drift of C / change of A Aᵀ", "a")
    legend_above(left)
    time = np.linspace(0, settings.zero_time, LOOKS + 1)
    traces(right, time, runs["error"], INK)
    log_scale(right, power=True)
    name_axes(right, "time (updates times η)", "|E|² / |T|²", "b   from weights of zero")
    return figure


EXPERIMENT = Study(
    "lillicrap2016.n11",
    Settings,
    id="L16.n11",
    once=once,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    backends=WITHOUT_BACKEND,
    quick={"repeats": 2},
)
