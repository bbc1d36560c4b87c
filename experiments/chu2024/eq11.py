"""Equation 11: the updates of every layer come to agree with the gradient, and stay so.

At an extremum of the loss, feedback alignment is stable only if the alignment of update and
gradient is not negative in any layer. The network of figure 1 learns by feedback alignment from
small and from larger first weights. The alignment of each layer is measured over 1,000 test images,
often during the first updates and less often later.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import BLUE, GREY, PALETTE
from spikefa.experiments.chu2024 import _network as net
from spikefa.experiments.chu2024._network import LAYERS
from spikefa.experiments.chu2024._settings import Shared
from spikefa.runs.data import named_data
from spikefa.runs.options import bound, option
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import band, level, name_axes, panels
from spikefa.utils.ranges import Correlation, Count, CountOrZero, Looks, PositiveScale

SCALES = (0.02, 0.2)
"""Of the first weights."""
EARLY = 20
"""Number of updates with a look after each; later the intervals grow."""


@dataclass(frozen=True, kw_only=True)
class Settings(Shared):
    """Everything that the result depends on."""

    updates: Count = option(1200, "updates")
    looks: Looks = option(25, "looks after the first 20 updates")
    test: CountOrZero = option(2000, "test images, 0: all")
    right_angle: Correlation = bound(
        0.1, "cosine of updates and gradient before learning, at most, hidden layers"
    )
    near_gradient: PositiveScale = bound(
        1e-3, "difference of the cosine from 1, at most, output layer"
    )


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Learn with first weights of each scale."""
    data = net.examples(settings)
    late = np.geomspace(EARLY, settings.updates, settings.looks).round().astype(int)
    at = np.union1d(np.arange(EARLY), late)
    found: dict[str, list[Any]] = {"alignment": [], "accuracy": [], "loss": []}
    for scale in SCALES:
        network = net.network_of(settings, data, net.feedback_alignment(), scale, seed)
        simulation = net.simulation_of(settings, data, network, seed)
        curves = simulation.follow(
            at.tolist(),
            {
                "alignment": net.gradient_alignment(simulation),
                "accuracy": net.accuracy(simulation),
                "loss": simulation.held_out.answers.loss,
            },
        )
        for name, curve in curves.items():
            found[name].append(curve)
    return {"updates": at, **{name: np.array(curves) for name, curves in found.items()}}


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return what the quantities and the claims are computed from."""
    updates, aligned = runs["updates"][0], runs["alignment"]
    later = aligned[:, :, updates >= EARLY]
    first = abs(aligned[:, :, 0, :2])
    holds = (later >= 0).mean((1, 2))
    return {"aligned": aligned, "later": later, "first": first, "holds": holds}


def quantities(m: Measures) -> list[Quantity]:
    """Return the numbers of the result."""
    return [
        Quantity(f"{what}, {layer}, scale {scale:g}", values[:, k, number])
        for what, values in (
            ("alignment before learning", m.aligned[:, :, 0]),
            (f"least alignment after {EARLY} updates or more", m.later.min(2)),
            ("alignment at the end", m.aligned[:, :, -1]),
        )
        for k, scale in enumerate(SCALES)
        for number, layer in enumerate(LAYERS[:2])
    ]


CLAIMS = (
    Claim(
        "before learning the updates of the hidden layers are at right angles to the gradient",
        holds=lambda m: (m.first < m.settings.right_angle).all(),
        evidence=lambda m: f"cosine at most {m.first.max():.2g}",
    ),
    Claim(
        "after a few updates the criterion holds in every layer, and goes on to hold",
        holds=lambda m: (m.later >= 0).all(),
        evidence=lambda m: (
            "; ".join(
                f"{layer} in {spread(100 * m.holds[:, number])} % of the looks"
                for number, layer in enumerate(LAYERS)
            )
            + f" after {EARLY} updates or more"
        ),
        reason="from larger first weights the alignment of the hidden layers stays near 0 for the "
        "first hundred updates, and is below it now and then; later it stays above",
    ),
    Claim(
        "the output layer follows the gradient itself",
        holds=lambda m: (abs(m.aligned[..., 2] - 1) < m.settings.near_gradient).all(),
        evidence=lambda m: f"cosine at least {m.aligned[..., 2].min():.6f}",
    ),
)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the alignment of each layer along learning, a panel for each scale."""
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
    for axes in row:
        legend_above(axes)
    return figure


EXPERIMENT = Study(
    "chu2024.eq11",
    Settings,
    id="C24.eq11",
    once=once,
    data=named_data,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={"repeats": 1, "updates": 300, "looks": 10},
)
