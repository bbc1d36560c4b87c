"""Figure 4: weights that are more aligned with B are not more accurate.

The network is that of figure 1 with elements of B from a normal distribution. The first weights
above the first hidden layer are normal, or normal with the signs of B^T, or B^T itself, in all
cases times 0.05. No B leads to the input, so the lowest weights are the same random ones in all
three. The panels show the alignment of updates and gradient (a) and of weights and B (b) in the
second hidden layer, and accuracy (c). The paper shows one run.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import ACCENT, BLUE, PALETTE
from spikefa.experiments.chu2024 import _network as net
from spikefa.experiments.chu2024._network import weights
from spikefa.experiments.chu2024._settings import Shared
from spikefa.network.network import Network
from spikefa.runs.data import named_data
from spikefa.runs.options import option
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import band, name_axes, panels
from spikefa.utils.ranges import Epochs, Looks, Scale

STARTS = {"random": "at random", "sign": "with the signs of B", "same": "equal to B"}
SECOND = {"weights": 0, "gradient": 1}
"""Index of the second hidden layer in both alignments."""
ZOOM = 8
"""Panel (c) begins this many percentage points below the lowest final accuracy."""
ALIKE = (
    "at the end the three differ by no more than two runs of the same do; the paper shows one run "
    "of each"
)


@dataclass(frozen=True, kw_only=True)
class Settings(Shared):
    """Everything that the result depends on."""

    scale: Scale = option(0.05, "scale of the first weights")
    epochs: Epochs = option(10, "epochs")
    looks: Looks = option(5, "looks at the test images per epoch")


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Learn from each start, with the same B and the same images."""
    data = net.examples(settings)
    at = np.arange(settings.epochs * settings.looks + 1) / settings.looks
    found: dict[str, Any] = {"epochs": at}
    for start in STARTS:
        circuit = net.feedback_alignment("normal")
        network = net.network_of(settings, data, circuit, settings.scale, seed)
        align(network, start, settings.scale)
        simulation = net.simulation_of(settings, data, network, seed)
        updates = (at * simulation.presentations(1)).round().astype(int).tolist()
        found |= simulation.follow(
            updates,
            {
                f"{start}.accuracy": net.accuracy(simulation),
                f"{start}.weights": net.weight_alignment(simulation),
                f"{start}.gradient": net.gradient_alignment(simulation),
            },
        )
    return found


def align(network: Network, start: str, scale: float) -> None:
    """Give the weights above the first hidden layer the signs of B^T, or make them B^T, scaled."""
    pairs = zip(weights(network)[1:], network.feedback.layer_matrices(), strict=True)
    for weight, back in pairs:
        if start == "sign":
            weight.abs_().mul_(back.mT.sign())
        elif start == "same":
            weight.copy_(back.mT).mul_(scale)


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return what the quantities and the claims are computed from."""
    end = {start: runs[f"{start}.accuracy"][:, -1] for start in STARTS}
    aligned = {
        name: {start: runs[f"{start}.{name}"][..., layer].mean(1) for start in STARTS}
        for name, layer in SECOND.items()
    }
    ordered = all(
        bool((each["random"] < each["sign"]).all() and (each["sign"] < each["same"]).all())
        for each in aligned.values()
    )
    in_words = {
        name: "; ".join(f"{STARTS[start]} {spread(values)}" for start, values in each.items())
        for name, each in {**aligned, "accuracy": end}.items()
    }
    return {"end": end, "aligned": aligned, "ordered": ordered, "in_words": in_words}


def quantities(m: Measures) -> list[Quantity]:
    """Return the numbers of the result."""
    return [
        *(
            Quantity(f"accuracy, weights {STARTS[start]}", each, "%")
            for start, each in m.end.items()
        ),
        *(
            Quantity(f"mean alignment of update and gradient, {STARTS[start]}", each)
            for start, each in m.aligned["gradient"].items()
        ),
    ]


CLAIMS = (
    Claim(
        "good weight alignment translates to high gradient alignment",
        holds=lambda m: m.ordered,
        evidence=lambda m: (
            f"weights {m.in_words['weights']}; updates {m.in_words['gradient']}, "
            "second hidden layer, mean over learning"
        ),
    ),
    Claim(
        "the network that is not aligned at first performs best",
        holds=lambda m: (
            (m.end["random"] > m.end["sign"]).all() and (m.end["random"] > m.end["same"]).all()
        ),
        evidence=lambda m: f"{m.in_words['accuracy']} %",
        reason=ALIKE,
    ),
)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw both alignments and the accuracy."""
    figure, ((a, b, c),) = panels(3)
    colours = {"random": BLUE, "sign": PALETTE[2], "same": ACCENT}
    for start, colour in colours.items():
        epochs, label = runs["epochs"][0], STARTS[start]
        for axes, name in ((a, "gradient"), (b, "weights")):
            band(axes, epochs, runs[f"{start}.{name}"][..., SECOND[name]], colour, label)
        band(c, epochs, runs[f"{start}.accuracy"], colour, label)
    name_axes(a, "epochs", "gradient alignment", "a   second hidden layer")
    name_axes(b, "epochs", "weight alignment", "b   second hidden layer")
    least = min(runs[f"{start}.accuracy"][:, -1].min() for start in STARTS)
    c.set_ylim(max(0, least - ZOOM), 100)
    name_axes(c, "epochs", "accuracy (%)", "c")
    for axes in (a, b, c):
        legend_above(axes)
    return figure


EXPERIMENT = Study(
    "chu2024.fig4",
    Settings,
    id="C24.fig4",
    once=once,
    data=named_data,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={"repeats": 1, "train": 20_000, "test": 2000, "epochs": 1},
)
