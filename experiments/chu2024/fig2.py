"""Figure 2: the larger the first weights, the smaller the gradient after the first update.

The network of figure 1 learns from one batch by feedback alignment; then the norm of the update
that other images ask for, on average, is taken layer by layer, for first weights of many scales:
large weights make small steps, as if the learning rate were lower.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spikefa.experiments.chu2024._settings import Shared
from spikefa.runs.experiment import option
from spikefa.runs.results.findings import Claim, Findings, Quantity, spread
from spikefa.runs.results.study import MAY_CHANGE_ON_RESUME, REPEATS, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spikefa.runs.results.repeats import Runs

__all__ = ["MAY_CHANGE_ON_RESUME", "Settings", "draw", "run"]

SCALES = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
"""Of the first weights."""
FIRST = 1
"""The smallest but 0, with which activity does not reach all layers after one update."""
REASONS = {
    2: "from weights near 0 the second hidden layer is nearly silent after one update, and what it "
    "does not send cannot change the output synapses; the paper does not say what the output layer "
    "received"
}
"""Why a layer may differ from the paper."""


@dataclass(frozen=True)
class Settings(Shared):
    """Everything that the result depends on."""

    updates: int = option(1, "updates before the norm is taken")
    test: int = option(1000, "other images, over which the update is taken, 0: all test images")
    repeats: int = option(20, REPEATS)


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Take the norms after one update, with first weights of each scale."""
    import numpy as np

    from spikefa.analysis.delta_angles import pseudo_gradients
    from spikefa.experiments.chu2024 import _network as net

    data = net.examples(settings)
    norms = []
    for scale in SCALES:
        lesson = net.lesson(settings, data, net.feedback_alignment(), scale, seed)
        lesson.learn(settings.updates)
        lesson.look()
        state = lesson.test_state
        inputs = lesson.inputs[-len(state.error) :]
        updates = pseudo_gradients(state, inputs, state.feedback.modulators)
        norms.append([float(each.norm()) / len(inputs) for each in updates])
    return {"norms": np.array(norms)}


def judge(settings: Settings, runs: "Runs") -> Findings:
    """Compare small weights with large ones."""
    from spikefa.experiments.chu2024._network import LAYERS

    norms = runs["norms"]
    return Findings(
        [
            Quantity(f"norm, {layer}, scale {scale:g}", norms[:, k, number])
            for number, layer in enumerate(LAYERS)
            for k, scale in enumerate(SCALES)
        ],
        [
            Claim(
                f"the norm reduces rapidly as the first weights increase, {layer}",
                bool((norms[:, -1, number] < 0.5 * norms[:, FIRST, number]).all()),
                "; ".join(
                    f"{scale:g}: {spread(norms[:, k, number])}" for k, scale in enumerate(SCALES)
                ),
                REASONS.get(number, ""),
            )
            for number, layer in enumerate(LAYERS)
        ],
    )


def picture(settings: Settings, runs: "Runs") -> "Figure":
    """Draw the norms against the scale, a panel for each layer."""
    import numpy as np

    from spikefa.analysis.style import BLUE
    from spikefa.experiments.chu2024._network import LAYERS
    from spikefa.runs.results.drawing import band, name_axes, panels

    figure, (row,) = panels(3, width=3.6)
    for number, (axes, layer) in enumerate(zip(row, LAYERS, strict=True)):
        band(axes, np.array(SCALES), runs["norms"][..., number], BLUE, style="o-")
        axes.set_ylim(0)
        title = f"{'abc'[number]}   {layer}"
        name_axes(axes, "scale of the first weights", "norm of the update", title)
    return figure


STUDY = Study(
    "C24.fig2",
    "chu2024.fig2",
    once,
    judge,
    picture,
    quick={"repeats": 3, "train": 1000},
)
run = STUDY.run
draw = STUDY.draw
