"""Figure 7: feedback alignment for some epochs, then backpropagation, which gets stuck.

The network of `_digits` learns by feedback alignment up to an epoch and by backpropagation after
it. The paper finds that it then stays where the gradient is zero, and does not give the learning
rate. Here this depends on the rate, so there are two: that of the other figures, and 1, which is
0.001 for the sum over a mini-batch.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import spikefa as sf
from spikefa.analysis.spacing import legend_above, log_scale
from spikefa.analysis.style import GREY, INK, PALETTE
from spikefa.experiments.panjehpour2022._digits import feedback_alignment, simulation_of
from spikefa.runs.data import mnist_data
from spikefa.runs.options import bound, option
from spikefa.runs.settings import DATA_DIR, REPEATS, Repeated
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import band, name_axes, panels
from spikefa.utils.ranges import Count, Epochs, Few, PositiveScale, Rate, Share

THRESHOLDS = (0, 1, 2, 5, 10, 20)
"""Epochs of feedback alignment before the switch; 0 is backpropagation from the beginning."""
LATE = slice(THRESHOLDS.index(5), len(THRESHOLDS))
"""Switches after a few epochs and later."""
MEASURES = ("loss", "accuracy", "active")


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """Everything that the result depends on."""

    batches: Count = option(60, "mini-batches of an epoch")
    epochs: Epochs = option(30, "epochs in all")
    rate: Rate = option(0.3, "eta, for the mean over a mini-batch")
    high_rate: Rate = option(1.0, "the higher eta")
    data_dir: str | None = option(None, DATA_DIR)
    repeats: Few = option(5, REPEATS)
    stuck: PositiveScale = bound(20.0, "points below FA alone, at least, after a switch")
    hardly_active: Share = bound(
        1e-3, "share of the outputs that are active, at most, after a switch"
    )


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Return each measure, [2 rates, thresholds + 1, epochs + 1], the last without a switch."""
    ends = (*THRESHOLDS, settings.epochs)
    curves = np.array(
        [
            [_follow(settings, rate, threshold, seed) for threshold in ends]
            for rate in (settings.rate, settings.high_rate)
        ]
    )
    return {name: curves[..., k] for k, name in enumerate(MEASURES)}


def _follow(settings: Settings, rate: float, threshold: int, seed: int) -> list[Any]:
    """Return loss, accuracy and share of outputs that are active, epoch by epoch."""
    rows = []
    simulation = simulation_of(
        settings,
        feedback_alignment(),
        rate,
        seed,
        settings.batches,
        data_dir=settings.data_dir,
    )
    answers = simulation.held_out.answers
    for epoch in range(settings.epochs + 1):
        if epoch == threshold < settings.epochs:
            simulation.switch(sf.Backprop(tau=1.0))
        simulation.look()
        active = float((answers.outputs > 0).float().mean())
        rows.append((answers.loss(), 100 - answers.error_percent(), active))
        simulation.learn(settings.batches if epoch < settings.epochs else 0)
    return rows


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return what the quantities and the claims are computed from."""
    final = runs["accuracy"][..., -1]
    active = runs["active"][:, 1, LATE, -1]
    names = [
        "backpropagation alone",
        *(f"switch after {n} epochs" for n in THRESHOLDS[1:]),
        "feedback alignment alone",
    ]
    in_words = [
        "; ".join(f"{name} {spread(final[:, k, j])} %" for j, name in enumerate(names))
        for k in (0, 1)
    ]
    return {"final": final, "active": active, "names": names, "in_words": in_words}


def quantities(m: Measures) -> list[Quantity]:
    """Return the numbers of the result."""
    return [
        Quantity(f"test accuracy, eta {rate:g}, {name}", m.final[:, k, j], "%")
        for k, rate in enumerate((m.settings.rate, m.settings.high_rate))
        for j, name in enumerate(m.names)
    ]


CLAIMS = (
    Claim(
        "backpropagation after a few epochs of feedback alignment gets stuck",
        holds=lambda m: m.final[:, 1, LATE].mean() < m.final[:, 1, -1].mean() - m.settings.stuck,
        evidence=lambda m: f"at eta {m.settings.high_rate:g}: {m.in_words[1]}",
    ),
    Claim(
        "at a point of zero gradient: hardly an output neuron is active",
        holds=lambda m: m.active.mean() < m.settings.hardly_active,
        evidence=lambda m: (
            f"share of outputs that are active on test images {spread(m.active.mean(1))} in the "
            f"networks that switched after 5 epochs or later, at eta {m.settings.high_rate:g}; "
            f"a tenth should be, and is in FA alone: {spread(m.runs['active'][:, 1, -1, -1])}"
        ),
    ),
    Claim(
        "whatever the learning rate",
        holds=lambda m: m.final[:, 0, LATE].mean() < m.final[:, 0, -1].mean(),
        evidence=lambda m: f"at eta {m.settings.rate:g}: {m.in_words[0]}",
        reason="the first updates of backpropagation, of far longer deltas than those of feedback "
        "alignment, silence the output neurons, tanh(relu), only if the rate is high",
    ),
)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw loss and accuracy against the epochs, for both rates."""
    figure, axes = panels(2, 2, height=3.1)
    labels = ["BP", *(f"FA, BP after {n}" for n in THRESHOLDS[1:]), "FA"]
    colours = [INK, *PALETTE[: len(THRESHOLDS) - 1], GREY]
    epochs = np.arange(runs["loss"].shape[-1])
    for row, rate in enumerate((settings.rate, settings.high_rate)):
        left, right = axes[row]
        for k, (label, colour) in enumerate(zip(labels, colours, strict=True)):
            band(left, epochs, runs["loss"][:, row, k], colour, label)
            band(right, epochs, runs["accuracy"][:, row, k], colour, label)
        log_scale(left)
        name_axes(left, "epoch", "loss, test images", f"η = {rate:g}")
        name_axes(right, "epoch", "test accuracy (%)", f"η = {rate:g}")
        legend_above(left)
        legend_above(right)
    return figure


EXPERIMENT = Study(
    "panjehpour2022.fig7",
    Settings,
    id="P22.fig7",
    once=once,
    data=mnist_data,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={"repeats": 1, "batches": 15, "epochs": 24},
)
