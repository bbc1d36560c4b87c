"""Figure 1: the smaller the first weights, the faster feedback alignment learns, and aligns.

A 784-700-1000-10 network of tanh neurons with a softmax learns MNIST by feedback alignment. The
elements of B are -1 and 1, and the first weights are normal times a scale. The panels show accuracy
over the epochs (a) and at the end (b), and in the second hidden layer the alignment of weights with
B (c) and of updates with the gradient (d); over 10 epochs, in (b) after 50.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import INK
from spikefa.experiments.chu2024 import _network as net
from spikefa.experiments.chu2024._settings import UNSTEADY, Shared
from spikefa.runs.data import named_data
from spikefa.runs.options import bound, option
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import band, name_axes, panels
from spikefa.utils.ranges import Correlation, Epochs, EpochsOrZero, Looks

SCALES = (0.0, 0.05, 0.1, 0.2, 0.5)
"""Of the first weights."""
SECOND = {"weights": 0, "gradient": 1}
"""Index of the second hidden layer in both alignments; no B leads to the input."""


@dataclass(frozen=True, kw_only=True)
class Settings(Shared):
    """Everything that the result depends on."""

    epochs: Epochs = option(10, "epochs of (a), (c) and (d)")
    more: EpochsOrZero = option(40, "epochs more, until (b)")
    looks: Looks = option(2, "looks at the test images per epoch")
    falling: Correlation = bound(-0.8, "rank correlation of accuracy and first weights, at most")
    modest: Correlation = bound(0.1, "alignment of W and B, at most")


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Learn with first weights of each scale."""
    data = net.examples(settings)
    found: dict[str, list[Any]] = {"accuracy": [], "weights": [], "gradient": []}
    at = np.arange(settings.epochs * settings.looks + 1) / settings.looks
    at = np.union1d(at, settings.epochs + settings.more)
    for scale in SCALES:
        network = net.network_of(settings, data, net.feedback_alignment(), scale, seed)
        simulation = net.simulation_of(settings, data, network, seed)
        updates = (at * simulation.presentations(1)).round().astype(int).tolist()
        curves = simulation.follow(
            updates,
            {
                "accuracy": net.accuracy(simulation),
                "weights": net.weight_alignment(simulation),
                "gradient": net.gradient_alignment(simulation),
            },
        )
        for name, curve in curves.items():
            found[name].append(curve)
    return {"epochs": at, **{name: np.array(curves) for name, curves in found.items()}}


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return what the quantities and the claims are computed from."""
    first = runs["accuracy"][:, :, settings.looks]
    end = runs["accuracy"][:, :, -1]
    curves = {name: _curve(settings, runs, name) for name in SECOND}
    aligned = {name: curve[..., -1] for name, curve in curves.items()}
    largest = curves["weights"]
    rank = np.corrcoef(range(len(SCALES)), end.mean(0).argsort().argsort())[0, 1]
    return {"first": first, "end": end, "aligned": aligned, "largest": largest, "rank": rank}


def quantities(m: Measures) -> list[Quantity]:
    """Return the numbers of the result."""
    return [
        *_quantities("accuracy after 1 epoch", m.first, "%"),
        *_quantities(f"accuracy after {m.settings.epochs + m.settings.more} epochs", m.end, "%"),
        *_quantities("alignment of W and B, second hidden layer", m.aligned["weights"]),
        *_quantities("alignment of update and gradient, the same", m.aligned["gradient"]),
    ]


CLAIMS = (
    Claim(
        "with small first weights good solutions are found faster",
        holds=lambda m: (m.first[:, :2].min(1) > m.first[:, -2:].max(1)).all(),
        evidence=lambda m: f"after 1 epoch {_in_words(m.first)} %",
        reason=UNSTEADY,
    ),
    Claim(
        "the higher the first weights, the lower the accuracy at the end",
        holds=lambda m: m.rank < m.settings.falling,
        evidence=lambda m: f"{_in_words(m.end)} %, rank correlation {m.rank:.2f}",
        reason=UNSTEADY,
    ),
    Claim(
        "weights and updates align more from small first weights",
        holds=lambda m: all(bool((each[:, 0] > each[:, -1]).all()) for each in m.aligned.values()),
        evidence=lambda m: (
            f"weights {_in_words(m.aligned['weights'])}; updates {_in_words(m.aligned['gradient'])}"
        ),
    ),
    Claim(
        lambda m: f"the alignment of the weights remains modest, below {m.settings.modest:g}",
        holds=lambda m: np.nanmax(m.largest) < m.settings.modest,
        evidence=lambda m: f"{np.nanmax(m.largest):.2g} at most",
    ),
)


def _curve(settings: Settings, runs: Runs, name: str) -> np.ndarray:
    """Return the curves of (a), (c) and (d), [runs, scales, looks], second hidden layer."""
    curve = runs[name][:, :, : settings.epochs * settings.looks + 1]
    return curve if name == "accuracy" else curve[..., SECOND[name]]


def _quantities(text: str, values: Any, unit: str = "") -> list[Quantity]:
    return [
        Quantity(f"{text}, scale {scale:g}", each, unit)
        for scale, each in zip(SCALES, values.T, strict=True)
    ]


def _in_words(values: Any) -> str:
    pairs = zip(SCALES, values.T, strict=True)
    return "; ".join(f"{scale:g}: {spread(each)}" for scale, each in pairs)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the four panels of the paper."""
    figure, ((a, b), (c, d)) = panels(2, 2)
    shades = [to_hex(colour) for colour in colormaps["viridis"](np.linspace(0, 0.9, len(SCALES)))]
    curves = {a: "accuracy", c: "weights", d: "gradient"}
    for axes, name in curves.items():
        values = _curve(settings, runs, name)
        at = runs["epochs"][0, : values.shape[-1]]
        for k, scale in enumerate(SCALES):
            band(axes, at, values[:, k], shades[k], f"{scale:g}")
    end = runs["accuracy"][..., -1]
    b.errorbar(
        SCALES, end.mean(0), end.std(0), fmt="o-", color=INK, markersize=4, linewidth=1, capsize=2
    )
    a.set_ylim(0, 100)
    name_axes(a, "epochs", "accuracy (%)", "a   by the scale of the first weights")
    long = settings.epochs + settings.more
    name_axes(b, "scale of the first weights", f"accuracy after {long} epochs (%)", "b")
    name_axes(c, "epochs", "weight alignment", "c   second hidden layer")
    name_axes(d, "epochs", "gradient alignment", "d   second hidden layer")
    for axes in (a, c, d):
        legend_above(axes)
    return figure


EXPERIMENT = Study(
    "chu2024.fig1",
    Settings,
    id="C24.fig1",
    once=once,
    data=named_data,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={"repeats": 1, "train": 20_000, "test": 2000, "epochs": 1, "more": 0},
)
