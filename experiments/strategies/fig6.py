"""Figure 6: autoencoders without labels, by backpropagation, direct feedback and the strategies.

784-128-128-784 and 784-800-800-784 autoencoders of tanh neurons with logistic outputs, whose error
is e = (x' - x) x' (1 - x'), reproduce MNIST; B from U[-1/2, 1/2]. The picture shows ten images of
the test set and what each of the smaller networks makes of them. The paper names neither activation
nor rate nor epochs of its autoencoders: tanh and 0.001 are those of its other experiments, and the
20 epochs are ours.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spikefa.experiments.strategies._mnist import Training
from spikefa.runs.experiment import option
from spikefa.runs.results.findings import Claim, Findings, Quantity, spread
from spikefa.runs.results.study import PROCESSES, QUICK, REPEATS
from spikefa.runs.results.table import ALL, CELLS, MAY_CHANGE_ON_RESUME, Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spikefa.feedback import FeedbackCircuit
    from spikefa.runs.results.table import CellRuns

__all__ = ["MAY_CHANGE_ON_RESUME", "Settings", "draw", "run"]

WIDTHS = (128, 800)
NAMES = ("BP", "DFA", "s1", "s2", "s3")
ALIKE = 1.5
"""Largest ratio of errors at which reconstructions are of similar quality."""
SHOWN = 10


@dataclass(frozen=True)
class Settings(Training):
    """Everything that the result depends on."""

    epochs: int = option(20, "epochs of training")
    feedback_scale: float = option(0.5, "half-range of all feedback weights")
    cells: str = option(ALL, CELLS + ": BP-128, s3-800, and so on")
    repeats: int = option(1, REPEATS)
    processes: int = option(1, PROCESSES)
    quick: bool = option(False, QUICK)


def circuit(name: str, scale: float) -> "FeedbackCircuit":
    """Return what carries the error back."""
    import spikefa as sf

    if name == "BP":
        return sf.Backprop(tau=1.0)
    return (
        sf.DFA(scale, gated=True, tau=1.0)
        if name == "DFA"
        else sf.Mixed(name, scale=scale, tau=1.0)
    )


def once(settings: Settings, seed: int, cell: str) -> dict[str, Any]:
    """Train one autoencoder."""
    import torch

    from spikefa.datasets.examples import reconstruction
    from spikefa.experiments.strategies._mnist import images, network
    from spikefa.simulation.lesson import Lesson
    from spikefa.utils.seeding import generator

    name, width = cell.split("-")
    dataset, others = images(settings)
    examples = reconstruction(dataset.train, dataset.full_scale)
    tests = reconstruction(others, dataset.full_scale)
    sizes = (dataset.n_inputs, int(width), int(width), dataset.n_inputs)
    carrier = circuit(name, settings.feedback_scale)
    learner = network(settings, sizes, carrier, "tanh", "logistic", seed)
    lesson = Lesson(learner, examples, settings.batch, seed, tests=tests)
    epochs = range(settings.epochs + 1)
    at = [epoch * lesson.updates_per_epoch for epoch in epochs]
    found = lesson.follow(at, {"error": lambda: 2 * lesson.loss()})
    shown = torch.randperm(len(tests), generator=generator(seed, "shown"))[:SHOWN]
    return {
        "epochs": list(epochs),
        "originals": tests.inputs[shown].unflatten(1, dataset.shape).numpy(),
        "reconstructions": lesson.outputs.cpu()[shown].unflatten(1, dataset.shape).numpy(),
        **found,
    }


def judge(settings: Settings, runs: "CellRuns") -> Findings:
    """Compare the errors, separately for each size of which all five were run."""
    final = {cell: found["error"][:, -1] for cell, found in runs.items()}
    quantities = [
        Quantity(
            f"|x' - x|^2 of an image, {_sizes(cell)}, {cell.split('-')[0]}", final.get(cell, ())
        )
        for cell in CELL_NAMES
    ]
    told = ", ".join(
        f"{cell} {spread(values / runs[cell]['error'][:, 0])}" for cell, values in final.items()
    )
    learned = all((values < runs[cell]["error"][:, 0] / 2).all() for cell, values in final.items())
    claims = [Claim("autoencoders can be trained with each", learned, f"error by first: {told}")]
    for width in WIDTHS:
        errors = {name: final.get(f"{name}-{width}") for name in NAMES}
        if all(values is not None for values in errors.values()) and not settings.quick:
            claims += _compared(f" ({_sizes(f'BP-{width}')})", errors)
    return Findings(quantities, claims)


def _compared(where: str, errors: Any) -> list[Claim]:
    told = ", ".join(f"{name} {spread(values)}" for name, values in errors.items())
    mean = {name: float(values.mean()) for name, values in errors.items()}
    others = [mean[name] for name in NAMES[1:]]
    return [
        Claim(f"backpropagation is better than all others{where}", mean["BP"] < min(others), told),
        Claim(
            f"direct feedback and the strategies are of similar quality{where}",
            max(others) < ALIKE * min(others),
            f"the worst has {max(others) / min(others):.2f} times the error of the best",
        ),
        Claim(f"s2 is the worst{where}", mean["s2"] == max(mean.values()), told),
    ]


def _sizes(cell: str) -> str:
    width = cell.split("-")[1]
    return f"784-{width}-{width}-784"


def picture(settings: Settings, runs: "CellRuns") -> "Figure":
    """Draw ten images and their reconstructions by each network (a), and the errors (b)."""
    import numpy as np

    from spikefa.analysis.style import INK, PALETTE
    from spikefa.runs.results.drawing import band, legend, name_axes, panels

    figure, ((left, right),) = panels(2, width=5.2, height=3.6)
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
    legend(right)
    return figure


CELL_NAMES = tuple(f"{name}-{width}" for width in WIDTHS for name in NAMES)
STUDY = Table(
    "G.fig6",
    "strategies.fig6",
    once,
    judge,
    picture,
    quick={
        "cells": ",".join(f"{name}-{WIDTHS[0]}" for name in NAMES),
        "epochs": 2,
        "train_images": 20_000,
    },
    cells=CELL_NAMES,
)
run = STUDY.run
draw = STUDY.draw
