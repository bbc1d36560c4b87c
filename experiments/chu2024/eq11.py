"""Equation 11: the updates of every layer come to agree with the gradient, and stay so.

Where the loss has an extremum, feedback alignment stays only if the alignment of update and
gradient is not negative in any layer. The network of figure 1 learns by feedback alignment from
small and from larger first weights, and that alignment is followed layer by layer, over 1,000 test
images: often during the first updates, then now and then.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spikefa.experiments.chu2024._settings import Shared
from spikefa.runs.experiment import option
from spikefa.runs.results.findings import Claim, Findings, Quantity, spread
from spikefa.runs.results.study import MAY_CHANGE_ON_RESUME, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spikefa.runs.results.repeats import Runs

__all__ = ["MAY_CHANGE_ON_RESUME", "Settings", "draw", "run"]

SCALES = (0.02, 0.2)
"""Of the first weights."""
EARLY = 20
"""Updates after each of which one looks; later the intervals grow."""


@dataclass(frozen=True)
class Settings(Shared):
    """Everything that the result depends on."""

    updates: int = option(1200, "updates")
    looks: int = option(25, "looks after the first 20 updates")
    test: int = option(2000, "test images, 0: all")


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Learn with first weights of each scale."""
    import numpy as np

    from spikefa.experiments.chu2024 import _network as net

    data = net.examples(settings)
    late = np.geomspace(EARLY, settings.updates, settings.looks).round().astype(int)
    at = np.union1d(np.arange(EARLY), late)
    found: dict[str, list[Any]] = {"alignment": [], "accuracy": [], "loss": []}
    for scale in SCALES:
        lesson = net.lesson(settings, data, net.feedback_alignment(), scale, seed)
        measures = {
            "alignment": net.gradient_alignment(lesson),
            "accuracy": net.accuracy(lesson),
            "loss": lesson.loss,
        }
        for name, curve in lesson.follow(at.tolist(), measures).items():
            found[name].append(curve)
    return {"updates": at, **{name: np.array(curves) for name, curves in found.items()}}


def judge(settings: Settings, runs: "Runs") -> Findings:
    """Say where the criterion holds."""
    from spikefa.experiments.chu2024._network import LAYERS

    updates, aligned = runs["updates"][0], runs["alignment"]
    settled = aligned[:, :, updates >= EARLY]
    first = abs(aligned[:, :, 0, :2])
    holds = (settled >= 0).mean((1, 2))
    return Findings(
        [
            Quantity(f"{what}, {layer}, scale {scale:g}", values[:, k, number])
            for what, values in (
                ("alignment before learning", aligned[:, :, 0]),
                (f"least alignment after {EARLY} updates or more", settled.min(2)),
                ("alignment at the end", aligned[:, :, -1]),
            )
            for k, scale in enumerate(SCALES)
            for number, layer in enumerate(LAYERS[:2])
        ],
        [
            Claim(
                "before learning the updates of the hidden layers are at right angles to the "
                "gradient",
                bool((first < 0.1).all()),
                f"cosine at most {first.max():.2g}",
            ),
            Claim(
                "after a few updates the criterion holds in every layer, and goes on to hold",
                bool((settled >= 0).all()),
                "; ".join(
                    f"{layer} in {spread(100 * holds[:, number])} % of the looks"
                    for number, layer in enumerate(LAYERS)
                )
                + f" after {EARLY} updates or more",
                "from larger first weights the alignment of the hidden layers stays near 0 for the "
                "first hundred updates, and is below it now and then; later it stays above",
            ),
            Claim(
                "the output layer follows the gradient itself",
                bool((abs(aligned[..., 2] - 1) < 1e-3).all()),
                f"cosine at least {aligned[..., 2].min():.6f}",
            ),
        ],
    )


def picture(settings: Settings, runs: "Runs") -> "Figure":
    """Draw the alignment of each layer along learning, a panel for each scale."""
    from spikefa.analysis.style import BLUE, GREY, PALETTE
    from spikefa.experiments.chu2024._network import LAYERS
    from spikefa.runs.results.drawing import band, legend, level, name_axes, panels

    figure, (row,) = panels(len(SCALES))
    for k, (axes, scale) in enumerate(zip(row, SCALES, strict=True)):
        for number, colour in enumerate((BLUE, PALETTE[1], GREY)):
            curves = runs["alignment"][:, k, :, number]
            band(axes, runs["updates"][0], curves, colour, LAYERS[number])
        level(axes, 0)
        axes.set_xscale("symlog", linthresh=EARLY)
        axes.set_xlim(0)
        axes.set_ylim(-0.3, 1.05)
        name_axes(
            axes, "updates", "alignment of update and gradient", f"first weights times {scale:g}"
        )
    legend(row[-1], loc="center")
    return figure


STUDY = Study(
    "C24.eq11",
    "chu2024.eq11",
    once,
    judge,
    picture,
    quick={"repeats": 1, "updates": 300, "looks": 10},
)
run = STUDY.run
draw = STUDY.draw
