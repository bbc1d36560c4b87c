"""Shared code of notes 5, 6, 7 and 9: deep networks, the cells of a table, and their training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

import spikefa as sf
from spikefa.analysis.overshoot import overshoot
from spikefa.analysis.spacing import legend_above, log_scale
from spikefa.analysis.style import PALETTE
from spikefa.datasets.distortions import Elastic
from spikefa.datasets.examples import Examples
from spikefa.errors import require
from spikefa.experiments.lillicrap2016._digits import MEASURED, by_epochs
from spikefa.models import rate_network
from spikefa.neurons.rate import Activation
from spikefa.runs.options import option
from spikefa.runs.settings import DATA_DIR, DEVICE, Device, Repeated
from spikefa.runs.studies import CellRuns, Quantity
from spikefa.runs.studies.drawing import band, level, name_axes, panels
from spikefa.simulation.simulation import Simulation
from spikefa.stimulus import ExampleStimulus
from spikefa.utils.devices import choose_device
from spikefa.utils.ranges import (
    Batch,
    Count,
    EpochsOrZero,
    Few,
    PositiveScale,
    Rate,
    Scale,
    ShareBelowOne,
)


@dataclass(frozen=True)
class Cell:
    """One network of a table.

    Attributes
    ----------
    title : str
    paper : float
        The error that the paper reports.
    hidden : tuple of int
        Sizes of the hidden populations, from the input upwards.
    circuit : str
        "fa" or "backprop".
    activation : str
        Activation function of the hidden neurons.
    dropout : float
        Dropout probability in the last hidden population.
    field : tuple of int, optional
        Number of maps and width of the local receptive fields of the first population.
    distorted : bool
        Whether each presentation of a training image applies a new random distortion.
    background : bool
        Whether the digits are drawn on photographs.
    """

    title: str
    paper: float
    hidden: tuple[int, ...]
    circuit: str = "fa"
    activation: Activation = "tanh"
    dropout: float = 0.0
    field: tuple[int, int] | None = None
    distorted: bool = False
    background: bool = False


@dataclass(frozen=True, kw_only=True)
class TrainingSettings(Repeated):
    """Training settings of the networks of a table."""

    warmup: EpochsOrZero = option(0, "epochs at a tenth of the learning rate at first")
    fast: EpochsOrZero = option(30, "epochs at the full learning rate")
    medium: EpochsOrZero = option(10, "epochs at a tenth of it")
    slow: EpochsOrZero = option(10, "epochs at a hundredth of it")
    batch: Batch = option(100, "examples for each update")
    rate: Rate = option(1e-2, "eta, of the mean over a batch")
    decay: ShareBelowOne = option(1e-6, "weight decay per update")
    weight_gain: Scale = option(
        1.0, "g: first weights come from U[-g sqrt(3/n), g sqrt(3/n)], n being the senders"
    )
    feedback_gain: PositiveScale = option(
        0.3,
        "the same for B into the last hidden layer; it is 1 for the others, which pass on an "
        "error of the size that they receive",
    )
    gated: bool = option(False, "whether FA carries the error down times the derivatives")
    shrink: Few = option(1, "divide the number of hidden neurons by this")
    device: Device = option("auto", DEVICE)
    data_dir: str | None = option(None, DATA_DIR)
    train_images: Count | None = option(None, "use only the first K training images")
    test_images: Count | None = option(None, "use only the first K test images")

    @property
    def learning_rate_factors(self) -> list[float]:
        """Factor that multiplies the learning rate in each epoch."""
        slower = [0.1] * self.medium + [0.01] * self.slow
        return [0.1] * self.warmup + [1.0] * self.fast + slower


def trained(
    cell: Cell,
    settings: TrainingSettings,
    train: Examples,
    tests: Examples,
    seed: int,
    shape: tuple[int, int] | None = None,
) -> tuple[Simulation, dict[str, Any]]:
    """Train the network of a cell.

    Returns
    -------
    Simulation
        The finished simulation, after the final test.
    dict
        "epochs" and "loss" [epochs + 1]; "overshoot" of the output layer at the full learning
        rate, see `spikefa.analysis.overshoot`; and "error" in percent if there are classes.
    """
    simulation = deep_simulation(cell, settings, train, tests, seed, shape)
    answers = simulation.held_out.answers
    last_hidden = simulation.held_out.state.populations[-2]
    measures: dict[str, Any] = {
        "loss": answers.loss,
        "overshoot": lambda: overshoot(last_hidden.spikes[-MEASURED:], settings.rate),
    }
    if tests.targets is not tests.inputs:
        measures["error"] = answers.error_percent
    factors = settings.learning_rate_factors
    found = by_epochs(simulation, len(factors), measures, factors)
    return simulation, {"epochs": range(len(factors) + 1)} | found


def deep_simulation(
    cell: Cell,
    settings: TrainingSettings,
    train: Examples,
    tests: Examples,
    seed: int,
    shape: tuple[int, int] | None = None,
) -> Simulation:
    """Return a simulation of a cell's network, with tanh outputs.

    Parameters
    ----------
    cell : Cell
    settings : TrainingSettings
    train, tests : Examples
    seed : int
    shape : tuple of int, optional
        Height and width of the images; needed for local fields and for distortions.
    """
    sizes = [train.inputs.shape[1], *_hidden(cell, shape, settings.shrink), train.targets.shape[1]]
    fan_in = list(sizes[:-1])
    local = None
    if cell.field is not None:
        assert shape is not None
        maps, width = cell.field
        local = {"hidden1": partial(sf.LocallyConnected, grid=shape, field=width, maps=maps)}
        fan_in[0] = width * width
    network = rate_network(
        sizes,
        _circuit(cell, settings, sizes),
        sf.ThreeFactor(settings.rate / settings.batch, weight_decay=settings.decay),
        cell.activation,
        "tanh",
        _scales(settings.weight_gain, fan_in),
        dropout=[0.0] * (len(sizes) - 3) + [cell.dropout],
        synapses=local,
        device=choose_device(settings.device),
        dtype=torch.float32,
    )
    change = Elastic(shape) if cell.distorted and shape is not None else None
    return Simulation(
        network,
        ExampleStimulus(train, change=change),
        test=ExampleStimulus(tests),
        batch_size=settings.batch,
        seed=seed,
        backend=settings.backend,
    )


def _circuit(cell: Cell, settings: TrainingSettings, sizes: list[int]) -> sf.FeedbackCircuit:
    """Return the feedback circuit of a cell's network."""
    if cell.circuit == "backprop":
        return sf.Backprop(tau=1.0)
    scales = _scales(1.0, sizes[2:])
    scales[-1] *= settings.feedback_gain
    return sf.FA(scales, tau=1.0, gated=settings.gated)


