"""Figure 3: product feedback alignment approximates backpropagation as the expansion grows.

(a) The eigenvalues of B^T B, B being the fixed matrix of the circuit, against the expansion; they
follow the law of Marchenko and Pastur. (b) The angle between the path R B and W^T, once the first
weights have been forgotten: W is random and R = B W, as in the paper's simulation.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spikefa.runs.experiment import option
from spikefa.runs.results.findings import Claim, Findings, Quantity, spread
from spikefa.runs.results.study import MAY_CHANGE_ON_RESUME, PROCESSES, QUICK, REPEATS, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spikefa.feedback.product import Product
    from spikefa.runs.results.repeats import Runs

__all__ = ["MAY_CHANGE_ON_RESUME", "Settings", "draw", "run"]

EXPANSIONS = (1, 2, 3, 5, 7, 10, 15, 20, 30)
TEN = EXPANSIONS.index(10)


@dataclass(frozen=True)
class Settings:
    """Everything that the result depends on."""

    above: int = option(200, "neurons of the layer that sends the error")
    below: int = option(300, "neurons of the layer that receives it")
    repeats: int = option(10, REPEATS)
    processes: int = option(1, PROCESSES)
    quick: bool = option(False, QUICK)


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Return eigenvalues and angle for every expansion, and the angle of PFA-o."""
    import numpy as np

    import spikefa as sf

    eigenvalues, angles = [], []
    for expansion in EXPANSIONS:
        circuit = sf.PFA(expansion, tau=1.0)
        angles.append(_path_angle(circuit, settings, seed))
        matrix = circuit.fixed[0].numpy()
        eigenvalues.append(np.linalg.eigvalsh(matrix @ matrix.T))
    return {
        "eigenvalues": np.array(eigenvalues),
        "angle": angles,
        "orthogonal": _path_angle(sf.PFAo(10, tau=1.0), settings, seed),
    }


def _path_angle(circuit: "Product", settings: Settings, seed: int) -> float:
    """Return the angle of the path to W^T after R has become B W."""
    from spikefa.models import rate_network

    sizes = (1, settings.below, settings.above)
    network = rate_network(sizes, circuit, 0.1, weight_scale=1.0)
    network.initialise(seed)
    weight = network.synapses["output"].weight
    circuit.plastic_matrices[0].copy_(circuit.fixed[0].mT @ weight.mT)
    return network.alignment()["output"]


def judge(settings: Settings, runs: "Runs") -> Findings:
    """Compare with the law of Marchenko and Pastur and with proposition 3."""
    import numpy as np

    from spikefa.analysis.alignment import marchenko_pastur

    ratio = 1 / np.array(EXPANSIONS)
    values, angle = runs["eigenvalues"], runs["angle"]
    expected = np.degrees(np.arccos(1 / np.sqrt(1 + ratio)))
    off = np.abs(angle.mean(0) - expected)
    mean, sd = values.mean(-1), values.std(-1)
    edges = np.stack([values.min(-1).mean(0), values.max(-1).mean(0)])
    law = np.stack([(1 - np.sqrt(ratio)) ** 2, (1 + np.sqrt(ratio)) ** 2])
    apart = [
        _distance(values[:, k].ravel(), *marchenko_pastur(1 / expansion, points=4000))
        for k, expansion in enumerate(EXPANSIONS)
    ]
    width = "deviation of the eigenvalues, expansion 10"
    return Findings(
        [
            Quantity("path angle, expansion 1", angle[:, 0], "°", float(expected[0])),
            Quantity("path angle, expansion 10", angle[:, TEN], "°", float(expected[TEN])),
            Quantity("path angle, expansion 30", angle[:, -1], "°", float(expected[-1])),
            Quantity("path angle, PFA-o", runs["orthogonal"], "°", 0.0),
            Quantity("mean eigenvalue, expansion 10", mean[:, TEN], "", 1.0),
            Quantity(width, sd[:, TEN], "", float(ratio[TEN] ** 0.5)),
        ],
        [
            Claim(
                "the eigenvalues follow the law of Marchenko and Pastur",
                bool(max(apart) < 0.04 and np.abs(edges - law).max() < 0.1),
                f"largest distance of the distributions {max(apart):.2g}, of the edges "
                f"{np.abs(edges - law).max():.2g}",
            ),
            Claim(
                "the path angle is arccos(1 / sqrt(1 + lambda))",
                bool((off < 0.5).all()),
                f"largest difference {off.max():.2g} degrees",
            ),
            Claim(
                "with semi-orthogonal B the path angle is 0",
                bool((runs["orthogonal"] < 0.1).all()),
                f"{spread(runs['orthogonal'])} degrees",
            ),
        ],
    )


def _distance(values: Any, x: Any, density: Any) -> float:
    """Return the largest difference between the two distribution functions."""
    import numpy as np

    steps = (density[1:] + density[:-1]) / 2 * np.diff(x)
    below = np.concatenate([[0.0], np.cumsum(steps)])
    below /= below[-1]
    counted = np.searchsorted(np.sort(values), x, side="right") / len(values)
    return float(np.abs(counted - below).max())


def picture(settings: Settings, runs: "Runs") -> "Figure":
    """Draw eigenvalues (a) and path angle (b) against the expansion, theory dashed."""
    import numpy as np

    from spikefa.analysis.style import BLUE, INK
    from spikefa.runs.results.drawing import band, legend, name_axes, panels

    figure, ((left, right),) = panels(2)
    expansions = np.array(EXPANSIONS)
    fine = np.linspace(1, EXPANSIONS[-1], 200)
    values = runs["eigenvalues"]
    mean, sd = values.mean((0, 2)), values.std((0, 2))
    left.plot(expansions, mean, "o-", color=BLUE, markersize=3, label="simulation, mean and sd")
    left.fill_between(expansions, mean - sd, mean + sd, color=BLUE, alpha=0.2, linewidth=0)
    for k, style in ((values.min(-1), "v"), (values.max(-1), "^")):
        left.plot(expansions, k.mean(0), style, color=BLUE, markersize=4)
    for sign in (-1, 1):
        left.plot(fine, (1 + sign / np.sqrt(fine)) ** 2, "--", color=INK, linewidth=1)
        left.plot(fine, 1 + sign / np.sqrt(fine), ":", color=INK, linewidth=1)
    left.plot([], [], "^", color=BLUE, markersize=4, label="largest and smallest")
    left.plot([], [], "--", color=INK, label="Marchenko-Pastur: edges")
    left.plot([], [], ":", color=INK, label="Marchenko-Pastur: mean ± sd")
    name_axes(left, "expansion 1/λ", "eigenvalues of BᵀB", "a")
    legend(left)
    band(right, expansions, runs["angle"], BLUE, "simulation", "o-")
    theory = np.degrees(np.arccos(1 / np.sqrt(1 + 1 / fine)))
    right.plot(fine, theory, "--", color=INK, linewidth=1, label="arccos(1 / √(1 + λ))")
    right.set_ylim(0)
    name_axes(right, "expansion 1/λ", "angle of the path to Wᵀ (°)", "b")
    legend(right)
    return figure


STUDY = Study("PFA.fig3", "li2024.fig3", once, judge, picture, quick={"repeats": 3})
run = STUDY.run
draw = STUDY.draw
