"""Supplementary figure 14: what backpropagation has learned, feedback alignment leaves first.

The network of figure 5 learns quadratic functions by backpropagation until it is near a minimum,
then by feedback alignment: the weights at which the error is least are no equilibrium of feedback
alignment, so the error increases, until a new configuration with low error is found.
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
    before: int = option(8000, "updates by backprop, 10 examples each")
    after: int = option(16000, "updates by feedback alignment")
    every: int = option(200, "updates between two looks at 300 other examples")
    repeats: int = option(5, REPEATS)
    processes: int = option(1, PROCESSES)
    quick: bool = option(False, QUICK)


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Learn by backprop, switch, learn by feedback alignment."""
    import numpy as np

    import spikefa as sf
    from spikefa.experiments.lillicrap2016._quadratic import circuit, exercise

    learner = exercise(sf.Backprop(tau=1.0), settings.hidden, seed)
    first = range(0, settings.before + 1, settings.every)
    second = range(settings.every, settings.after + 1, settings.every)
    before = learner.follow(first, {"nse": learner.nse})["nse"]
    learner.switch(circuit(), seed)
    after = learner.follow(second, {"nse": learner.nse})["nse"]
    updates = [*first, *(settings.before + update for update in second)]
    return {"nse": np.concatenate([before, after]), "updates": updates}


def judge(settings: Settings, runs: "Runs") -> Findings:
    """Hold the runs against the caption."""
    switch = settings.before // settings.every
    minimum = runs["nse"][:, switch - 5 : switch + 1].mean(1)
    after = runs["nse"][:, switch:]
    peak, end = after.max(1), after[:, -5:].mean(1)
    return Findings(
        [
            Quantity("NSE at the switch", minimum),
            Quantity("highest NSE after it", peak),
            Quantity("NSE at the end", end),
        ],
        [
            Claim(
                "the error increases after the switch",
                bool((peak > 1.5 * minimum).all()),
                f"from {spread(minimum)} to {spread(peak)}",
            ),
            Claim(
                "feedback alignment then recovers and finds low error rates",
                bool((end < minimum).all() or (end < 0.5 * peak).all()),
                f"{spread(end)} at the end",
            ),
        ],
    )


def picture(settings: Settings, runs: "Runs") -> "Figure":
    """Draw the error against the updates, and where the circuit is switched."""
    from spikefa.analysis.style import GREY, INK, PALETTE
    from spikefa.runs.results.drawing import legend, name_axes, panels, traces

    figure, ((axes,),) = panels(1, width=5.5, height=3.5)
    switch = settings.before // settings.every
    updates = runs["updates"][0]
    traces(axes, updates[: switch + 1], runs["nse"][:, : switch + 1], INK)
    traces(axes, updates[switch:], runs["nse"][:, switch:], PALETTE[2])
    axes.axvline(settings.before, color=GREY, linewidth=0.7)
    axes.plot([], [], color=INK, label="backprop")
    axes.plot([], [], color=PALETTE[2], label="feedback alignment")
    axes.set_ylim(0)
    name_axes(axes, "updates", "NSE")
    legend(axes)
    return figure


STUDY = Study(
    "L16.s14",
    "lillicrap2016.s14",
    once,
    judge,
    picture,
    quick={"hidden": 300, "repeats": 1},
)
run = STUDY.run
draw = STUDY.draw
