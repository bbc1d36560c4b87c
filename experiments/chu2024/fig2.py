"""Figure 2: the larger the first weights, the smaller the gradient after the first update.

The network of figure 1 learns from one batch by feedback alignment. Then the norm of the mean
update for other images is measured layer by layer, for first weights of many scales: large weights
lead to small steps, as if the learning rate were lower.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from spikefa.analysis.delta_angles import pseudo_gradients
from spikefa.analysis.style import BLUE
from spikefa.experiments.chu2024 import _network as net
from spikefa.experiments.chu2024._network import LAYERS
from spikefa.experiments.chu2024._settings import Shared
from spikefa.runs.data import named_data
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import band, name_axes, panels
from spikefa.utils.ranges import Count, CountOrZero, Few, PositiveScale

SCALES = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
"""Of the first weights."""
FIRST = 1
"""The smallest scale but 0, with which activity does not reach all layers after one update."""
REASONS = {
    2: "from weights near 0 the second hidden layer is nearly silent after one update, and what it "
    "does not send cannot change the output synapses; the paper does not say what the output layer "
    "received"
}
"""Why a layer may differ from the paper."""


@dataclass(frozen=True, kw_only=True)
class Settings(Shared):
    """Everything that the result depends on."""

    updates: Count = option(1, "updates before the norm is taken")
    test: CountOrZero = option(
        1000, "other images, over which the update is taken, 0: all test images"
    )
    repeats: Few = option(20, REPEATS)
    reduced: PositiveScale = bound(
        0.5, "norm with the largest first weights, at most, by that with the smallest but 0"
    )


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Measure the norms after one update, with first weights of each scale."""
    data = net.examples(settings)
    norms = []
    for scale in SCALES:
        network = net.network_of(settings, data, net.feedback_alignment(), scale, seed)
        simulation = net.simulation_of(settings, data, network, seed)
        simulation.learn(settings.updates)
        simulation.look()
        state, inputs = net.last_look(simulation)
        updates = pseudo_gradients(state, inputs, state.feedback.modulators)
        norms.append([float(each.norm()) / len(inputs) for each in updates])
    return {"norms": np.array(norms)}


def quantities(m: Measures) -> list[Quantity]:
    """Return the norms of every layer."""
    return [
        Quantity(f"norm, {layer}, scale {scale:g}", m.runs["norms"][:, k, number])
        for number, layer in enumerate(LAYERS)
        for k, scale in enumerate(SCALES)
    ]


def _reduces(number: int) -> Claim:
    def norms(m: Measures) -> Any:
        return m.runs["norms"][..., number]

    return Claim(
        f"the norm reduces rapidly as the first weights increase, {LAYERS[number]}",
        holds=lambda m: (norms(m)[:, -1] < m.settings.reduced * norms(m)[:, FIRST]).all(),
        evidence=lambda m: "; ".join(
            f"{scale:g}: {spread(norms(m)[:, k])}" for k, scale in enumerate(SCALES)
        ),
        reason=REASONS.get(number, ""),
    )


CLAIMS = tuple(_reduces(number) for number in range(len(LAYERS)))


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the norms against the scale, a panel for each layer."""
    figure, (row,) = panels(3, height=2.8)
    for number, (axes, layer) in enumerate(zip(row, LAYERS, strict=True)):
        band(axes, np.array(SCALES), runs["norms"][..., number], BLUE, style="o-")
        axes.set_ylim(0)
        title = f"{'abc'[number]}   {layer}"
        name_axes(axes, "scale of the first weights", "norm of the update", title)
    return figure


EXPERIMENT = Study(
    "chu2024.fig2",
    Settings,
    id="C24.fig2",
    once=once,
    data=named_data,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={"repeats": 3, "train": 1000},
)
