"""Figure 6: autoencoders without labels, by backpropagation, direct feedback and the strategies.

784-128-128-784 and 784-800-800-784 autoencoders of tanh neurons with logistic outputs, whose error
is e = (x' - x) x' (1 - x'), learn to reproduce MNIST; B is from U[-1/2, 1/2]. The picture shows ten
test images and their reconstructions by each of the smaller networks. The paper does not give the
activation, rate or epochs of its autoencoders: tanh and 0.001 are taken from its other experiments,
and the 20 epochs are our choice.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

import spikefa as sf
from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import INK, PALETTE
from spikefa.datasets.examples import reconstruction
from spikefa.experiments.strategies._mnist import Training, images, network, simulation_of
from spikefa.feedback import FeedbackCircuit
from spikefa.runs.data import named_data
from spikefa.runs.options import bound, option
from spikefa.runs.settings import ALL, REPEATS, WHICH_CELLS
from spikefa.runs.studies import CellRuns, Claim, Measures, Quantity, Study, spread
from spikefa.runs.studies.drawing import band, name_axes, panels
from spikefa.utils.ranges import Epochs, Few, PositiveScale
from spikefa.utils.seeding import generator

WIDTHS = (128, 800)
NAMES = ("BP", "DFA", "s1", "s2", "s3")
CELL_NAMES = tuple(f"{name}-{width}" for width in WIDTHS for name in NAMES)
SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class Settings(Training):
    """Everything that the result depends on."""

    epochs: Epochs = option(20, "epochs of training")
    feedback_scale: PositiveScale = option(0.5, "half-range of all feedback weights")
    cells: str = option(ALL, WHICH_CELLS + ": BP-128, s3-800, and so on")
    repeats: Few = option(1, REPEATS)
    learned: PositiveScale = bound(0.5, "error at the end, at most, by that at first")
    alike: PositiveScale = bound(
        1.5, "error of the worst of all but BP, at most, by that of the best"
    )


def circuit(name: str, scale: float) -> FeedbackCircuit:
    """Return the circuit that carries the error back."""
    if name == "BP":
        return sf.Backprop(tau=1.0)
    return (
        sf.DFA(scale, gated=True, tau=1.0)
        if name == "DFA"
        else sf.Mixed(name, scale=scale, tau=1.0)
    )


def once(settings: Settings, seed: int, cell: str) -> dict[str, Any]:
    """Train one autoencoder."""
    name, width = cell.split("-")
    dataset, others = images(settings)
    examples = reconstruction(dataset.train)
    tests = reconstruction(others)
    sizes = (dataset.n_inputs, int(width), int(width), dataset.n_inputs)
    carrier = circuit(name, settings.feedback_scale)
    made = network(settings, sizes, carrier, "tanh", "logistic", seed)
    simulation = simulation_of(settings, made, examples, tests, seed)
    answers = simulation.held_out.answers
    epochs = range(settings.epochs + 1)
    at = [epoch * simulation.presentations(1) for epoch in epochs]
    found = simulation.follow(at, {"error": lambda: 2 * answers.loss()})
    shown = torch.randperm(len(tests), generator=generator(seed, "shown"))[:SHOWN]
    return {
        "epochs": list(epochs),
        "originals": tests.inputs[shown].unflatten(1, dataset.shape).numpy(),
        "reconstructions": answers.outputs.cpu()[shown].unflatten(1, dataset.shape).numpy(),
        **found,
    }


def _sizes(cell: str) -> str:
    width = cell.split("-")[1]
    return f"784-{width}-{width}-784"


def measure(settings: Settings, runs: CellRuns) -> dict[str, Any]:
    """Return the errors, by cell, and by width where all five networks were run."""
    final = {cell: found["error"][:, -1] for cell, found in runs.items()}
    whole = {
        width: {name: final[f"{name}-{width}"] for name in NAMES}
        for width in WIDTHS
        if all(f"{name}-{width}" in final for name in NAMES) and not settings.quick
    }
    return {
        "first": {cell: found["error"][:, 0] for cell, found in runs.items()},
        "final": final,
        "whole": whole,
        "mean": {
            width: {name: float(values.mean()) for name, values in errors.items()}
            for width, errors in whole.items()
        },
    }


def quantities(m: Measures) -> list[Quantity]:
    """Return the error of every cell."""
    return [
        Quantity(
            f"|x' - x|^2 of an image, {_sizes(cell)}, {cell.split('-')[0]}", m.final.get(cell, ())
        )
        for cell in CELL_NAMES
    ]


def _compared(width: int) -> tuple[Claim, ...]:
    """Return the claims about the networks of one width."""
    where = f" ({_sizes(f'BP-{width}')})"

    def run(m: Measures) -> bool:
        return width in m.whole

    def others(m: Measures) -> list[float]:
        return [m.mean[width][name] for name in NAMES[1:]]

    def in_words(m: Measures) -> str:
        return ", ".join(f"{name} {spread(values)}" for name, values in m.whole[width].items())

    return (
        Claim(
            f"backpropagation is better than all others{where}",
            when=run,
            holds=lambda m: m.mean[width]["BP"] < min(others(m)),
            evidence=in_words,
        ),
        Claim(
            f"direct feedback and the strategies are of similar quality{where}",
            when=run,
            holds=lambda m: max(others(m)) < m.settings.alike * min(others(m)),
            evidence=lambda m: (
                f"the worst has {max(others(m)) / min(others(m)):.2f} times the error of the best"
            ),
        ),
        Claim(
            f"s2 is the worst{where}",
            when=run,
            holds=lambda m: m.mean[width]["s2"] == max(m.mean[width].values()),
            evidence=in_words,
        ),
    )


CLAIMS = (
    Claim(
        "autoencoders can be trained with each",
        holds=lambda m: all(
            (values < m.settings.learned * m.first[cell]).all() for cell, values in m.final.items()
        ),
        evidence=lambda m: (
            "error by first: "
            + ", ".join(f"{cell} {spread(end / m.first[cell])}" for cell, end in m.final.items())
        ),
    ),
    *(claim for width in WIDTHS for claim in _compared(width)),
)


def picture(settings: Settings, runs: CellRuns) -> Figure:
    """Draw ten images and their reconstructions by each network (a), and the errors (b)."""
    figure, ((left, right),) = panels(2, height=3.4)
    width = min(int(cell.split("-")[1]) for cell in runs)
    here = {name: runs[f"{name}-{width}"] for name in NAMES if f"{name}-{width}" in runs}
    rows = [next(iter(here.values()))["originals"][0]]
    rows += [found["reconstructions"][0] for found in here.values()]
    left.imshow(np.vstack([np.hstack(list(row)) for row in rows]), cmap="gray", vmin=0, vmax=1)
    height = rows[0].shape[1]
    left.set_yticks([height * (k + 0.5) for k in range(len(rows))], ["image", *here])
    left.set_xticks([])
    name_axes(left, "", "", f"a  {_sizes(f'-{width}')}")
    for (name, found), colour in zip(here.items(), (INK, *PALETTE), strict=False):
        band(right, found["epochs"][0, 1:], found["error"][:, 1:], colour, name)
    right.set_ylim(0)
    name_axes(right, "epochs", "|x' - x|² of an image", "b")
    legend_above(right)
    return figure


EXPERIMENT = Study(
    "strategies.fig6",
    Settings,
    id="G.fig6",
    once=once,
    data=named_data,
    cells=CELL_NAMES,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={
        "cells": ",".join(f"{name}-{WIDTHS[0]}" for name in NAMES),
        "epochs": 2,
        "train_images": 20_000,
    },
)
