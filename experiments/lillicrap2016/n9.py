"""Supplementary note 9: autoencoders, where feedback alignment fails if they are narrow.

Networks of tanh neurons learn to repeat MNIST images, brightness from -0.9 to 0.9, through a
bottleneck of 10 neurons or without one. The error is the squared error of an image, summed over its
pixels, averaged over the test images.

The paper does not give rate, batch, epochs and scales; those of note 5 are taken, see `n5`: batches
of 100, eta of the mean over a batch, from 1e-2 downwards, weight decay 1e-6.
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

NARROW, WIDE = (1000, 500, 10, 500, 1000), (1000,) * 5
CELLS = {
    "narrow_backprop": Cell("backprop, 10 neurons in the middle", 8.6, NARROW, "backprop"),
    "narrow_fa": Cell("FA, 10 neurons in the middle", 30.2, NARROW),
    "wide_backprop": Cell("backprop, 1,000 in every layer", 1.5, WIDE, "backprop"),
    "wide_fa": Cell("FA, 1,000 in every layer", 0.72, WIDE),
}


@dataclass(frozen=True)
class Settings:
    """Everything that the result depends on."""

    cells: str = option("all", f"which, of {', '.join(CELLS)}; or all")
    fast: int = option(30, "epochs at the full learning rate")
    medium: int = option(10, "epochs at a tenth of it")
    slow: int = option(10, "epochs at a hundredth of it")
    batch: int = option(100, "examples for each update")
    rate: float = option(1e-2, "eta, of the mean over a batch")
    decay: float = option(1e-6, "weight decay per update")
    weight_gain: float = option(1.0, "first weights come from U[-g sqrt(3/n), g sqrt(3/n)]")
    feedback_gain: float = option(0.3, "the same for B into the last hidden layer; other B: 1")
    train: int = option(0, "training images, 0: all")
    test: int = option(0, "test images, 0: all")
    held_out: int = option(0, "test on so many of the training images instead, to choose settings")
    shrink: int = option(1, "divide the number of hidden neurons by this, but for the ten")
    repeats: int = option(5, REPEATS)
    processes: int = option(1, PROCESSES)
    quick: bool = option(False, QUICK)


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Teach the chosen networks, and keep some images and what becomes of them."""
    from spikefa.experiments.lillicrap2016._deep import Teaching, chosen, deep_lesson
    from spikefa.experiments.lillicrap2016._digits import by_epochs, digits

    from spikefa.datasets.examples import reconstruction

    teaching = Teaching.of(settings)
    paces = teaching.paces
    found: dict[str, Any] = {"epochs": range(len(paces) + 1)}
    data = digits(settings.train, settings.test, settings.held_out)
    train = reconstruction(data.train, data.full_scale, -0.9, 0.9)
    tests = reconstruction(data.test, data.full_scale, -0.9, 0.9)
    for name in chosen(CELLS, settings.cells):
        lesson = deep_lesson(CELLS[name], teaching, train, tests, seed, None, settings.shrink)
        squared = {name: lambda lesson=lesson: 2 * lesson.loss()}
        found |= by_epochs(lesson, len(paces), squared, paces)
        found[f"{name}.images"] = lesson.outputs[:SHOWN].numpy().copy()
    found["images"] = tests.inputs[:SHOWN].numpy().copy()
    return found


SHOWN = 8
"""Test images that are drawn."""


def judge(settings: Settings, runs: "Runs") -> Findings:
    """Compare the squared errors at the end, of the cells that were run."""
    from spikefa.experiments.lillicrap2016._deep import quantities

    end = {name: runs[name][:, -1] for name in CELLS if name in runs}
    claims = []
    for width, text, sign in (
        ("narrow", "with 10 neurons in the middle backprop is far better", 1),
        ("wide", "without a bottleneck feedback alignment is better", -1),
    ):
        if f"{width}_fa" in end and f"{width}_backprop" in end:
            ours, other = end[f"{width}_fa"], end[f"{width}_backprop"]
            claims.append(
                Claim(
                    text,
                    bool((ours.mean() - other.mean()) * sign > 0),
                    f"squared error {spread(ours)}, backprop {spread(other)}, after "
                    f"{settings.fast} + {settings.medium} + {settings.slow} epochs",
                )
            )
    return Findings(quantities(CELLS, runs, "squared error of a test image"), claims)


def picture(settings: Settings, runs: "Runs") -> "Figure":
    """Draw the errors against the epochs, and some test images with what becomes of them."""
    import numpy as np

    from spikefa.analysis.style import PALETTE
    from spikefa.results.drawing import band, legend, name_axes, panels

    epochs = runs["epochs"][0]
    figure, ((left, right),) = panels(2, width=4.6, height=3.8)
    names = [name for name in CELLS if name in runs]
    for name, colour in zip(names, PALETTE, strict=False):
        band(left, epochs, runs[name], colour, CELLS[name].title)
    left.set_yscale("log")
    name_axes(left, "epochs", "squared error of a test image", "a")
    legend(left)
    rows = [runs["images"][0], *(runs[f"{name}.images"][0] for name in names)]
    sheet = np.concatenate([row.reshape(-1, 28, 28).swapaxes(0, 1).reshape(28, -1) for row in rows])
    right.imshow(sheet, "gray", vmin=-1, vmax=1)
    right.set_xticks([])
    right.set_yticks(
        [14 + 28 * k for k in range(len(rows))],
        ["shown", *(CELLS[name].title.split(",")[0] + f", {name.split('_')[0]}" for name in names)],
        fontsize=8,
    )
    right.spines[:].set_visible(False)
    right.set_title("b", loc="left", fontsize=9.5)
    return figure


STUDY = Study(
    "L16.n9",
    "lillicrap2016.n9",
    once,
    judge,
    picture,
    quick={
        "repeats": 1,
        "train": 4000,
        "test": 1000,
        "fast": 8,
        "medium": 0,
        "slow": 0,
        "shrink": 10,
        "batch": 20,
    },
)
run = STUDY.run
draw = STUDY.draw
