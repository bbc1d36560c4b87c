"""Supplementary figure 9: the angles of all hidden neurons before and after learning.

The network of figure 5a; (a) its error, (b) the histogram of the angles between what each hidden
neuron sends and what comes back to it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spikefa.runs.experiment import option
from spikefa.runs.results.findings import Claim, Findings, Quantity, spread
from spikefa.runs.results.study import MAY_CHANGE_ON_RESUME, PROCESSES, QUICK, REPEATS, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spikefa.runs.results.repeats import Runs

__all__ = ["MAY_CHANGE_ON_RESUME", "Settings", "draw", "run"]


@dataclass(frozen=True)
class Settings:
    """Everything that the result depends on."""

    hidden: int = option(1000, "hidden neurons")
    updates: int = option(4000, "updates, 10 examples each")
    every: int = option(100, "updates between two looks at 300 other examples")
    repeats: int = option(5, REPEATS)
    processes: int = option(1, PROCESSES)
    quick: bool = option(False, QUICK)


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Learn, and measure every neuron's angle before and after."""
    from spikefa.experiments.lillicrap2016._quadratic import circuit, exercise, neuron_angles

    learner = exercise(circuit(), settings.hidden, seed)
    angles = neuron_angles(learner)
    before = angles()
    at = range(0, settings.updates + 1, settings.every)
    found = learner.follow(at, {"nse": learner.nse})
    return {**found, "updates": list(at), "before": before, "after": angles()}


def judge(settings: Settings, runs: "Runs") -> Findings:
    """Hold the runs against the caption."""
    import numpy as np

    before, after, nse = runs["before"], runs["after"], runs["nse"]
    below = (before < 90).mean(1)
    centre = before.mean(1)
    return Findings(
        [
            Quantity("mean angle before", centre, "°", 90.0),
            Quantity("mean angle after", after.mean(1), "°"),
            Quantity("neurons below 90 degrees after", 100 * (after < 90).mean(1), "%"),
            Quantity("NSE at the end", nse[:, -1]),
        ],
        [
            Claim(
                "the error drops",
                bool((nse[:, -1] < 0.5 * nse[:, 0]).all()),
                f"NSE from {spread(nse[:, 0])} to {spread(nse[:, -1])}",
            ),
            Claim(
                "before learning the angles lie symmetrically around 90 degrees",
                bool((abs(centre - 90) < 3).all() and (abs(below - 0.5) < 0.06).all()),
                f"mean {spread(centre)} degrees, {spread(100 * below)} % below 90",
            ),
            Claim(
                "after learning they have shifted towards 0",
                bool((np.quantile(after, 0.9, axis=1) < 90).all()),
                f"mean {spread(after.mean(1))} degrees, nine of ten neurons below "
                f"{np.quantile(after, 0.9):.3g}",
            ),
        ],
    )


def picture(settings: Settings, runs: "Runs") -> "Figure":
    """Draw the error (a) and the two histograms of all runs (b)."""
    import numpy as np

    from spikefa.analysis.style import GREY, PALETTE
    from spikefa.runs.results.drawing import band, legend, name_axes, panels

    figure, ((left, right),) = panels(2)
    band(left, runs["updates"][0], runs["nse"], PALETTE[2])
    left.set_ylim(0)
    name_axes(left, "updates", "NSE", "a")
    bins = np.arange(0, 181, 5)
    share = np.full(runs["before"].size, 100 / runs["before"].size)
    for name, colour in (("before", GREY), ("after", PALETTE[2])):
        right.hist(runs[name].ravel(), bins, weights=share, color=colour, alpha=0.7, label=name)
    right.set_xticks(range(0, 181, 45))
    name_axes(right, "angle of a hidden neuron (°)", "neurons (%)", "b")
    legend(right)
    return figure


STUDY = Study(
    "L16.s9", "lillicrap2016.s9", once, judge, picture, quick={"repeats": 2, "updates": 2500}
)
run = STUDY.run
draw = STUDY.draw
