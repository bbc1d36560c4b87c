"""Spiking convolutions that learn online: three circuits, backpropagation, and snnTorch's BPTT.

Two convolutions of stochastic binary neurons, 5 x 5 and 3 x 3 with the mean over 2 x 2 positions,
a hidden layer and output groups: 784-2304-1600-500-300. Every synapse learns at every step; an
image is shown for N = 5 steps in training and for M = 20 in tests. BPTT has the same architecture,
with snnTorch's Leaky neurons, surrogate gradients and Adam.

Kernels begin large, so that neurons hardly spike by chance, and biases of -4 silence the places
where an image is empty. The mean over positions makes kernels smooth; without it random features
are of little use (docs/convolutions.md). All settings were chosen on held-out images; test images
are looked at once, at the end.
"""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

import spikefa as sf
from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import PALETTE
from spikefa.datasets import Dataset
from spikefa.experiments.comparison._bptt import Bptt
from spikefa.experiments.comparison._convolutional import (
    BPTT,
    CELLS,
    LINES,
    Line,
    Settings,
    modules,
    spiking_network,
)
from spikefa.models.snntorch_layers import SpikingLayers
from spikefa.runs.data import named_data
from spikefa.runs.studies import CellRuns, Claim, Measures, Quantity, Study, spread
from spikefa.runs.studies.drawing import band, name_axes, panels
from spikefa.utils.devices import choose_device
from spikefa.utils.progress import progress_bar

LEAKY = {"beta": 0.9, "threshold": 1.0}
TEMPERATURE = 5.0


def once(settings: Settings, seed: int, cell: str) -> dict[str, Any]:
    """Train and test the network with one circuit, or with BPTT."""
    whole = named_data(settings)
    data = whole.subset(settings.train_images).hold_out(settings.validation_images)
    if cell == BPTT:
        return _bptt(settings, data, seed)
    return _circuit(settings, data, seed, LINES[cell])


def _circuit(settings: Settings, data: Dataset, seed: int, line: Line) -> dict[str, Any]:
    shape = data.channels, *data.shape
    network = spiking_network(shape, settings, line.circuit(), line.rates, seed)
    simulation = sf.Simulation(
        network,
        data,
        steps_per_image=settings.steps,
        test_steps=settings.test_steps,
        batch_size=settings.batch,
        seed=seed,
        schedule=sf.WarmUpAnneal(settings.epochs, settings.warmup),
        backend=settings.backend,
        progress=False,
    )
    curve = []
    with progress_bar("epochs", settings.epochs) as bar:
        for _ in range(settings.epochs):
            simulation.train()
            curve.append(simulation.history[-1]["validation_error_percent_summed"])
            bar.advance(1)
    score = simulation.test()
    return _found(curve, score.error_percent, score.error_percent_summed)


def _bptt(settings: Settings, data: Dataset, seed: int) -> dict[str, Any]:
    shape = data.channels, *data.shape
    bptt = Bptt(
        lambda: SpikingLayers(modules(shape, settings), **LEAKY),
        settings.outputs,
        settings.adam_rate,
        data,
        settings.batch,
        seed,
        choose_device(settings.device),
        TEMPERATURE,
        settings.steps,
    )
    assert data.validation is not None
    curve = []
    with progress_bar("epochs", settings.epochs) as bar:
        for _ in range(settings.epochs):
            bptt.epoch()
            curve.append(bptt.errors(data.validation, steps=settings.test_steps)[1])
            bar.advance(1)
    return _found(curve, *bptt.errors(data.test, steps=settings.test_steps))


def _found(curve: list[float], last: float, summed: float) -> dict[str, Any]:
    return {
        "epochs": np.arange(1, len(curve) + 1),
        "validation": np.array(curve),
        "last": np.array(last),
        "summed": np.array(summed),
    }


def measure(settings: Settings, runs: CellRuns) -> dict[str, Any]:
    """Return the test errors by cell."""
    return {
        name: {cell: found[name] for cell, found in runs.items()} for name in ("last", "summed")
    }


def quantities(m: Measures) -> list[Quantity]:
    """Return the test errors of all cells."""
    return [
        Quantity(f"{cell}, test error, all steps", m.summed.get(cell, ()), "%") for cell in CELLS
    ]


def _reaches(cell: str) -> Claim:
    return Claim(
        lambda m: f"{cell} has a test error of at most {m.settings.most:g} %",
        when=lambda m: cell in m.summed,
        holds=lambda m: m.summed[cell].mean() <= m.settings.most,
        evidence=lambda m: (
            f"all {m.settings.test_steps} steps of a test {spread(m.summed[cell])} %, "
            f"the last one {spread(m.last[cell])} %"
        ),
    )


CLAIMS = tuple(map(_reaches, CELLS))


def picture(settings: Settings, runs: CellRuns) -> Figure:
    """Draw the errors on held-out images after each epoch."""
    figure, ((axes,),) = panels(1, width=5.2, height=3.2)
    for colour, (cell, found) in zip(PALETTE, runs.items(), strict=False):
        band(axes, found["epochs"][0], found["validation"], colour, cell)
    axes.set_ylim(0)
    name_axes(axes, "epoch", "error on held-out images (%)")
    legend_above(axes)
    return figure


EXPERIMENT = Study(
    "comparison.spiking_convolutions",
    Settings,
    id="conv.spiking",
    once=once,
    data=named_data,
    cells=CELLS,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={
        "train_images": 6000,
        "validation_images": 1000,
        "first_channels": 8,
        "second_channels": 32,
        "hidden": 200,
        "outputs": 100,
        "epochs": 2,
        "repeats": 1,
        "most": 40.0,
    },
)
