"""Supplementary figure 11: how information about B flows into A and from there into W.

A 30-20-10 linear network follows the deterministic dynamics in three regimens: A learns, then W;
both alternate many times; both learn at once. tr(A^T B E), tr(B W) and the error are followed.
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

SIZES = (30, 20, 10)
REGIMENS = {"once": "A, then W", "often": "A and W in turn", "both": "A and W at once"}


@dataclass(frozen=True)
class Settings:
    """Everything that the result depends on."""

    step: float = option(0.005, "eta")
    start: float = option(0.01, "half-range of the first weights")
    phase: float = option(0.4, "time for which A or W learns alone, in units of 1 / eta updates")
    turns: int = option(4, "times that A and W learn in turn")
    every: float = option(0.02, "time between two looks")
    repeats: int = option(20, REPEATS)
    processes: int = option(1, PROCESSES)
    quick: bool = option(False, QUICK)


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Follow the three regimens from the same weights, for the same time but the first."""
    from spikefa.experiments.lillicrap2016._linear import Deterministic
    from spikefa.experiments.lillicrap2016._regimens import A_ALONE, BOTH, W_ALONE, follow

    turn = [(A_ALONE, settings.phase), (W_ALONE, settings.phase)]
    regimens = {
        "once": turn,
        "often": turn * settings.turns,
        "both": [(BOTH, 2 * settings.turns * settings.phase)],
    }
    found: dict[str, Any] = {}
    for name, phases in regimens.items():
        net = Deterministic(SIZES, settings.step, seed, settings.start)
        for measure, values in follow(net, phases, settings.every).items():
            found[f"{name}.{measure}"] = values
    return found


def judge(settings: Settings, runs: "Runs") -> Findings:
    """Hold the runs against what the caption says."""
    looks = round(settings.phase / settings.every)
    error, often = runs["once.error"], runs["often.error"]
    teaching, overlap = runs["once.teaching"], runs["once.overlap"]
    first = error[:, looks] / error[:, 0]
    gained = overlap[:, -1] - overlap[:, looks]
    again = often[:, 3 * looks] / often[:, 2 * looks]
    positive = runs["both.teaching"][:, 2:].min(1)
    return Findings(
        [
            Quantity("error after A alone, by that before", first),
            Quantity("tr(A^T B E) after A alone", teaching[:, looks]),
            Quantity("tr(B W) after A alone", overlap[:, looks]),
            Quantity("tr(B W) after W alone", overlap[:, -1]),
            Quantity("error after A alone for the second time, by that before", again),
            Quantity("error at the end, both at once", runs["both.error"][:, -1]),
        ],
        [
            Claim(
                "while A learns first the error changes very little, and tr(A^T B E) grows",
                bool((abs(first - 1) < 0.1).all() and (teaching[:, looks] > 0).all()),
                f"error times {spread(first)}; tr(A^T B E) {spread(teaching[:, looks])}",
            ),
            Claim(
                "then W learns and tr(B W) increases quickly",
                bool((gained > 10 * abs(overlap[:, looks])).all()),
                f"from {spread(overlap[:, looks])} to {spread(overlap[:, -1])}",
            ),
            Claim(
                "when A learns for the second time the error drops",
                bool((again < 1).all()),
                f"times {spread(again)}",
            ),
            Claim(
                "tr(A^T B E) stays positive when both learn at once",
                bool((positive > 0).all()),
                f"least value of any run {positive.min():.2g}",
            ),
        ],
    )


def picture(settings: Settings, runs: "Runs") -> "Figure":
    """Draw the three quantities (rows) in the three regimens (columns)."""
    import numpy as np

    from spikefa.analysis.style import ACCENT, BLUE
    from spikefa.experiments.lillicrap2016._regimens import LABELS
    from spikefa.runs.results.drawing import level, name_axes, panels, traces

    figure, rows = panels(3, 3, width=3.6, height=2.5)
    for row, (measure, label) in zip(rows, LABELS.items(), strict=True):
        for axes, (name, title) in zip(row, REGIMENS.items(), strict=True):
            values = runs[f"{name}.{measure}"]
            traces(axes, settings.every * np.arange(values.shape[1]), values)
            level(axes, 0)
            phases = {"once": 2, "often": 2 * settings.turns, "both": 0}[name]
            for phase in range(phases):
                span = (phase * settings.phase, (phase + 1) * settings.phase)
                axes.axvspan(*span, color=(BLUE, ACCENT)[phase % 2], alpha=0.1, linewidth=0)
            last = measure == "error"
            name_axes(
                axes,
                "time (updates times η)" if last else "",
                label if name == "once" else "",
                title if measure == "teaching" else "",
            )
    rows[0, 0].annotate("blue: A learns, red: W", (0.03, 0.9), xycoords="axes fraction", fontsize=8)
    return figure


STUDY = Study("L16.s11", "lillicrap2016.s11", once, judge, picture, quick={"repeats": 3})
run = STUDY.run
draw = STUDY.draw
