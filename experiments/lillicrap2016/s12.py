"""Supplementary figure 12: the traces of figure s11 in a larger network differ less among runs.

A 100-50-20 linear network, and for comparison one of 30-20-10, follow the deterministic dynamics,
all weights learning at once; tr(A^T B E), tr(B W) and the error are followed.
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

SIZES = {"large": (100, 50, 20), "small": (30, 20, 10)}


@dataclass(frozen=True)
class Settings:
    """Everything that the result depends on."""

    step: float = option(0.002, "eta")
    start: float = option(0.01, "half-range of the first weights")
    time: float = option(1.6, "for which the networks learn, in units of 1 / eta updates")
    every: float = option(0.02, "time between two looks")
    repeats: int = option(20, REPEATS)
    processes: int = option(1, PROCESSES)
    quick: bool = option(False, QUICK)


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Follow both networks."""
    from spikefa.experiments.lillicrap2016._linear import Deterministic
    from spikefa.experiments.lillicrap2016._regimens import BOTH, follow

    found: dict[str, Any] = {}
    for name, sizes in SIZES.items():
        net = Deterministic(sizes, settings.step, seed, settings.start)
        traces = follow(net, [(BOTH, settings.time)], settings.every)
        found |= {f"{name}.{measure}": values for measure, values in traces.items()}
    return found


def judge(settings: Settings, runs: "Runs") -> Findings:
    """Hold the runs against what the caption says."""
    final = {name: runs[f"{name}.overlap"][:, -1] for name in SIZES}
    varies = {name: values.std() / values.mean() for name, values in final.items()}
    positive = runs["large.teaching"][:, 2:].min(1)
    return Findings(
        [
            Quantity("tr(B W) at the end, 100-50-20", final["large"]),
            Quantity("tr(B W) at the end, 30-20-10", final["small"]),
            Quantity("error at the end, 100-50-20", runs["large.error"][:, -1]),
        ],
        [
            Claim(
                "the same trends as in figure s11: tr(A^T B E) positive, tr(B W) grows",
                bool((positive > 0).all() and (final["large"] > 0).all()),
                f"least tr(A^T B E) of any run {positive.min():.2g}, tr(B W) at the end "
                f"{spread(final['large'])}",
            ),
            Claim(
                "the larger network varies less among runs",
                varies["large"] < varies["small"],
                f"deviation by mean of tr(B W): {varies['large']:.2g}, of 30-20-10 "
                f"{varies['small']:.2g}",
            ),
        ],
    )


def picture(settings: Settings, runs: "Runs") -> "Figure":
    """Draw the three quantities of the large network."""
    import numpy as np

    from spikefa.experiments.lillicrap2016._regimens import LABELS
    from spikefa.runs.results.drawing import level, name_axes, panels, traces

    figure, (row,) = panels(3, width=3.6, height=2.8)
    for axes, (measure, label) in zip(row, LABELS.items(), strict=True):
        values = runs[f"large.{measure}"]
        traces(axes, settings.every * np.arange(values.shape[1]), values)
        level(axes, 0)
        name_axes(axes, "time (updates times η)", label)
    return figure


STUDY = Study("L16.s12", "lillicrap2016.s12", once, judge, picture, quick={"repeats": 4})
run = STUDY.run
draw = STUDY.draw
