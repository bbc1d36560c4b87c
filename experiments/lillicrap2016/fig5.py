"""Figure 5: W aligns with B^T, neuron by neuron; learning in three phases shows how.

A 20-1000-20 network with tanh hidden neurons learns y_k = x^T Q_k x by feedback alignment, Q from
U[-0.5, 0.5], x from U[-2, 2]. (a) The angle between W and B^T, and of single hidden neurons between
what they send and what comes back to them. (c) First W0 learns alone, then W alone, then W0 again.
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

SHOWN = 20
PHASES = ("1: W0 learns", "2: W learns", "3: W0 learns")
FROZEN = ((1,), (0,), (1,))
LOOKS = 20


@dataclass(frozen=True)
class Settings:
    """Everything that the result depends on."""

    hidden: int = option(1000, "hidden neurons")
    updates: int = option(4000, "updates of (a), 10 examples each")
    phase1: int = option(500, "updates of phase 1 of (c)")
    phase2: int = option(1000, "updates of phase 2")
    phase3: int = option(1500, "updates of phase 3")
    repeats: int = option(10, REPEATS)
    processes: int = option(1, PROCESSES)
    quick: bool = option(False, QUICK)


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Learn as a whole, then once more in phases from the same first weights."""
    import numpy as np

    from spikefa.experiments.lillicrap2016._quadratic import circuit, exercise, neuron_angles

    whole = exercise(circuit(), settings.hidden, seed)
    at = np.linspace(0, settings.updates, 2 * LOOKS + 1).round().astype(int)
    found = whole.follow(
        at,
        {
            "nse": whole.nse,
            "angle": lambda: whole.network.alignment()["output"],
            "neurons": neuron_angles(whole),
        },
    )
    found["updates"] = at
    parts = exercise(circuit(), settings.hidden, seed)
    curve, when, before = [], [], 0
    phases = (settings.phase1, settings.phase2, settings.phase3)
    for updates, frozen in zip(phases, FROZEN, strict=True):
        parts.freeze(*frozen)
        at = np.linspace(0, updates, LOOKS + 1).round().astype(int)
        curve.append(parts.follow(at, {"nse": parts.nse})["nse"])
        when.append(before + at)
        before += updates
    return {**found, "phase.nse": np.array(curve), "phase.updates": np.array(when)}


def judge(settings: Settings, runs: "Runs") -> Findings:
    """Hold the runs against what the paper says."""
    angle, neurons, phase = runs["angle"], runs["neurons"], runs["phase.nse"]
    first, second, third = (phase[:, k, -1] / phase[:, k, 0] for k in range(3))
    moved = (neurons[:, -1] < neurons[:, 0]).mean(1)
    return Findings(
        [
            Quantity("angle between W and B^T at first", angle[:, 0], "°"),
            Quantity("the same at the end", angle[:, -1], "°"),
            Quantity("NSE at the end of (a)", runs["nse"][:, -1]),
            Quantity("NSE after phase 1, by that before", first),
            Quantity("NSE after phase 2, by that before", second),
            Quantity("NSE after phase 3, by that before", third),
        ],
        [
            Claim(
                "W aligns with B^T",
                bool((abs(angle[:, 0] - 90) < 5).all() and (angle[:, -1] < 65).all()),
                f"from {spread(angle[:, 0])} to {spread(angle[:, -1])} degrees",
            ),
            Claim(
                "single hidden neurons exhibit the same alignment",
                bool((moved > 0.9).all()),
                f"{spread(100 * moved)} % of the neurons are nearer than at first",
            ),
            Claim(
                "phase 1 does not reduce the error",
                bool((first > 0.97).all()),
                f"NSE times {spread(first)}",
            ),
            Claim(
                "phase 3, in which the same synapses learn, does",
                bool((third < 0.95).all()),
                f"NSE times {spread(third)}",
            ),
        ],
    )


def picture(settings: Settings, runs: "Runs") -> "Figure":
    """Draw the angles (a) and the error in three phases (c); (b) is a diagram in the paper."""
    from spikefa.analysis.style import BLUE, GREY, INK, PALETTE
    from spikefa.runs.results.drawing import band, legend, level, name_axes, panels

    figure, ((left, right),) = panels(2)
    updates = runs["updates"][0]
    left.plot(updates, runs["neurons"][0, :, :SHOWN], color=INK, linewidth=0.5, alpha=0.6)
    band(left, updates, runs["angle"], BLUE, "W and Bᵀ")
    left.plot([], [], color=INK, linewidth=0.5, label=f"{SHOWN} single neurons of one run")
    level(left, 90)
    name_axes(left, "updates", "angle (°)", "a")
    legend(left)
    for phase, label in enumerate(PHASES):
        colour = PALETTE[1] if phase == 1 else PALETTE[2]
        band(right, runs["phase.updates"][0, phase], runs["phase.nse"][:, phase], colour, label)
        right.axvline(runs["phase.updates"][0, phase, -1], color=GREY, linewidth=0.6)
    right.set_ylim(0)
    name_axes(right, "updates", "NSE", "c")
    legend(right)
    return figure


STUDY = Study(
    "L16.fig5",
    "lillicrap2016.fig5",
    once,
    judge,
    picture,
    quick={"repeats": 2, "updates": 2000},
)
run = STUDY.run
draw = STUDY.draw
