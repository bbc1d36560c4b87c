"""Figure 3: product feedback alignment approximates backpropagation as the expansion grows.

(a) The eigenvalues of B^T B, where B is the fixed matrix of the circuit, against the expansion;
they follow the Marchenko-Pastur law. (b) The angle between the path R B and W^T after the first
weights have decayed: W is random and R = B W, as in the paper's simulation.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import spikefa as sf
from spikefa.analysis.alignment import marchenko_pastur
from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import BLUE, INK
from spikefa.feedback.product import Product
from spikefa.models import rate_network
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS, Repeated
from spikefa.runs.studies import WITHOUT_BACKEND, Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import band, name_axes, panels
from spikefa.utils.devices import choose_device
from spikefa.utils.ranges import Degrees, Few, PositiveScale, Size

EXPANSIONS = (1, 2, 3, 5, 7, 10, 15, 20, 30)
TEN = EXPANSIONS.index(10)


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """Everything that the result depends on."""

    above: Size = option(200, "neurons of the layer that sends the error")
    below: Size = option(300, "neurons of the layer that receives it")
    repeats: Few = option(10, REPEATS)
    near_law: PositiveScale = bound(
        0.04, "distance of the eigenvalues' distribution from the law, at most"
    )
    near_edges: PositiveScale = bound(
        0.1, "difference of the least and largest eigenvalues from the law, at most"
    )
    near_angle: Degrees = bound(0.5, "degrees from arccos(1 / sqrt(1 + lambda)), at most")
    near_zero: Degrees = bound(0.1, "degrees of the path angle with semi-orthogonal B, at most")


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Return eigenvalues and angle for every expansion, and the angle of PFA-o."""
    eigenvalues, angles = [], []
    for expansion in EXPANSIONS:
        circuit = sf.PFA(expansion, tau=1.0)
        angles.append(_path_angle(circuit, settings, seed))
        matrix = circuit.fixed[0].cpu().numpy()
        eigenvalues.append(np.linalg.eigvalsh(matrix @ matrix.T))
    return {
        "eigenvalues": np.array(eigenvalues),
        "angle": angles,
        "orthogonal": _path_angle(sf.PFAo(10, tau=1.0), settings, seed),
    }


def _path_angle(circuit: Product, settings: Settings, seed: int) -> float:
    """Return the angle of the path to W^T after R has become B W."""
    sizes = (1, settings.below, settings.above)
    network = rate_network(
        sizes, circuit, 0.1, weight_scale=1.0, device=choose_device(settings.device)
    )
    network.initialise(seed)
    weight = network.synapses["output"].weight
    circuit.plastic_matrices[0].copy_(circuit.fixed[0].mT @ weight.mT)
    return network.alignment()["output"]


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return what the quantities and the claims are computed from."""
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
    return {
        "ratio": ratio,
        "angle": angle,
        "expected": expected,
        "off": off,
        "mean": mean,
        "sd": sd,
        "edges": edges,
        "law": law,
        "apart": apart,
        "width": width,
    }


def quantities(m: Measures) -> list[Quantity]:
    """Return the numbers of the result."""
    return [
        Quantity("path angle, expansion 1", m.angle[:, 0], "°", float(m.expected[0])),
        Quantity("path angle, expansion 10", m.angle[:, TEN], "°", float(m.expected[TEN])),
        Quantity("path angle, expansion 30", m.angle[:, -1], "°", float(m.expected[-1])),
        Quantity("path angle, PFA-o", m.runs["orthogonal"], "°", 0.0),
        Quantity("mean eigenvalue, expansion 10", m.mean[:, TEN], "", 1.0),
        Quantity(m.width, m.sd[:, TEN], "", float(m.ratio[TEN] ** 0.5)),
    ]


CLAIMS = (
    Claim(
        "the eigenvalues follow the law of Marchenko and Pastur",
        holds=lambda m: (
            max(m.apart) < m.settings.near_law
            and np.abs(m.edges - m.law).max() < m.settings.near_edges
        ),
        evidence=lambda m: (
            f"largest distance of the distributions {max(m.apart):.2g}, of the edges "
            f"{np.abs(m.edges - m.law).max():.2g}"
        ),
    ),
    Claim(
        "the path angle is arccos(1 / sqrt(1 + lambda))",
        holds=lambda m: (m.off < m.settings.near_angle).all(),
        evidence=lambda m: f"largest difference {m.off.max():.2g} degrees",
    ),
    Claim(
        "with semi-orthogonal B the path angle is 0",
        holds=lambda m: (m.runs["orthogonal"] < m.settings.near_zero).all(),
        evidence=lambda m: f"{spread(m.runs['orthogonal'])} degrees",
    ),
)


def _distance(values: Any, x: Any, density: Any) -> float:
    """Return the largest difference between the two distribution functions."""
    steps = (density[1:] + density[:-1]) / 2 * np.diff(x)
    below = np.concatenate([[0.0], np.cumsum(steps)])
    below /= below[-1]
    counted = np.searchsorted(np.sort(values), x, side="right") / len(values)
    return float(np.abs(counted - below).max())


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw eigenvalues (a) and path angle (b) against the expansion, theory dashed."""
    figure, ((left, right),) = panels(2, height=3.9)
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
    legend_above(left)
    band(right, expansions, runs["angle"], BLUE, "simulation", "o-")
    theory = np.degrees(np.arccos(1 / np.sqrt(1 + 1 / fine)))
    right.plot(fine, theory, "--", color=INK, linewidth=1, label="arccos(1 / √(1 + λ))")
    right.set_ylim(0)
    name_axes(right, "expansion 1/λ", "angle of the path to Wᵀ (°)", "b")
    legend_above(right)
    return figure


EXPERIMENT = Study(
    "li2024.fig3",
    Settings,
    id="PFA.fig3",
    once=once,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    backends=WITHOUT_BACKEND,
    quick={"repeats": 3},
)