def ends(runs: CellRuns, what: str = "error") -> dict[str, np.ndarray]:
    """Return the final value of every run, by cell."""
    return {name: found[what][:, -1] for name, found in runs.items()}


def errors_told(cells: Mapping[str, Cell], runs: CellRuns) -> list[Quantity]:
    """Return the test error of every cell; cells that were not run have no values."""
    end = ends(runs)
    return [
        Quantity(f"test error, {cell.title}", end.get(name, ()), "%", cell.paper)
        for name, cell in cells.items()
    ]


def draw_errors(cells: Mapping[str, Cell], runs: CellRuns) -> Figure:
    """Draw the test errors (a), with the paper's at the right edge, and the overshoots (b)."""
    figure, ((errors, steps),) = panels(2, height=3.8)
    for place, (name, found) in enumerate(runs.items()):
        colour, epochs = PALETTE[place % len(PALETTE)], found["epochs"][0]
        band(errors, epochs[1:], found["error"][:, 1:], colour, cells[name].title)
        errors.plot(epochs[-1], cells[name].paper, "<", color=colour, clip_on=False)
        band(steps, epochs, found["overshoot"], colour)
    log_scale(errors)
    name_axes(errors, "epochs (triangles: what the paper reports)", "test error (%)", "a")
    legend_above(errors)
    log_scale(steps)
    level(steps, 2, "linear outputs overshoot above")
    name_axes(steps, "epochs", "η times largest\neigenvalue of <h hᵀ>", "b   into the output")
    legend_above(steps)
    return figure


def _hidden(cell: Cell, shape: tuple[int, int] | None, shrink: int) -> list[int]:
    """Return the hidden sizes after shrinking; local fields determine the size of the first."""
    sizes = [max(1, size // shrink) if size > shrink else size for size in cell.hidden]
    if cell.field is not None:
        require(shape is not None, "fields need the shape of the images")
        assert shape is not None
        maps, width = cell.field
        sizes[0] = maps * (shape[0] - width + 1) * (shape[1] - width + 1)
    return sizes


def _scales(gain: float, senders: Sequence[int]) -> list[float]:
    return [gain * (3 / n) ** 0.5 for n in senders]
