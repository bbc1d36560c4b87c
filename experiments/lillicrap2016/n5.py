"""Supplementary note 5: handwritten digits by networks of three and ten hidden layers.

Networks with tanh outputs learn MNIST, inputs standardised, targets of -0.9 and 0.9, squared error,
batches of 100, eta from 1e-2 over 1e-3 to 1e-4, weight decay 1e-6. ``--cells`` says which of them;
the others are marked as not run.

The paper does not give the scales of the first weights and of B, the number of epochs at each rate,
nor whether eta is of the sum over a batch or of its mean; taken is the mean. delta_l is
B_l delta_{l+1}, without derivatives, and B is such that the error has about the same size in every
hidden layer; that size was chosen after three epochs of 10,000 images on held-out training images,
among gains of 0.1, 0.3 and 1.

"Dropout (in a single hidden layer)" can be read as dropout in one of three hidden layers
(``dropout``), or in a network of one (``dropout1``). Later variants keep the earlier ones' changes:
piecewise linear neurons with dropout, local fields with both, and distortions with all. The
photographs behind the digits of the last cells are the user's.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spikefa.experiments.lillicrap2016._deep import Cell

from spikefa.experiment import option
from spikefa.results.findings import Claim, Findings, spread
from spikefa.results.study import MAY_CHANGE_ON_RESUME, PROCESSES, QUICK, REPEATS, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spikefa.results.repeats import Runs

__all__ = ["MAY_CHANGE_ON_RESUME", "Settings", "draw", "run"]

WIDE, DEEP, LOCAL = (1500, 1500, 1500), (1000,) * 10, (3174, 1500, 1500)
FIELD = (6, 6)
"""Maps, and pixels of a field's side."""
CELLS = {
    "backprop": Cell("backprop", 1.62, WIDE, "backprop"),
    "fa": Cell("FA", 1.32, WIDE),
    "dropout": Cell("FA, dropout in one layer", 1.2, WIDE, dropout=0.5),
    "dropout1": Cell("FA, one hidden layer, dropout", 1.2, WIDE[:1], dropout=0.5),
    "leaky": Cell("FA, piecewise linear", 1.1, WIDE, "fa", "leaky", 0.5),
    "local": Cell("FA, local fields", 0.8, LOCAL, "fa", "leaky", 0.5, FIELD),
    "distorted": Cell("FA, elastic distortions", 0.5, LOCAL, "fa", "leaky", 0.5, FIELD, True),
    "backprop10": Cell("backprop, 10 hidden layers", 1.65, DEEP, "backprop"),
    "fa10": Cell("FA, 10 hidden layers", 1.45, DEEP),
    "back_backprop": Cell("backprop, photographs", 21.5, WIDE, "backprop", background=True),
    "back_fa": Cell("FA, photographs", 20.66, WIDE, background=True),
}
PAIRS = {
    "fa": ("backprop", "with three hidden layers"),
    "fa10": ("backprop10", "with ten hidden layers"),
    "back_fa": ("back_backprop", "before photographs"),
}
BETTER = {
    "dropout": "fa",
    "dropout1": "fa",
    "leaky": "dropout",
    "local": "leaky",
    "distorted": "local",
}
"""Each of these cells has a lower error than the other, the paper says."""


