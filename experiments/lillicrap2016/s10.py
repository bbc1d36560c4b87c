"""Supplementary figure 10: the flow field of the two weights of a three-neuron network.

A network with one linear neuron per layer learns y* = x by deterministic feedback alignment with
B = 1. Each arrow shows one update of the network from that point; the solutions lie on the
hyperbola A W = 1. Trajectories start near zero or anywhere in the plane.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spikefa.analysis.style import ACCENT, GREY, INK, PALETTE
from spikefa.experiments.lillicrap2016._linear import Deterministic
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS, Repeated
from spikefa.runs.studies import WITHOUT_BACKEND, Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import name_axes, panels
from spikefa.utils.ranges import Duration, Few, PositiveScale, Rate, Scale, Share
from spikefa.utils.seeding import numpy_generator

REACH = 2.0
GRID = 17


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """All settings that affect the result."""

    step: Rate = option(0.02, "eta", divides=("time",))
    time: Duration = option(12.0, "for which a trajectory is followed, in units of 1 / eta updates")
    near: Scale = option(0.1, "half-range of the first weights near zero")
    repeats: Few = option(20, REPEATS)
    near_one: PositiveScale = bound(
        1e-3, "difference of A W from 1 at the end, at most, from near zero"
    )
    parabola: PositiveScale = bound(0.05, "change of 2 B W - A^2 on the way, at most")
    small_region: Share = bound(0.25, "share of the starts, at most, that end at the bad hyperbola")
    exact: PositiveScale = bound(
        1e-12, "difference of an update from eta B E or eta E A, at most, by eta"
    )


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Return the flow on a grid, a trajectory from near zero and one from any point."""
    random = numpy_generator(seed, "start")
    axis = np.linspace(-REACH, REACH, GRID)
    flow = [[_follow(settings, (a, w), 1)[-1] - (a, w) for a in axis] for w in axis]
    updates = round(settings.time / settings.step)
    return {
        "flow": np.array(flow) / settings.step,
        "near": _follow(settings, random.uniform(-settings.near, settings.near, 2), updates),
        "anywhere": _follow(settings, random.uniform(-REACH, REACH, 2), updates),
    }


def _follow(settings: Settings, start: Any, updates: int) -> Any:
    """Return A and W before the first update and after each, ndarray [updates + 1, 2]."""
    net = Deterministic(settings, (1, 1, 1), settings.step, 0, 0.0)
    net.back.fill_(1.0)
    net.target.fill_(1.0)
    net.first.fill_(start[0])
    net.second.fill_(start[1])
    found = [(net.first.item(), net.second.item())]
    for _ in range(updates):
        net.learn(settings.step)
        found.append((net.first.item(), net.second.item()))
    return np.array(found)


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return the values from which quantities and claims are computed."""
    near, anywhere = runs["near"], runs["anywhere"]
    product = near[:, -1].prod(-1)
    good = (near[:, -1] > 0).all(-1)
    constant = 2 * near[..., 1] - near[..., 0] ** 2
    drift = np.abs(constant[:, -1] - constant[:, 0])
    bad = (anywhere[:, -1] < 0).all(-1)
    axis = np.linspace(-REACH, REACH, GRID)
    a, w = np.meshgrid(axis, axis)
    expected = np.stack([1 - a * w, (1 - a * w) * a], -1)
    apart = np.abs(runs["flow"] - expected).max()
    return {"product": product, "good": good, "drift": drift, "bad": bad, "apart": apart}


def quantities(m: Measures) -> list[Quantity]:
    """Return the quantities that the result reports."""
    return [
        Quantity("A W at the end, from near zero", m.product, "", 1.0),
        Quantity("change of C = 2 B W - A^2 on the way", m.drift, "", 0.0),
    ]


CLAIMS = (
    Claim(
        "from near 0 the weights travel to the solutions with W > 0",
        holds=lambda m: m.good.all() and (abs(m.product - 1) < m.settings.near_one).all(),
        evidence=lambda m: f"all of {m.settings.repeats} starts: A W = {spread(m.product, 6)}",
    ),
    Claim(
        "the paths are parabolas",
        holds=lambda m: (m.drift < m.settings.parabola).all(),
        evidence=lambda m: (
            f"2 B W - A^2 changes by {m.drift.max():.2g} at most with steps of {m.settings.step:g}"
        ),
    ),
    Claim(
        "only from a small region the weights travel to the bad hyperbola",
        holds=lambda m: m.bad.mean() < m.settings.small_region,
        evidence=lambda m: (
            f"{m.bad.sum()} of {m.settings.repeats} starts anywhere in [-{REACH:g}, {REACH:g}]²"
        ),
    ),
    Claim(
        "an update is eta B E for A and eta E A for W",
        holds=lambda m: m.apart < m.settings.exact,
        evidence=lambda m: f"largest difference on the grid {m.apart:.2g}",
    ),
)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the flow field, the solutions and the trajectories."""
    figure, ((axes,),) = panels(1, width=5.2, height=5.0)
    axis = np.linspace(-REACH, REACH, GRID)
    flow = runs["flow"][0]
    length = np.linalg.norm(flow, axis=-1, keepdims=True)
    arrows = flow / np.sqrt(length + 1e-9)
    axes.quiver(axis, axis, arrows[..., 0], arrows[..., 1], color=GREY, scale=45, width=0.003)
    _shade(axes)
    _solutions(axes)
    for path in runs["anywhere"]:
        axes.plot(*path.T, color=PALETTE[0], linewidth=0.6, alpha=0.7)
    for path in runs["near"]:
        axes.plot(*path.T, color=ACCENT, linewidth=1.2)
    axes.set_xlim(-REACH, REACH)
    axes.set_ylim(-REACH, REACH)
    axes.set_aspect("equal")
    name_axes(axes, "A", "W", "red: from near zero; blue: from anywhere")
    return figure


def _solutions(axes: Axes) -> None:
    """Draw A W = 1: grey where e W B e > 0, black where it is < 0, dashed where unstable.

    Near a solution, dE/dt = -(A^2 + B W) E, so the solution is stable if A^2 + 1/A > 0.
    """
    right = np.linspace(1 / REACH, REACH, 200)
    axes.plot(right, 1 / right, color="#9aa0ad", linewidth=4, alpha=0.9, zorder=1)
    stable, unstable = np.linspace(-REACH, -1, 100), np.linspace(-1, -1 / REACH, 100)
    axes.plot(stable, 1 / stable, color=INK, linewidth=3, zorder=1)
    axes.plot(unstable, 1 / unstable, "--", color=INK, linewidth=2, zorder=1)


def _shade(axes: Axes) -> None:
    """Shade the initial weights from which trajectories end on the bad branch of the hyperbola.

    C = 2 W - A^2 is constant along a trajectory. At (-1, -1) the solutions lose their
    stability; the trajectory through this point is a parabola with C = -3. Trajectories that start
    below it, to the left of the unstable solutions, end on the bad branch.
    """
    a = np.linspace(-REACH, -1e-3, 400)
    border = np.where(a < -1, (a**2 - 3) / 2, 1 / a)
    axes.fill_between(a, -REACH, np.maximum(border, -REACH), color=GREY, alpha=0.25)


EXPERIMENT = Study(
    "lillicrap2016.s10",
    Settings,
    id="L16.s10",
    once=once,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    backends=WITHOUT_BACKEND,
    quick={"repeats": 8},
)
