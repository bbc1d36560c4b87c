"""Appendix 1.2: how well feedback weights in the brain are aligned, from measurements.

Forward weights are normal. 69 % of the pairs of neurons are connected one way, so that the feedback
weight is 0; in the other 31 % the two weights are correlated, r = 0.36.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

from spikefa.analysis import angle
from spikefa.analysis.style import BLUE
from spikefa.datasets.functions import normal
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS, Repeated
from spikefa.runs.studies import WITHOUT_BACKEND, Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import level, name_axes, panels
from spikefa.utils.devices import choose_device
from spikefa.utils.memory import require_room
from spikefa.utils.ranges import Correlation, Degrees, Few, PositiveScale, Share, Size
from spikefa.utils.seeding import generator

SHOWN = 1500


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """Everything that the result depends on."""

    neurons: Size = option(1000, "neurons in each of the two populations")
    two_way: Share = option(0.31, "share of the pairs that are connected both ways")
    correlation: Correlation = option(0.36, "of the two weights of such a pair")
    repeats: Few = option(20, REPEATS)
    near_correlation: PositiveScale = bound(
        0.05, "difference from the correlation of the paper, 0.2, at most"
    )
    near_angle: Degrees = bound(0.5, "degrees from the angle of the paper, 78, at most")


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Draw both matrices; return their correlation and angle, and some pairs to draw."""
    n, r = settings.neurons, settings.correlation
    device = choose_device(settings.device)
    require_room({"the matrices and their pairs": 10 * n * n * 8}, device)
    weight = normal(n, n, generator(seed, "weights")).to(device)
    noise = normal(n, n, generator(seed, "feedback")).to(device)
    chance = torch.rand(n, n, generator=generator(seed, "pairs"), dtype=torch.float64).to(device)
    both = chance < settings.two_way
    back = ((r * weight + (1 - r**2) ** 0.5 * noise) * both).mT
    pairs = np.stack([weight.ravel().cpu().numpy(), back.mT.reshape(-1).cpu().numpy()])
    return {
        "correlation": np.corrcoef(pairs)[0, 1],
        "angle": angle(weight, back.mT),
        "pairs": pairs[:, :SHOWN],
    }


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return what the quantities and the claims are computed from."""
    r, angle = runs["correlation"], runs["angle"]
    return {"r": r, "angle": angle}


def quantities(m: Measures) -> list[Quantity]:
    """Return the numbers of the result."""
    return [
        Quantity("correlation over all pairs", m.r, "", 0.2),
        Quantity("angle between forward and feedback weights", m.angle, "°", 78.0),
    ]


CLAIMS = (
    Claim(
        "the overall correlation is about 0.2",
        holds=lambda m: abs(m.r.mean() - 0.2) <= m.settings.near_correlation,
        evidence=lambda m: spread(m.r),
    ),
    Claim(
        "the angle is 78 degrees",
        holds=lambda m: abs(m.angle.mean() - 78) <= m.settings.near_angle,
        evidence=lambda m: (
            f"{spread(m.angle, 4)} degrees; the difference in units of the spread is that of "
            "rounding"
        ),
    ),
)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw some pairs: feedback against forward weight."""
    figure, ((axes,),) = panels(1, width=4.2, height=4.0)
    level(axes, 0)
    axes.plot(*runs["pairs"][0], ".", color=BLUE, markersize=2.5, alpha=0.6)
    title = f"{runs['angle'].mean():.1f}°, r = {runs['correlation'].mean():.2f}"
    name_axes(axes, "forward weight", "feedback weight", title)
    return figure


EXPERIMENT = Study(
    "li2024.a12",
    Settings,
    id="PFA.a12",
    once=once,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    backends=WITHOUT_BACKEND,
    quick={"repeats": 5},
)
