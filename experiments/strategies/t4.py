"""Table 4: seven kinds of feedback matrices, with feedback alignment and direct.

A network with two hidden layers of 800 tanh neurons learns MNIST through B1: ones with noise, B2:
the non-square identity, B3: the identity with noise, B4: sparse ones, B5: ones + U[-0.01, 0.01],
B6: sparse ones with noise, B7: noise alone; see `spikefa.feedback.distributions`. All else is as in
table 2.

The errors of a softmax with 1-hot targets sum to 0, so that the ones of B1 and B5 carry nothing
from the output: with DFA only the noise counts, and B1 and B7 from the same seed are equivalent.
"""

from dataclasses import dataclass
from typing import Any, Literal

from matplotlib.figure import Figure

import spikefa as sf
from spikefa.analysis.spacing import legend_above, log_scale
from spikefa.analysis.style import PALETTE
from spikefa.experiments.strategies._mnist import classify
from spikefa.experiments.strategies._networks import NEAR_THE_PAPER, Classifying, curve, differences
from spikefa.feedback.distributions import MatrixKind
from spikefa.runs.data import named_data
from spikefa.runs.options import bound, option
from spikefa.runs.settings import ALL, REPEATS, WHICH_CELLS
from spikefa.runs.studies import CellRuns, Claim, Measures, Quantity, Study, full_version
from spikefa.runs.studies.drawing import name_axes, panels
from spikefa.utils.ranges import Few, PositiveScale, Size

MATRICES: tuple[MatrixKind, ...] = ("B1", "B2", "B3", "B4", "B5", "B6", "B7")
REPORTED = {
    "FA": (4.64, 3.81, 5.88, 6.33, 5.64, 3.95, 6.22),
    "DFA": (2.19, 2.32, 2.40, 2.04, 2.22, 2.27, 2.38),
}
PAPER = {
    f"{circuit}-{matrix}": value
    for circuit, values in REPORTED.items()
    for matrix, value in zip(MATRICES, values, strict=True)
}


@dataclass(frozen=True, kw_only=True)
class Settings(Classifying):
    """Everything that the result depends on."""

    inputs: Literal["unit", "standardised"] = option(
        "unit", "brightness in [0, 1], or with mean 0 and deviation 1 over all pixels"
    )
    width: Size = option(800, "neurons of each hidden layer")
    feedback_scale: PositiveScale = option(1.0, "factor on all feedback weights")
    cells: str = option(ALL, WHICH_CELLS + ": FA-B1, DFA-B7, and so on")
    repeats: Few = option(1, REPEATS)
    learned: PositiveScale = bound(45.0, "test error in percent, at most, with every matrix")


def once(settings: Settings, seed: int, cell: str) -> dict[str, Any]:
    """Train the network of one cell."""
    name, number = cell.split("-B")
    kind = sf.FA if name == "FA" else sf.DFA
    matrix = MATRICES[int(number) - 1]
    circuit = kind(settings.feedback_scale, gated=True, tau=1.0, matrix=matrix)
    return classify(settings, settings.inputs, settings.width, circuit, "tanh", seed)


def measure(settings: Settings, runs: CellRuns) -> dict[str, Any]:
    """Return what the quantities and the claims are computed from."""
    final = {cell: found["test_error"][:, -1] for cell, found in runs.items()}
    mean = {cell: float(values.mean()) for cell, values in final.items()}
    both = [name for name in MATRICES if {f"FA-{name}", f"DFA-{name}"} <= mean.keys()]
    return {
        "final": final,
        "mean": mean,
        "both": both,
        "better": [name for name in both if mean[f"DFA-{name}"] < mean[f"FA-{name}"]],
        "off": differences(runs, PAPER),
        "reason": "",
    }


def quantities(m: Measures) -> list[Quantity]:
    """Return the test error of every cell."""
    return [
        Quantity(f"test error, {' with '.join(cell.split('-'))}", m.final.get(cell, ()), "%", value)
        for cell, value in PAPER.items()
    ]


CLAIMS = (
    Claim(
        "learning occurs with every matrix",
        holds=lambda m: all(value < m.settings.learned for value in m.mean.values()),
        evidence=lambda m: (
            f"test errors of {min(m.mean.values()):.3g} to {max(m.mean.values()):.3g} % in "
            f"{len(m.mean)} cells"
        ),
    ),
    Claim(
        "with the same kind of matrix direct feedback alignment is better",
        when=lambda m: m.both and full_version(m),
        holds=lambda m: m.better == m.both,
        evidence=lambda m: f"with {len(m.better)} of {len(m.both)} kinds that were run with both",
    ),
    NEAR_THE_PAPER,
)


def picture(settings: Settings, runs: CellRuns) -> Figure:
    """Draw the errors against the epochs, as in figure 8, with FA (a) and DFA (b)."""
    figure, (axes,) = panels(2)
    for panel, circuit, letter in zip(axes, REPORTED, "ab", strict=True):
        for matrix, colour in zip(MATRICES, PALETTE, strict=True):
            found = runs.get(f"{circuit}-{matrix}")
            if found is not None:
                curve(panel, found, colour, matrix)
            paper = PAPER[f"{circuit}-{matrix}"]
            label = f"{matrix}, the paper's end"
            look = {"color": colour, "markerfacecolor": "none", "label": label}
            panel.plot(settings.epochs, paper, "o", **look)
        log_scale(panel)
        panel.set_xlim(-0.03 * settings.epochs, 1.05 * settings.epochs)
        name_axes(panel, "epochs", "test error (%)", f"{letter}  {circuit}")
        legend_above(panel)
    return figure


EXPERIMENT = Study(
    "strategies.t4",
    Settings,
    id="G.t4",
    once=once,
    data=named_data,
    cells=tuple(PAPER),
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={
        "cells": "FA-B1,FA-B4,FA-B7,DFA-B1,DFA-B4,DFA-B7",
        "width": 200,
        "epochs": 1,
        "train_images": 20_000,
    },
)
