"""Supplementary figure 6: a deep network whose first layer is frozen is worse than a shallower one.

Networks of 30-40-10 and 30-40-20-10 tanh neurons (outputs linear) learn the function of a
30-20-10-10 network by backpropagation and by feedback alignment, 100 examples for each update,
eta = 0.05 of the mean over them (supplementary note 3). As a control the first weights W0 of the
deeper one stay as they were drawn: if its gain came from the number of parameters alone, that would
not matter. First weights and biases are from uniform distributions, whose widths the paper does not
say; here they are as wide as makes random features of use, or the control would be slow for
another reason.
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

THREE, FOUR = (30, 40, 10), (30, 40, 20, 10)
NETWORKS = {"3": (THREE, False), "4": (FOUR, False), "frozen": (FOUR, True)}
"""Sizes of each network, and whether W0 is frozen."""
ALGORITHMS = {"backprop": "backprop", "fa": "feedback alignment"}
LABELS = {"3": "3 layers", "4": "4 layers", "frozen": "4 layers, W0 frozen"}


@dataclass(frozen=True)
class Settings:
    """Everything that the result depends on."""

    updates: int = option(20_000, "updates")
    every: int = option(500, "updates between two looks at 500 other examples")
    batch: int = option(100, "examples for each update")
    rate: float = option(0.05, "eta, of the mean over the examples")
    weight_scale: float = option(0.2, "half-range of the first weights")
    bias_scale: float = option(0.2, "half-range of the first biases")
    feedback_scale: float = option(0.5, "half-range of B")
    repeats: int = option(5, REPEATS)
    processes: int = option(1, PROCESSES)
    quick: bool = option(False, QUICK)


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Let all networks learn the function of one target network, with both algorithms."""
    import spikefa as sf
    from spikefa.experiments.lillicrap2016._teacher import student

    circuits = {
        "backprop": lambda: sf.Backprop(tau=1.0),
        "fa": lambda: sf.FA(settings.feedback_scale, tau=1.0),
    }
    at = range(0, settings.updates + 1, settings.every)
    rate = settings.rate / settings.batch
    scales = (settings.weight_scale, settings.bias_scale)
    found: dict[str, Any] = {"updates": list(at)}
    for algorithm, circuit in circuits.items():
        for network, (sizes, frozen) in NETWORKS.items():
            learner = student(sizes, circuit(), rate, settings.batch, seed, *scales)
            if frozen:
                learner.freeze(0)
            found |= learner.follow(at, {f"{algorithm}.{network}": learner.nse})
    return found


def judge(settings: Settings, runs: "Runs") -> Findings:
    """Hold the control against the same network that learns as a whole, and against 3 layers."""
    final = {
        f"{algorithm}.{network}": runs[f"{algorithm}.{network}"][:, -5:].mean(1)
        for algorithm in ALGORITHMS
        for network in NETWORKS
    }
    claims = []
    for algorithm, title in ALGORITHMS.items():
        three, four, frozen = (final[f"{algorithm}.{network}"] for network in NETWORKS)
        evidence = f"NSE {spread(frozen)} frozen, {spread(four)} not, {spread(three)} with 3 layers"
        claims += [
            Claim(
                f"with W0 frozen 4 layers do much worse, {title}",
                bool((frozen > 2 * four).all()),
                evidence,
            ),
            Claim(
                f"they do worse than 3 layers, {title}",
                bool((frozen > three).all()),
                evidence,
            ),
        ]
    quantities = [
        Quantity(f"NSE at the end, {LABELS[network]}, {title}", final[f"{algorithm}.{network}"])
        for algorithm, title in ALGORITHMS.items()
        for network in NETWORKS
    ]
    return Findings(quantities, claims)


def picture(settings: Settings, runs: "Runs") -> "Figure":
    """Draw the errors against the updates."""
    from spikefa.analysis.style import BLUE, GREY, INK, PALETTE
    from spikefa.runs.results.drawing import band, legend, name_axes, panels

    figure, ((axes,),) = panels(1, width=5.8, height=4.2)
    colours = {"3": (GREY, PALETTE[3]), "4": (INK, PALETTE[2]), "frozen": (BLUE, PALETTE[1])}
    for network, pair in colours.items():
        for (algorithm, title), colour in zip(ALGORITHMS.items(), pair, strict=True):
            curves = runs[f"{algorithm}.{network}"]
            band(axes, runs["updates"][0], curves, colour, f"{LABELS[network]}, {title}")
    axes.set_ylim(0, 0.5)
    name_axes(axes, f"updates, {settings.batch} examples each", "NSE")
    legend(axes)
    return figure


STUDY = Study(
    "L16.s6",
    "lillicrap2016.s6",
    once,
    judge,
    picture,
    quick={"repeats": 1, "updates": 10_000},
)
run = STUDY.run
draw = STUDY.draw
