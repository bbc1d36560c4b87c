"""Supplementary figure 10: the flow of the two weights of a three-neuron network.

One linear neuron in each layer learns y* = x by feedback alignment with B = 1, deterministically.
The arrows are what one update of the network does from each point; the hyperbola A W = 1 holds the
solutions. Trajectories are followed from near zero, and from anywhere in the plane.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spikefa.runs.experiment import option
from spikefa.runs.results.findings import Claim, Findings, Quantity, spread
from spikefa.runs.results.study import MAY_CHANGE_ON_RESUME, PROCESSES, QUICK, REPEATS, Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from spikefa.runs.results.repeats import Runs

__all__ = ["MAY_CHANGE_ON_RESUME", "Settings", "draw", "run"]

REACH = 2.0
GRID = 17


@dataclass(frozen=True)
class Settings:
    """Everything that the result depends on."""

    step: float = option(0.02, "eta")
    time: float = option(12.0, "for which a trajectory is followed, in units of 1 / eta updates")
    near: float = option(0.1, "half-range of the first weights near zero")
    repeats: int = option(20, REPEATS)
    processes: int = option(1, PROCESSES)
    quick: bool = option(False, QUICK)


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Return the flow on a grid, one trajectory from near zero and one from anywhere."""
    import numpy as np

    from spikefa.utils.seeding import numpy_generator

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
    """Return A and W after each update, ndarray [updates + 1, 2]."""
    import numpy as np

    from spikefa.experiments.lillicrap2016._linear import Deterministic

    net = Deterministic((1, 1, 1), settings.step, 0, 0.0)
    net.back.fill_(1.0)
    net.target.fill_(1.0)
    net.first.fill_(start[0])
    net.second.fill_(start[1])
    found = [(net.first.item(), net.second.item())]
    for _ in range(updates):
        net.learn(settings.step)
        found.append((net.first.item(), net.second.item()))
    return np.array(found)


def judge(settings: Settings, runs: "Runs") -> Findings:
    """Hold the trajectories against note 11."""
    import numpy as np

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
    return Findings(
        [
            Quantity("A W at the end, from near zero", product, "", 1.0),
            Quantity("change of C = 2 B W - A^2 on the way", drift, "", 0.0),
        ],
        [
            Claim(
                "from near 0 the weights travel to the solutions with W > 0",
                bool(good.all() and (abs(product - 1) < 1e-3).all()),
                f"all of {settings.repeats} starts: A W = {spread(product, 6)}",
            ),
            Claim(
                "the paths are parabolas",
                bool((drift < 0.05).all()),
                f"2 B W - A^2 changes by {drift.max():.2g} at most with steps of {settings.step:g}",
            ),
            Claim(
                "only from a small region the weights travel to the bad hyperbola",
                bad.mean() < 0.25,
                f"{bad.sum()} of {settings.repeats} starts anywhere in [-{REACH:g}, {REACH:g}]²",
            ),
            Claim(
                "an update is eta B E for A and eta E A for W",
                bool(apart < 1e-12),
                f"largest difference on the grid {apart:.2g}",
            ),
        ],
    )


def picture(settings: Settings, runs: "Runs") -> "Figure":
    """Draw the flow field, the solutions and the trajectories."""
    import numpy as np

    from spikefa.analysis.style import ACCENT, GREY, PALETTE
    from spikefa.runs.results.drawing import name_axes, panels

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


def _solutions(axes: "Axes") -> None:
    """Draw A W = 1: grey where e W B e > 0, black where it is < 0, dashed where unstable.

    Near a solution dE/dt = -(A^2 + B W) E, so that it is stable if A^2 + 1/A > 0.
    """
    import numpy as np

    from spikefa.analysis.style import INK

    right = np.linspace(1 / REACH, REACH, 200)
    axes.plot(right, 1 / right, color="#9aa0ad", linewidth=4, alpha=0.9, zorder=1)
    stable, unstable = np.linspace(-REACH, -1, 100), np.linspace(-1, -1 / REACH, 100)
    axes.plot(stable, 1 / stable, color=INK, linewidth=3, zorder=1)
    axes.plot(unstable, 1 / unstable, "--", color=INK, linewidth=2, zorder=1)


def _shade(axes: "Axes") -> None:
    """Shade the starts that end on the bad hyperbola: below the parabola that it turns away from.

    A path keeps C = 2 W - A^2, and the one through the point (-1, -1), where the solutions lose
    their stability, has C = -3. Below it, to the left of the unstable solutions, paths end badly.
    """
    import numpy as np

    a = np.linspace(-REACH, -1e-3, 400)
    border = np.where(a < -1, (a**2 - 3) / 2, 1 / a)
    axes.fill_between(a, -REACH, np.maximum(border, -REACH), color="#7a8190", alpha=0.25)


STUDY = Study("L16.s10", "lillicrap2016.s10", once, judge, picture, quick={"repeats": 8})
run = STUDY.run
draw = STUDY.draw
