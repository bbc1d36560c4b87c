"""Figure 5: with wrong labels there is less alignment, and less in earlier layers.

The network of `_digits` learns by feedback alignment from images; a share of them exchanged their
labels among themselves, once. (a) Angle between W_l and B_l^T at the end, against that share; (b)
loss and (d) accuracy on the test images, whose labels are right; (c) alignment terms by order if
all labels are wrong and the mini-batches come in the same order in every epoch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from spikefa.analysis.spacing import legend_above, log_scale
from spikefa.analysis.style import PALETTE
from spikefa.errors import require
from spikefa.experiments.panjehpour2022._digits import feedback_alignment, simulation_of
from spikefa.experiments.panjehpour2022._pictures import draw_terms
from spikefa.experiments.panjehpour2022._terms import terms_along
from spikefa.runs.data import mnist_data
from spikefa.runs.options import bound, option
from spikefa.runs.settings import DATA_DIR, REPEATS, Repeated
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import band, level, name_axes, panels
from spikefa.simulation.simulation import Simulation
from spikefa.utils.ranges import Correlation, Count, Epochs, Few, PositiveScale, Rate

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """Everything that the result depends on."""

    batches: Count = option(60, "mini-batches of an epoch")
    epochs: Epochs = option(40, "epochs")
    epochs_back: Epochs = option(4, "highest order of an alignment term, in epochs")
    rate: Rate = option(0.3, "eta, for the mean over a mini-batch")
    data_dir: str | None = option(None, DATA_DIR)
    repeats: Few = option(5, REPEATS)
    aligned: Correlation = bound(
        0.05, "cosine of terms of whole-epoch orders, at least, all exchanged"
    )
    not_aligned: PositiveScale = bound(
        0.3, "cosine of terms of other orders, at most, by that of whole-epoch ones"
    )


def complete(settings: Settings) -> Settings:
    """Return the settings, if there are enough updates before the look for all orders."""
    require(
        2 * settings.epochs_back <= settings.epochs,
        f"--epochs-back {settings.epochs_back} of --epochs {settings.epochs}: "
        "give at most half of the epochs, after which the terms are computed",
    )
    return settings


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Return the curves for each share of exchanged labels, and the terms if all are."""
    at = range(0, settings.batches * settings.epochs + 1, settings.batches)
    rows: dict[str, list[Any]] = {"loss": [], "accuracy": [], "angle": []}
    for share in SHARES:
        simulation = simulation_of(
            settings,
            feedback_alignment(),
            settings.rate,
            seed,
            settings.batches,
            disorder=share,
            data_dir=settings.data_dir,
        )
        for name, values in simulation.follow(at, _measures(simulation)).items():
            rows[name].append(values)
    terms = terms_along(
        settings,
        [settings.batches * settings.epochs // 2],
        settings.batches * settings.epochs_back,
        feedback_alignment(),
        settings.rate,
        seed,
        batches=settings.batches,
        shuffled=False,
        disorder=1.0,
        data_dir=settings.data_dir,
    )
    return {name: np.array(values) for name, values in rows.items()} | {"terms": terms[0]}


def _measures(simulation: Simulation) -> dict[str, Callable[[], Any]]:
    answers = simulation.held_out.answers
    return {
        "loss": answers.loss,
        "accuracy": lambda: 100 - answers.error_percent(),
        "angle": lambda: np.array(list(simulation.network.alignment().values())),
    }


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return what the quantities and the claims are computed from."""
    angle = runs["angle"][:, :, -1]
    accuracy = runs["accuracy"][:, :, -1]
    among = np.arange(1, runs["terms"].shape[-1] + 1) % settings.batches == 0
    terms = runs["terms"].mean(1)
    whole, other = terms[:, among].mean(1), terms[:, ~among].mean(1)
    mean = angle.mean((0, 2))
    in_words = "; ".join(
        f"{share:.0%} {spread(angle[:, k].mean(1))}" for k, share in enumerate(SHARES)
    )
    return {
        "angle": angle,
        "accuracy": accuracy,
        "whole": whole,
        "other": other,
        "mean": mean,
        "in_words": in_words,
    }


def quantities(m: Measures) -> list[Quantity]:
    """Return the numbers of the result."""
    return [
        *(
            Quantity(f"mean angle of W and B^T, {share:.0%} exchanged", m.angle[:, k].mean(1), "°")
            for k, share in enumerate(SHARES)
        ),
        *(
            Quantity(f"test accuracy, {share:.0%} exchanged", m.accuracy[:, k], "%")
            for k, share in enumerate(SHARES)
        ),
        Quantity("cosine of terms of whole-epoch orders, all exchanged", m.whole),
        Quantity("the same of other orders", m.other),
    ]


CLAIMS = (
    Claim(
        "the more labels are exchanged, the less alignment",
        holds=lambda m: (np.diff(m.mean) > 0).all(),
        evidence=lambda m: f"mean angle {m.in_words}",
    ),
    Claim(
        "and the worse the accuracy",
        holds=lambda m: (np.diff(m.accuracy.mean(0)) < 0).all(),
        evidence=lambda m: "; ".join(
            f"{share:.0%} {spread(m.accuracy[:, k])} %" for k, share in enumerate(SHARES)
        ),
    ),
    Claim(
        "less alignment in earlier layers",
        holds=lambda m: (np.diff(m.angle[:, 0].mean(0)) < 0).all(),
        evidence=lambda m: (
            ", ".join(f"l = {k + 1} {spread(m.angle[:, 0, k])}" for k in range(m.angle.shape[-1]))
            + " degrees with right labels"
        ),
    ),
    Claim(
        "with all exchanged only terms of orders that are multiples of an epoch align",
        holds=lambda m: (
            m.whole.mean() > m.settings.aligned
            and abs(m.other.mean()) < m.settings.not_aligned * m.whole.mean()
        ),
        evidence=lambda m: f"cosine {spread(m.whole)}, others {spread(m.other)}",
    ),
)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the four panels."""
    figure, axes = panels(2, 2, height=3.1)
    first, second, third, fourth = axes.flat
    for layer in range(runs["angle"].shape[-1]):
        values = runs["angle"][:, :, -1, layer]
        band(first, np.array(SHARES), values, PALETTE[layer], f"l = {layer + 1}", "o-")
    level(first, 90)
    name_axes(first, "share of exchanged labels", "angle of W and Bᵀ (°)", "a")
    legend_above(first)
    epochs = np.arange(runs["loss"].shape[2])
    for axes_, name, label, letter in (
        (second, "loss", "loss, test images", "b"),
        (fourth, "accuracy", "test accuracy (%)", "d"),
    ):
        for k, share in enumerate(SHARES):
            band(axes_, epochs, runs[name][:, k], PALETTE[k], f"{share:.0%}")
        name_axes(axes_, "epoch", label, letter)
    log_scale(second)
    legend_above(second)
    legend_above(fourth)
    title = f"c  all exchanged, after {settings.epochs // 2} epochs"
    draw_terms(third, settings.batches, runs["terms"], title)
    legend_above(third)
    return figure


EXPERIMENT = Study(
    "panjehpour2022.fig5",
    Settings,
    complete=complete,
    id="P22.fig5",
    once=once,
    data=mnist_data,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={"repeats": 1, "batches": 15, "epochs": 40, "epochs_back": 3},
)
