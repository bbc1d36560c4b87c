"""Figure 2b: alignment needs signals that are correlated with their past or with the errors.

An open-loop network of one hidden layer of ReLU neurons: inputs L0 and output errors d2 are given,
not computed; both layers change as feedback alignment has it. Four conditions: L0 and d2 constant
(autocorrelated); d2 equal to L0, new in each iteration (cross-correlated); equal and constant
(both); independent and new in each iteration (neither).
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

CONDITIONS = {
    "auto": "autocorrelated",
    "cross": "cross-correlated",
    "both": "both",
    "neither": "neither",
}


@dataclass(frozen=True)
class Settings:
    """Everything that the result depends on."""

    neurons: int = option(50, "inputs, hidden and output neurons each")
    batch: int = option(100, "data points of a mini-batch")
    iterations: int = option(1000, "updates")
    every: int = option(20, "updates between two looks")
    rate: float = option(5e-3, "eta, for the mean over the mini-batch")
    weight_scale: float = option(0.1, "half-range of the first weights")
    feedback_scale: float = option(0.25, "half-range of B")
    repeats: int = option(10, REPEATS)
    processes: int = option(1, PROCESSES)
    quick: bool = option(False, QUICK)


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Return the cosine between W and B^T along the iterations of each condition."""
    import numpy as np

    found: dict[str, Any] = {
        condition: _follow(settings, condition, seed) for condition in CONDITIONS
    }
    found["iterations"] = np.arange(0, settings.iterations + 1, settings.every)
    return found


def _follow(settings: Settings, condition: str, seed: int) -> list[float]:
    from math import cos, radians

    import spikefa as sf
    from spikefa.datasets.functions import normal
    from spikefa.models import rate_network
    from spikefa.utils.seeding import generator

    n, batch = settings.neurons, settings.batch
    network = rate_network(
        (n, n, n),
        sf.FA(settings.feedback_scale, tau=1.0),
        settings.rate / batch,
        "relu",
        "linear",
        settings.weight_scale,
        bias=False,
    )
    network.initialise(seed)
    source = generator(seed, "signals", condition)
    state = network.state(batch)
    found = []
    for iteration in range(settings.iterations + 1):
        if iteration == 0 or condition in ("cross", "neither"):
            inputs = normal(batch, n, source)
            error = inputs if condition in ("cross", "both") else normal(batch, n, source)
        if iteration % settings.every == 0:
            found.append(cos(radians(network.alignment()["output"])))
        network.forward(state, inputs)
        network.feed_back(state, state.populations[-1].spikes - error)  # the loop is open
        network.learn(state, inputs)
    return found


def judge(settings: Settings, runs: "Runs") -> Findings:
    """Compare the four conditions."""
    final = {condition: runs[condition][:, -1] for condition in CONDITIONS}
    chance = 1 / settings.neurons
    aligned = {condition: bool((values > 5 * chance).all()) for condition, values in final.items()}
    told = {condition: f"cosine {spread(values)}" for condition, values in final.items()}
    return Findings(
        [
            Quantity(f"cosine between W and B^T at the end, {CONDITIONS[condition]}", values)
            for condition, values in final.items()
        ],
        [
            *(
                Claim(f"W aligns with B^T: {CONDITIONS[name]}", aligned[name], told[name])
                for name in ("auto", "cross", "both")
            ),
            Claim(
                "without correlations it does not",
                bool((abs(final["neither"]) < 5 * chance).all()),
                told["neither"],
            ),
            Claim(
                "more alignment with both than with autocorrelation alone",
                bool(final["both"].mean() > final["auto"].mean()),
                f"{told['both']}, alone {told['auto']}",
            ),
        ],
    )


def picture(settings: Settings, runs: "Runs") -> "Figure":
    """Draw the alignment against the iterations."""
    from spikefa.analysis.style import PALETTE
    from spikefa.runs.results.drawing import band, legend, level, name_axes, panels

    figure, ((axes,),) = panels(1, width=5.2, height=3.6)
    for (condition, label), colour in zip(CONDITIONS.items(), PALETTE, strict=False):
        band(axes, runs["iterations"][0], runs[condition], colour, label)
    level(axes, 0)
    name_axes(axes, "iterations", "cosine between W and Bᵀ", "b")
    legend(axes)
    return figure


STUDY = Study("P22.fig2b", "panjehpour2022.fig2b", once, judge, picture, quick={"repeats": 3})
run = STUDY.run
draw = STUDY.draw
