"""Supplementary figure 8: feedback alignment is sped up by momentum.

A 30-20-10-10 tanh network learns the function of another, as in figure 3d, by feedback alignment;
v <- alpha v + the update, and the weights change by v, for alpha of 0, 0.5 and 0.9, from the same
first weights and on the same examples.
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

SIZES = (30, 20, 10, 10)
ALPHAS = (0.0, 0.5, 0.9)
BOUND = 0.3
"""The NSE that must be reached."""


@dataclass(frozen=True)
class Settings:
    """Everything that the result depends on."""

    updates: int = option(2500, "updates")
    every: int = option(50, "updates between two looks at 500 other examples")
    batch: int = option(10, "examples for each update, which is summed over them")
    rate: float = option(1e-3, "eta")
    weight_scale: float = option(0.01, "half-range of the first weights")
    bias_scale: float = option(0.1, "half-range of the first biases")
    feedback_scale: float = option(0.5, "half-range of B")
    repeats: int = option(5, REPEATS)
    processes: int = option(1, PROCESSES)
    quick: bool = option(False, QUICK)


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Learn with each momentum."""
    from functools import partial

    import numpy as np
    import torch

    import spikefa as sf
    from spikefa.experiments.lillicrap2016._teacher import student

    at = range(0, settings.updates + 1, settings.every)
    curves = []
    for alpha in ALPHAS:
        learner = student(
            SIZES,
            sf.FA(settings.feedback_scale, tau=1.0),
            settings.rate,
            settings.batch,
            seed,
            settings.weight_scale,
            settings.bias_scale,
            partial(torch.optim.SGD, momentum=alpha),
        )
        curves.append(learner.follow(at, {"nse": learner.nse})["nse"])
    return {"updates": list(at), "nse": np.array(curves)}


def judge(settings: Settings, runs: "Runs") -> Findings:
    """Compare how many updates an error takes."""
    from spikefa.runs.results.drawing import first_below

    updates = runs["updates"][0]
    needed = [first_below(updates, runs["nse"][:, k], BOUND) for k in range(len(ALPHAS))]
    told = "; ".join(
        f"{alpha:g}: {spread(values)}" for alpha, values in zip(ALPHAS, needed, strict=True)
    )
    return Findings(
        [
            Quantity(f"updates until the NSE is below {BOUND:g}, momentum {alpha:g}", values)
            for alpha, values in zip(ALPHAS, needed, strict=True)
        ],
        [
            Claim(
                "momentum speeds feedback alignment up",
                bool((needed[0] > needed[1]).all() and (needed[1] > needed[2]).all()),
                f"updates until the NSE is below {BOUND:g} by momentum: {told}",
            )
        ],
    )


def picture(settings: Settings, runs: "Runs") -> "Figure":
    """Draw the errors against the updates."""
    from spikefa.analysis.style import BLUE, GREY, PALETTE
    from spikefa.runs.results.drawing import band, legend, name_axes, panels

    figure, ((axes,),) = panels(1, width=5.2, height=3.6)
    for k, colour in enumerate((GREY, BLUE, PALETTE[2])):
        band(axes, runs["updates"][0], runs["nse"][:, k], colour, f"momentum {ALPHAS[k]:g}")
    axes.set_ylim(0)
    name_axes(axes, f"updates, {settings.batch} examples each", "NSE")
    legend(axes)
    return figure


STUDY = Study("L16.s8", "lillicrap2016.s8", once, judge, picture, quick={"repeats": 1})
run = STUDY.run
draw = STUDY.draw
