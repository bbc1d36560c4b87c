"""Appendix 1.2: how well feedback weights in the brain are aligned, by what was measured there.

Forward weights are normal. Of the pairs of neurons 69 % are connected one way, so that the feedback
weight is 0; in the other 31 % the two weights are correlated, r = 0.36.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spikefa.runs.experiment import option
from spikefa.runs.results.findings import Claim, Findings, Quantity, spread
from spikefa.runs.results.study import MAY_CHANGE_ON_RESUME, PROCESSES, QUICK, REPEATS, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spikefa.runs.results.repeats import Runs

__all__ = ["MAY_CHANGE_ON_RESUME", "Settings", "draw", "run"]

SHOWN = 1500


@dataclass(frozen=True)
class Settings:
    """Everything that the result depends on."""

    neurons: int = option(1000, "neurons in each of the two populations")
    two_way: float = option(0.31, "share of the pairs that are connected both ways")
    correlation: float = option(0.36, "of the two weights of such a pair")
    repeats: int = option(20, REPEATS)
    processes: int = option(1, PROCESSES)
    quick: bool = option(False, QUICK)


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Draw both matrices; return their correlation and angle, and some pairs to draw."""
    import numpy as np
    import torch

    from spikefa.analysis import angle
    from spikefa.datasets.functions import normal
    from spikefa.utils.seeding import generator

    n, r = settings.neurons, settings.correlation
    weight = normal(n, n, generator(seed, "weights"))
    noise = normal(n, n, generator(seed, "feedback"))
    chance = torch.rand(n, n, generator=generator(seed, "pairs"), dtype=torch.float64)
    both = chance < settings.two_way
    back = ((r * weight + (1 - r**2) ** 0.5 * noise) * both).mT
    pairs = np.stack([weight.ravel().numpy(), back.mT.reshape(-1).numpy()])
    return {
        "correlation": np.corrcoef(pairs)[0, 1],
        "angle": angle(weight, back.mT),
        "pairs": pairs[:, :SHOWN],
    }


def judge(settings: Settings, runs: "Runs") -> Findings:
    """Compare with the paper's two numbers."""
    r, angle = runs["correlation"], runs["angle"]
    return Findings(
        [
            Quantity("correlation over all pairs", r, "", 0.2),
            Quantity("angle between forward and feedback weights", angle, "°", 78.0),
        ],
        [
            Claim(
                "the overall correlation is about 0.2",
                round(float(r.mean()), 1) == 0.2,
                spread(r),
            ),
            Claim(
                "the angle is 78 degrees",
                round(float(angle.mean())) == 78,
                f"{spread(angle, 4)} degrees; the difference in units of the spread is that of "
                "rounding",
            ),
        ],
    )


def picture(settings: Settings, runs: "Runs") -> "Figure":
    """Draw some pairs: feedback against forward weight."""
    from spikefa.analysis.style import BLUE
    from spikefa.runs.results.drawing import level, name_axes, panels

    figure, ((axes,),) = panels(1, width=4.2, height=4.0)
    level(axes, 0)
    axes.plot(*runs["pairs"][0], ".", color=BLUE, markersize=2.5, alpha=0.6)
    title = f"{runs['angle'].mean():.1f}°, r = {runs['correlation'].mean():.2f}"
    name_axes(axes, "forward weight", "feedback weight", title)
    return figure


STUDY = Study("PFA.a12", "li2024.a12", once, judge, picture, quick={"repeats": 5})
run = STUDY.run
draw = STUDY.draw
