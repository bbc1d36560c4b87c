"""Supplementary figure 5: receptive fields of 100 hidden neurons, before and after training.

The figure shows the weights from the 28 x 28 pixels onto 100 randomly chosen hidden neurons of
figure 3ab, before training and after training by backpropagation, by feedback alignment, and by
feedback alignment with half of W and B removed. White is a strong positive weight, black a strong
negative one. The networks are those of `fig3ab`, with the same initial weights and training.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import torch
from matplotlib import colormaps
from matplotlib.figure import Figure

from spikefa.experiments.lillicrap2016._digits import digits
from spikefa.experiments.lillicrap2016._logistic import NAMES, Logistic, logistic_simulation
from spikefa.runs.data import mnist_data
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import panels
from spikefa.utils.ranges import Correlation, Few, PositiveScale, Range
from spikefa.utils.seeding import generator

SIDE = 10
SHOWN = SIDE**2
"""Number of neurons whose fields are kept."""
DRAWN, GREYS = 6, 17
"""Neurons along a side of the picture, and its shades: noise makes large files."""
PIXELS = 28
TRAINED = ("backprop", "fa", "sparse")


@dataclass(frozen=True, kw_only=True)
class Settings(Logistic):
    """All settings that affect the result."""

    hidden: Annotated[int, Range(SHOWN, 10_000_000, takes_memory=True)] = option(
        1000, "hidden neurons, of which 36 are shown"
    )
    repeats: Few = option(1, REPEATS)
    similar: PositiveScale = bound(
        0.5, "growth of the correlation by backprop, at least, over that by FA"
    )
    smooth: Correlation = bound(
        0.05, "growth of the correlation of neighbouring weights by FA, at least"
    )


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Train three networks, and return the fields of the same neurons and their smoothness."""
    data = digits(settings.data_dir, settings.train_images)
    found: dict[str, Any] = {}
    chosen = torch.randperm(settings.hidden, generator=generator(seed, "shown"))[:SHOWN]
    for name in TRAINED:
        simulation = logistic_simulation(name, settings, data, seed)
        weight = simulation.network.synapses["hidden1"].weight
        if not found:
            found |= _fields("start", weight[:, chosen])
        simulation.learn(simulation.presentations(settings.epochs))
        simulation.look()
        error = simulation.held_out.answers.error_percent()
        found |= {f"{name}.error": error} | _fields(name, weight[:, chosen])
    return found


def _fields(name: str, weights: Any) -> dict[str, Any]:
    """Return the fields [100, 28, 28] and the correlation of neighbouring weights [100].

    The correlation is that of horizontally adjacent weights, over the pixels of each field; it is 0
    for random weights.
    """
    fields = weights.T.reshape(-1, PIXELS, PIXELS).cpu().numpy().copy()
    a, b = fields[:, :, :-1].reshape(len(fields), -1), fields[:, :, 1:].reshape(len(fields), -1)
    a, b = a - a.mean(1, keepdims=True), b - b.mean(1, keepdims=True)
    smooth = (a * b).sum(1) / np.sqrt((a**2).sum(1) * (b**2).sum(1))
    return {f"{name}.fields": fields, f"{name}.smooth": smooth}


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return the values from which quantities and claims are computed."""
    smooth = {name: runs[f"{name}.smooth"].mean(1) for name in ("start", *TRAINED)}
    grown = {name: smooth[name] - smooth["start"] for name in TRAINED}
    in_words = ", ".join(f"{NAMES[name]} {spread(smooth[name])}" for name in TRAINED)
    return {"smooth": smooth, "grown": grown, "in_words": in_words}


def quantities(m: Measures) -> list[Quantity]:
    """Return the quantities that the result reports."""
    return [
        Quantity("correlation of neighbouring weights, before learning", m.smooth["start"]),
        *(
            Quantity(f"correlation of neighbouring weights, {NAMES[name]}", m.smooth[name])
            for name in TRAINED
        ),
        *(Quantity(f"test error, {NAMES[n]}", m.runs[f"{n}.error"], "%") for n in TRAINED),
    ]


CLAIMS = (
    Claim(
        "feedback alignment develops similar feature detectors",
        holds=lambda m: (
            bool((m.grown["backprop"] > m.settings.similar * m.grown["fa"]).all())
            and bool((m.grown["fa"] > m.settings.smooth).all())
        ),
        evidence=lambda m: (
            f"mean correlation of neighbouring weights: {m.in_words}; "
            f"before learning {spread(m.smooth['start'], 2)}"
        ),
        reason="backprop has made detectors of some neurons, and changed the first weights of the "
        "others little: its deltas are shorter, and the mean is over all neurons",
    ),
)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw 36 fields of the first run, before training and after training by each algorithm."""
    figure, axes = panels(2, 2, width=4.0, height=4.15)
    titles = {"start": "before learning"} | {name: NAMES[name] for name in TRAINED}
    for place, (name, title) in zip(axes.flat, titles.items(), strict=True):
        fields = runs[f"{name}.fields"][0, : DRAWN**2]
        largest = float(np.quantile(np.abs(fields), 0.995))
        tiles = np.pad(fields, ((0, 0), (1, 1), (1, 1)), constant_values=largest)
        sheet = tiles.reshape(DRAWN, DRAWN, PIXELS + 2, PIXELS + 2).swapaxes(1, 2)
        place.imshow(
            sheet.reshape(DRAWN * (PIXELS + 2), -1),
            colormaps["gray"].resampled(GREYS),
            vmin=-largest,
            vmax=largest,
            interpolation="nearest",
        )
        place.set_title(title, loc="left", fontsize=9)
        place.set_axis_off()
    return figure


EXPERIMENT = Study(
    "lillicrap2016.s5",
    Settings,
    id="L16.s5",
    once=once,
    data=mnist_data,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={
        "epochs": 20,
        "hidden": 200,
        "train_images": 6000,
        "rate": 5e-2,
        "weight_scale": 0.1,
    },
)
