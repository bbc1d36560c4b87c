"""Figure 7: feedback alignment for some epochs, then backpropagation.

The network of `_digits` learns by feedback alignment up to an epoch and by backpropagation from
there on. The paper finds that it gets stuck after the switch. Loss and accuracy on the test images.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spikefa.experiment import option
from spikefa.results.findings import Claim, Findings, Quantity, spread
from spikefa.results.study import MAY_CHANGE_ON_RESUME, PROCESSES, QUICK, REPEATS, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spikefa.results.repeats import Runs

__all__ = ["MAY_CHANGE_ON_RESUME", "Settings", "draw", "run"]

THRESHOLDS = (0, 1, 2, 5, 10, 20)
"""Epochs of feedback alignment before the switch; 0 is backpropagation from the first."""


@dataclass(frozen=True)
class Settings:
    """Everything that the result depends on."""

    batches: int = option(60, "mini-batches of an epoch")
    epochs: int = option(40, "epochs in all")
    rate: float = option(0.3, "eta, for the mean over a mini-batch")
    repeats: int = option(5, REPEATS)
    processes: int = option(1, PROCESSES)
    quick: bool = option(False, QUICK)


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Return loss and accuracy [thresholds + 1, epochs + 1], the last without a switch."""
    import numpy as np
    from spikefa.experiments.panjehpour2022._digits import feedback_alignment, lesson

    import spikefa as sf

    found: dict[str, list[Any]] = {"loss": [], "accuracy": []}
    for threshold in (*THRESHOLDS, settings.epochs):
        made = lesson(feedback_alignment(), settings.rate, seed, settings.batches)
        rows = []
        for epoch in range(settings.epochs + 1):
            if epoch == threshold < settings.epochs:
                made.switch(sf.Backprop(tau=1.0))
            made.look()
            rows.append((made.loss(), 100 - made.error_percent()))
            made.learn(settings.batches if epoch < settings.epochs else 0)
        for name, values in zip(found, zip(*rows, strict=True), strict=True):
            found[name].append(np.array(values))
    return {name: np.array(values) for name, values in found.items()}


def judge(settings: Settings, runs: "Runs") -> Findings:
    """Compare what is reached after a switch with what backpropagation and FA reach alone."""
    accuracy = runs["accuracy"]
    final = accuracy[:, :, -1]
    names = [*(f"switch after {n} epochs" for n in THRESHOLDS), "feedback alignment alone"]
    names[0] = "backpropagation alone"
    gained = [final[:, k] - accuracy[:, k, n] for k, n in enumerate(THRESHOLDS)][1:]
    told = "; ".join(
        f"after {n}: {spread(values)}" for n, values in zip(THRESHOLDS[1:], gained, strict=True)
    )
    return Findings(
        [Quantity(f"test accuracy, {name}", final[:, k], "%") for k, name in enumerate(names)],
        [
            Claim(
                "after a switch to backpropagation the network is stuck",
                all(abs(values.mean()) < 1 for values in gained),
                f"points of accuracy gained after the switch: {told}",
                "here backpropagation goes on where feedback alignment left off, and gains; that "
                "it is stuck may come from the learning rate or the state of the units in the "
                "paper's code, of which it tells neither",
            ),
            Claim(
                "the switch does not reach what backpropagation reaches alone",
                bool((final[:, 1:-1].mean(0) < final[:, 0].mean() - 1).all()),
                "; ".join(f"{name} {spread(final[:, k])} %" for k, name in enumerate(names)),
                "see above",
            ),
        ],
    )


def picture(settings: Settings, runs: "Runs") -> "Figure":
    """Draw loss and accuracy against the epochs."""
    import numpy as np

    from spikefa.analysis.style import GREY, INK, PALETTE
    from spikefa.results.drawing import band, legend, name_axes, panels

    figure, ((left, right),) = panels(2)
    labels = ["BP", *(f"FA, BP after {n}" for n in THRESHOLDS[1:]), "FA"]
    colours = [INK, *PALETTE[: len(THRESHOLDS) - 1], GREY]
    epochs = np.arange(runs["loss"].shape[-1])
    for k, (label, colour) in enumerate(zip(labels, colours, strict=True)):
        band(left, epochs, runs["loss"][:, k], colour, label)
        band(right, epochs, runs["accuracy"][:, k], colour, label)
    left.set_yscale("log")
    name_axes(left, "epoch", "loss, test images")
    name_axes(right, "epoch", "test accuracy (%)")
    legend(right)
    return figure


STUDY = Study(
    "P22.fig7",
    "panjehpour2022.fig7",
    once,
    judge,
    picture,
    quick={"repeats": 1, "batches": 15, "epochs": 30},
)
run = STUDY.run
draw = STUDY.draw