@dataclass(frozen=True)
class Settings:
    """Everything that the result depends on."""

    cells: str = option("backprop,fa", f"which, of {', '.join(CELLS)}; or all")
    fast: int = option(30, "epochs at the full learning rate")
    medium: int = option(10, "epochs at a tenth of it")
    slow: int = option(10, "epochs at a hundredth of it")
    batch: int = option(100, "examples for each update")
    rate: float = option(1e-2, "eta, of the mean over a batch")
    decay: float = option(1e-6, "weight decay per update")
    weight_gain: float = option(1.0, "first weights come from U[-g sqrt(3/n), g sqrt(3/n)]")
    feedback_gain: float = option(0.3, "the same for B into the last hidden layer; other B: 1")
    photographs: str = option("", "folder of pictures to put behind the digits")
    train: int = option(0, "training images, 0: all, or 50,000 with photographs")
    test: int = option(0, "test images, 0: all")
    held_out: int = option(0, "test on so many of the training images instead, to choose settings")
    shrink: int = option(1, "divide the number of hidden neurons by this")
    repeats: int = option(5, REPEATS)
    processes: int = option(1, PROCESSES)
    quick: bool = option(False, QUICK)


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Teach the chosen networks, all with the same images in the same order."""
    from spikefa.experiments.lillicrap2016._deep import Teaching, chosen, deep_lesson
    from spikefa.experiments.lillicrap2016._digits import by_epochs

    from spikefa.datasets.examples import classification

    teaching = Teaching.of(settings)
    paces = teaching.paces
    found: dict[str, Any] = {"epochs": range(len(paces) + 1)}
    names = chosen(CELLS, settings.cells)
    data = {back: _data(settings, back) for back in {CELLS[name].background for name in names}}
    for name in names:
        cell = CELLS[name]
        images = data[cell.background]
        how: Any = {"inputs": "standardised", "low": -0.9, "high": 0.9}
        train = classification(images.train, images.full_scale, images.n_classes, **how)
        tests = classification(images.test, images.full_scale, images.n_classes, **how, like=train)
        lesson = deep_lesson(cell, teaching, train, tests, seed, images.shape, settings.shrink)
        found |= by_epochs(lesson, len(paces), {name: lesson.error_percent}, paces)
    return found


def _data(settings: Settings, background: bool) -> Any:
    """Return the images; the photographs are the same for every seed."""
    from pathlib import Path

    from spikefa.experiments.lillicrap2016._digits import digits

    from spikefa.datasets.backgrounds import with_photographs

    train = settings.train or (50_000 if background else 0)
    data = digits(train, settings.test, settings.held_out)
    if not background:
        return data
    return with_photographs(data, Path(settings.photographs) if settings.photographs else None)


def judge(settings: Settings, runs: "Runs") -> Findings:
    """Compare the errors at the end, of the cells that were run."""
    from spikefa.experiments.lillicrap2016._deep import quantities

    end = {name: runs[name][:, -1] for name in CELLS if name in runs}
    length = f"after {settings.fast} + {settings.medium} + {settings.slow} epochs"
    margin = 1.0 if settings.quick else 0.0
    claims = [
        Claim(
            f"{where} feedback alignment has a lower error than backprop",
            bool(end[name].mean() < end[other].mean() + margin),
            f"{spread(end[name])} %, backprop {spread(end[other])} %, {length}",
        )
        for name, (other, where) in PAIRS.items()
        if name in end and other in end
    ]
    claims += [
        Claim(
            f"{CELLS[name].title}: a lower error than {CELLS[other].title}",
            bool(end[name].mean() < end[other].mean() + margin),
            f"{spread(end[name])} %, {CELLS[other].title} {spread(end[other])} %, {length}",
        )
        for name, other in BETTER.items()
        if name in end and other in end
    ]
    return Findings(quantities(CELLS, runs, "test error", "%"), claims)


def picture(settings: Settings, runs: "Runs") -> "Figure":
    """Draw the errors against the epochs."""
    from spikefa.experiments.lillicrap2016._deep import draw_errors

    return draw_errors(CELLS, runs)


STUDY = Study(
    "L16.n5",
    "lillicrap2016.n5",
    once,
    judge,
    picture,
    quick={
        "cells": "backprop,fa,dropout1,local",
        "repeats": 1,
        "train": 3000,
        "test": 2000,
        "fast": 6,
        "medium": 2,
        "slow": 0,
        "shrink": 10,
        "batch": 20,
    },
)
run = STUDY.run
draw = STUDY.draw
