"""Figure 2b: alignment needs signals that are correlated with their past or with the errors.

An open-loop network with one hidden layer of ReLU neurons: inputs L0 and output errors d2 are
given, not computed; both layers learn by feedback alignment. There are four conditions: L0 and d2
constant (autocorrelated); d2 equal to L0, new in each iteration (cross-correlated); equal and
constant (both); independent and new in each iteration (neither).
"""

from dataclasses import dataclass
from math import cos, radians
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import spikefa as sf
from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import PALETTE
from spikefa.datasets.functions import normal
from spikefa.models import rate_network
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS, Repeated
from spikefa.runs.studies import WITHOUT_BACKEND, Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import band, level, name_axes, panels
from spikefa.utils.devices import choose_device
from spikefa.utils.ranges import Batch, Count, Few, PositiveScale, Rate, Scale, Size
from spikefa.utils.seeding import generator

CONDITIONS = {
    "auto": "autocorrelated",
    "cross": "cross-correlated",
    "both": "both",
    "neither": "neither",
}


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """Everything that the result depends on."""

    neurons: Size = option(50, "inputs, hidden and output neurons each")
    batch: Batch = option(100, "data points of a mini-batch")
    iterations: Count = option(1000, "updates")
    every: Count = option(20, "updates between two looks", divides=("iterations",))
    rate: Rate = option(5e-3, "eta, for the mean over the mini-batch")
    weight_scale: Scale = option(0.1, "half-range of the first weights")
    feedback_scale: PositiveScale = option(0.25, "half-range of B")
    repeats: Few = option(10, REPEATS)
    aligned: PositiveScale = bound(
        5.0, "cosine of W and B^T with correlations, at least, by that of chance"
    )
    not_aligned: PositiveScale = bound(
        5.0, "cosine without correlations, at most, by that of chance"
    )


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Return the cosine between W and B^T over the iterations of each condition."""
    found: dict[str, Any] = {
        condition: _follow(settings, condition, seed) for condition in CONDITIONS
    }
    found["iterations"] = np.arange(0, settings.iterations + 1, settings.every)
    return found


def _follow(settings: Settings, condition: str, seed: int) -> list[float]:

    n, batch = settings.neurons, settings.batch
    network = rate_network(
        (n, n, n),
        sf.FA(settings.feedback_scale, tau=1.0),
        settings.rate / batch,
        "relu",
        "linear",
        settings.weight_scale,
        bias=False,
        device=choose_device(settings.device),
    )
    network.initialise(seed)
    source = generator(seed, "signals", condition)
    state = network.state(batch)
    found = []
    for iteration in range(settings.iterations + 1):
        if iteration == 0 or condition in ("cross", "neither"):
            inputs = normal(batch, n, source).to(network.device)
            error = inputs
            if condition in ("auto", "neither"):
                error = normal(batch, n, source).to(network.device)
        if iteration % settings.every == 0:
            found.append(cos(radians(network.alignment()["output"])))
        network.forward(state, inputs)
        network.feed_back(state, state.populations[-1].spikes - error)  # the loop is open
        network.learn(state, inputs)
    return found


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return what the quantities and the claims are computed from."""
    final = {condition: runs[condition][:, -1] for condition in CONDITIONS}
    chance = 1 / settings.neurons
    in_words = {condition: f"cosine {spread(values)}" for condition, values in final.items()}
    return {"final": final, "chance": chance, "in_words": in_words}


def quantities(m: Measures) -> list[Quantity]:
    """Return the numbers of the result."""
    return [
        Quantity(f"cosine between W and B^T at the end, {CONDITIONS[condition]}", values)
        for condition, values in m.final.items()
    ]


def _aligns(condition: str) -> Claim:
    return Claim(
        f"W aligns with B^T: {CONDITIONS[condition]}",
        holds=lambda m: (m.final[condition] > m.settings.aligned * m.chance).all(),
        evidence=lambda m: m.in_words[condition],
    )


CLAIMS = (
    _aligns("auto"),
    _aligns("cross"),
    _aligns("both"),
    Claim(
        "without correlations it does not",
        holds=lambda m: (abs(m.final["neither"]) < m.settings.not_aligned * m.chance).all(),
        evidence=lambda m: m.in_words["neither"],
    ),
    Claim(
        "more alignment with both than with autocorrelation alone",
        holds=lambda m: m.final["both"].mean() > m.final["auto"].mean(),
        evidence=lambda m: f"{m.in_words['both']}, alone {m.in_words['auto']}",
    ),
)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the alignment against the iterations."""
    figure, ((axes,),) = panels(1, width=5.2, height=3.6)
    for (condition, label), colour in zip(CONDITIONS.items(), PALETTE, strict=False):
        band(axes, runs["iterations"][0], runs[condition], colour, label)
    level(axes, 0)
    name_axes(axes, "iterations", "cosine between W and Bᵀ", "b")
    legend_above(axes)
    return figure


EXPERIMENT = Study(
    "panjehpour2022.fig2b",
    Settings,
    id="P22.fig2b",
    once=once,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    backends=WITHOUT_BACKEND,
    quick={"repeats": 3},
)
