"""The network of figure 2, 784-512-512-10 ReLU neurons, and its training with each circuit."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import nan
from typing import Annotated, Any

import numpy as np
import torch

import spikefa as sf
from spikefa.analysis.alignment import path_norm_ratios
from spikefa.datasets.examples import classification
from spikefa.feedback import FeedbackCircuit
from spikefa.feedback.folded import Folded
from spikefa.models import rate_network
from spikefa.network.network import Network
from spikefa.runs.options import bound, option
from spikefa.runs.settings import DATA_DIR, DEVICE, REPEATS, Device, Repeated
from spikefa.simulation.simulation import Simulation
from spikefa.stimulus.examples import ExampleStimulus
from spikefa.utils.devices import choose_device
from spikefa.utils.ranges import (
    Count,
    Degrees,
    EpochsOrZero,
    Expansion,
    Few,
    PositiveScale,
    Range,
    Rate,
    ShareBelowOne,
)

HIDDEN, BATCH = 512, 64
PRODUCTS = ("pfa", "pfao")
"""The circuits with extra populations."""
LAYERS = ("hidden2", "output")
"""The layers through which the error travels downwards."""


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """Everything that the result depends on."""

    epochs: Annotated[int, Range(2, 100_000)] = option(
        40, "epochs; the rate is halved after a half and three quarters of them"
    )
    images: Count = option(60000, "training images")
    rate: Rate = option(0.01, "eta, for the mean over a batch")
    momentum: ShareBelowOne = option(0.9, "momentum of W and of R")
    decay: ShareBelowOne = option(1e-4, "weight decay, times the rate")
    first_decay: ShareBelowOne = option(0.03, "that of PFA and PFA-o at first")
    first_epochs: EpochsOrZero = option(1, "epochs of it")
    expansion: Expansion = option(10.0, "extra neurons for each of the layer above, PFA and PFA-o")
    extra_neurons: bool = option(False, "simulate the extra populations, instead of their paths")
    device: Device = option("auto", DEVICE)
    data_dir: str | None = option(None, DATA_DIR)
    repeats: Few = option(5, REPEATS)
    near_paper: PositiveScale = bound(0.15, "points from an accuracy of the figure")
    near_backprop: PositiveScale = bound(
        0.15, "points between PFA, PFA-o and BP that perform alike"
    )
    near_angle: Degrees = bound(2.0, "degrees from the path angle of PFA, 18")
    near_zero: Degrees = bound(2.0, "degrees that come close to 0, PFA-o")
    near_ratio: PositiveScale = bound(0.1, "from a ratio of lengths of 1")
    far_angle: Degrees = bound(20.0, "degrees from W^T, at least, of FA and SF")


def circuits(settings: Settings) -> dict[str, FeedbackCircuit]:
    """Return the six circuits."""
    n = round(settings.expansion * HIDDEN)
    product: dict[str, Any] = {
        "scale": [glorot(HIDDEN, n), glorot(HIDDEN, round(settings.expansion * 10))],
        "tau": 1.0,
        "momentum": settings.momentum,
    }
    through, direct = glorot(HIDDEN, HIDDEN), glorot(HIDDEN, 10)
    pfa = sf.PFA(settings.expansion, **product), sf.PFAo(settings.expansion, **product)
    return {
        "bp": sf.Backprop(tau=1.0),
        "fa": sf.FA([through, direct], tau=1.0, gated=True),
        "dfa": sf.DFA(direct, tau=1.0),
        "sf": sf.SF(tau=1.0, gated=True),
        "pfa": pfa[0] if settings.extra_neurons else Folded(pfa[0]),
        "pfao": pfa[1] if settings.extra_neurons else Folded(pfa[1]),
    }


def glorot(n_pre: int, n_post: int) -> float:
    """Return the half-range of Glorot's uniform distribution."""
    return (6 / (n_pre + n_post)) ** 0.5


def taught(
    settings: Settings, name: str, seed: int, advance: Callable[[int], None]
) -> dict[str, Any]:
    """Return accuracy [epochs + 1], angles and ratios [epochs + 1, layers] with one circuit."""
    simulation = simulation_of(settings, circuits(settings)[name], seed)
    rows = []
    for epoch in range(settings.epochs + 1):
        rows.append(look(simulation))
        if epoch < settings.epochs:
            set_learning_rates(settings, simulation, epoch, name in PRODUCTS)
            simulation.learn(simulation.presentations(1))
            advance(1)
    accuracy, angle, ratio = map(np.array, zip(*rows, strict=True))
    return {f"{name}_accuracy": accuracy, f"{name}_angle": angle, f"{name}_ratio": ratio}


def simulation_of(settings: Settings, circuit: FeedbackCircuit, seed: int) -> Simulation:
    """Return a simulation in which the network with a circuit learns the images."""
    data = sf.datasets.mnist(settings.data_dir).subset(train=settings.images)
    train, test = data.train, data.test
    shown = classification(train, inputs="standardised")
    tests = classification(test, inputs="standardised", like=shown)
    return Simulation(
        network_of(settings, circuit, seed),
        ExampleStimulus(shown),
        test=ExampleStimulus(tests),
        batch_size=BATCH,
        seed=seed,
        backend=settings.backend,
    )


def network_of(settings: Settings, circuit: FeedbackCircuit, seed: int) -> Network:
    """Return the network with a circuit and its first weights."""
    sizes = (784, HIDDEN, HIDDEN, 10)
    rule = sf.ThreeFactor(
        settings.rate / BATCH,  # the update is a sum over the batch
        weight_decay=settings.decay * BATCH / (1 - settings.momentum),
        decay_times_rate=True,
    )
    network = rate_network(
        sizes,
        circuit,
        rule,
        "relu",
        "softmax",
        [glorot(*pair) for pair in pairwise(sizes)],
        optimiser=partial(torch.optim.SGD, momentum=settings.momentum),
        device=choose_device(settings.device),
        dtype=torch.float32,
    )
    network.initialise(seed)
    return network


def set_learning_rates(
    settings: Settings, simulation: Simulation, epoch: int, product: bool
) -> None:
    """Set rate and decay for the epoch that begins."""
    halvings = (epoch >= settings.epochs // 2) + (epoch >= settings.epochs * 3 // 4)
    high = (
        settings.first_decay / settings.decay if product and epoch < settings.first_epochs else 1.0
    )
    simulation.set_learning_rates(0.5**halvings, high)


def look(simulation: Simulation) -> tuple[float, list[float], list[float]]:
    """Return accuracy in percent, and angle and length ratio of both layers, nan without a path."""
    simulation.look()
    network, answers = simulation.network, simulation.held_out.answers
    angles, ratios = network.alignment(), path_norm_ratios(network)
    return (
        100 - float(answers.error_percent()),
        [angles.get(layer, nan) for layer in LAYERS],
        [ratios.get(layer, nan) for layer in LAYERS],
    )
