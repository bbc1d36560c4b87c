"""Figure 2: six ways to carry the error back, in a network of two hidden layers that learns MNIST.

784-512-512-10, ReLU, softmax and cross-entropy; first weights and feedback weights after Glorot
(uniform), expansion 10; SGD with momentum 0.9, 0.01 for the mean over batches of 64, halved after
20 and 30 epochs; weight decay 1e-4, but for PFA and PFA-o 0.03 in the first epoch. R of PFA has
momentum and decay as W.

(a) Test accuracy. (b-e) Angle between W^T and what carries the error back through the same layer,
B or the path B R, and the ratio of their lengths.

The paper is silent on the inputs: they are standardised, as in the framework it used. Decay acts on
the weights themselves, divided by 1 - momentum: in SGD it goes through the momentum and amounts to
that. PFA's extra populations are linear, and are followed by the path B R alone, see `_path`; with
`--extra-neurons` neuron by neuron, which takes five times as long.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import nan
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import spikefa as sf
from spikefa.analysis.alignment import path_norm_ratios
from spikefa.analysis.style import ACCENT, BLUE, PALETTE
from spikefa.datasets.examples import classification
from spikefa.experiments.li2024._path import ProductPath
from spikefa.feedback import FeedbackCircuit
from spikefa.models import rate_network
from spikefa.network.network import Network
from spikefa.runs.options import option
from spikefa.runs.settings import DATA_DIR, DEVICE, REPEATS, Device, Repeated
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, full_version, spread
from spikefa.runs.studies.drawing import band, legend, level, name_axes, panels
from spikefa.simulation.simulation import Simulation
from spikefa.stimulus.examples import ExampleStimulus
from spikefa.utils.devices import choose_device
from spikefa.utils.progress import progress_bar

HIDDEN, BATCH = 512, 64
NAMES = {"bp": "BP", "fa": "FA", "dfa": "DFA", "sf": "SF", "pfa": "PFA", "pfao": "PFA-o"}
PRODUCTS = ("pfa", "pfao")
PAPER = {"bp": 98.38, "fa": 98.23, "dfa": 98.15, "sf": 98.25, "pfa": 98.39, "pfao": 98.42}
"""Final accuracy in percent, read off the figure."""
CARRIED = ("fa", "sf", "pfa", "pfao")
"""Those with an angle: what carries the error through a layer has the shape of its W^T."""
LAYERS = ("hidden2", "output")


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """Everything that the result depends on."""

    epochs: int = option(40, "epochs; the rate is halved after a half and three quarters of them")
    images: int = option(60000, "training images")
    rate: float = option(0.01, "eta, for the mean over a batch")
    momentum: float = option(0.9, "momentum of W and of R")
    decay: float = option(1e-4, "weight decay, times the rate")
    first_decay: float = option(0.03, "that of PFA and PFA-o at first")
    first_epochs: int = option(1, "epochs of it")
    expansion: float = option(10.0, "extra neurons for each of the layer above, PFA and PFA-o")
    extra_neurons: bool = option(False, "simulate the extra populations, instead of their paths")
    device: Device = option("auto", DEVICE)
    data_dir: str | None = option(None, DATA_DIR)
    repeats: int = option(5, REPEATS)


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
        "pfa": pfa[0] if settings.extra_neurons else ProductPath(pfa[0]),
        "pfao": pfa[1] if settings.extra_neurons else ProductPath(pfa[1]),
    }


def glorot(n_pre: int, n_post: int) -> float:
    """Return the half-range of Glorot's uniform distribution."""
    return (6 / (n_pre + n_post)) ** 0.5


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Let each circuit teach the same network, from the same first weights and the same images."""
    found: dict[str, Any] = {"epochs": np.arange(settings.epochs + 1)}
    with progress_bar("epochs", settings.epochs * len(NAMES)) as bar:
        for name in NAMES:
            found |= taught(settings, name, seed, bar.advance)
    return found


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
    """Return a simulation in which the network around a circuit learns the images."""
    data = sf.datasets.mnist(settings.data_dir).subset(train=settings.images)
    train, test = data.train, data.test
    shown = classification(train, data.full_scale, data.n_classes, inputs="standardised")
    aside = classification(test, data.full_scale, data.n_classes, "standardised", like=shown)
    return Simulation(
        network_of(settings, circuit, seed),
        ExampleStimulus(shown),
        test=ExampleStimulus(aside),
        batch_size=BATCH,
        seed=seed,
        backend=settings.backend,
    )


def network_of(settings: Settings, circuit: FeedbackCircuit, seed: int) -> Network:
    """Return the network around a circuit, its weights drawn."""
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
    """Return accuracy in percent, and angle and ratio of lengths of both layers, nan without."""
    simulation.look()
    network, answers = simulation.network, simulation.held_out.answers
    angles, ratios = network.alignment(), path_norm_ratios(network)
    return (
        100 - float(answers.error_percent()),
        [angles.get(layer, nan) for layer in LAYERS],
        [ratios.get(layer, nan) for layer in LAYERS],
    )


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return what the quantities and the claims are computed from."""
    final = {name: runs[f"{name}_accuracy"][:, -1] for name in NAMES}
    angle = {name: runs[f"{name}_angle"][:, -1] for name in CARRIED}
    ratio = {name: runs[f"{name}_ratio"][:, -1] for name in CARRIED}
    both = [ratio[name] for name in PRODUCTS]
    angles, ratios = (5, 0.3) if settings.quick else (2, 0.1)  # what is near
    return {
        "final": final,
        "off": {name: values.mean() - PAPER[name] for name, values in final.items()},
        "apart": [abs(final[name].mean() - final["bp"].mean()) for name in PRODUCTS],
        "angle": angle,
        "ratio": ratio,
        "both": both,
        "angles": angles,
        "ratios": ratios,
    }


def quantities(m: Measures) -> list[Quantity]:
    """Return the numbers of the result."""
    return [
        *(
            Quantity(f"test accuracy, {NAMES[name]}", values, "%", PAPER[name])
            for name, values in m.final.items()
        ),
        *(
            Quantity(f"angle through {layer}, {NAMES[name]}", m.angle[name][:, k], "°", said)
            for name, said in (("fa", None), ("sf", None), ("pfa", 18.0), ("pfao", 0.0))
            for k, layer in enumerate(LAYERS)
        ),
        *(
            Quantity(f"ratio of lengths, {layer}, {NAMES[name]}", m.ratio[name][:, k], "", said)
            for name, said in (("fa", None), ("sf", None), ("pfa", 1.0), ("pfao", 1.0))
            for k, layer in enumerate(LAYERS)
        ),
    ]


CLAIMS = (
    Claim(
        "accuracies within 0.15 points of the figure's",
        when=full_version,
        holds=lambda m: max(map(abs, m.off.values())) <= 0.15,
        evidence=lambda m: ", ".join(
            f"{NAMES[name]} {difference:+.2f}" for name, difference in m.off.items()
        ),
        reason="the paper's are read off a figure, and are of one choice of inputs and biases, "
        "which it does not tell; at the end FA still varies by 0.1 points from epoch to epoch",
    ),
    Claim(
        "PFA and PFA-o perform as BP does",
        when=full_version,
        holds=lambda m: max(m.apart) < 0.15,
        evidence=lambda m: f"{m.apart[0]:.2f} and {m.apart[1]:.2f} points from BP",
    ),
    Claim(
        "FA and DFA perform slightly worse than PFA and PFA-o",
        when=full_version,
        holds=lambda m: (
            max(m.final["fa"].mean(), m.final["dfa"].mean())
            < min(m.final[name].mean() for name in PRODUCTS)
        ),
        evidence=lambda m: "; ".join(
            f"{NAMES[name]} {spread(m.final[name], 4)} %" for name in ("fa", "dfa", *PRODUCTS)
        ),
    ),
    Claim(
        "the path angle of PFA is around 18 degrees in all layers",
        holds=lambda m: (abs(m.angle["pfa"].mean(0) - 18) < m.angles).all(),
        evidence=lambda m: _by_layer(m.angle["pfa"]),
        reason="arccos(1 / sqrt(1 + lambda)) is 17.5 degrees for a W like a random matrix",
    ),
    Claim(
        "that of PFA-o comes close to 0",
        holds=lambda m: (m.angle["pfao"].mean(0) < 2).all(),
        evidence=lambda m: _by_layer(m.angle["pfao"]),
        reason="one epoch of high decay leaves exp(-2.8) = 6 % of the first W and R, which is 9 "
        "degrees beside what W has learned; with --first-epochs 2 it is 1.2 after "
        "4 epochs",
    ),
    Claim(
        "the ratio of the lengths is near 1 for both",
        holds=lambda m: all(bool((abs(values.mean(0) - 1) < m.ratios).all()) for values in m.both),
        evidence=lambda m: " and ".join(map(_by_layer, m.both)),
        reason="for PFA it is sqrt(1 + lambda) = 1.05 on average; the output has 10 neurons, and "
        "the eigenvalues of B^T B there depend on the draw",
    ),
    Claim(
        "FA and SF stay far from BP's direction",
        holds=lambda m: min(m.angle[name].mean(0).min() for name in ("fa", "sf")) > 20,
        evidence=lambda m: f"FA {_by_layer(m.angle['fa'])}, SF {_by_layer(m.angle['sf'])} degrees",
    ),
)


def _by_layer(values: Any) -> str:
    return ", ".join(f"{layer} {spread(values[:, k])}" for k, layer in enumerate(LAYERS))


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw accuracy (a), and for FA, SF, PFA and PFA-o angle (top) and ratio (bottom)."""
    figure, axes = panels(5, 2, width=2.7, height=2.5)
    epochs = runs["epochs"][0]
    for colour, (name, label) in zip(PALETTE, NAMES.items(), strict=False):
        accuracy = runs[f"{name}_accuracy"]
        band(axes[0, 0], epochs, accuracy, colour, label)
        late = slice(len(epochs) // 2, None)
        band(axes[1, 0], epochs[late], accuracy[:, late], colour)
    axes[0, 0].set_ylim(min(96.0, runs["dfa_accuracy"][:, 2:].min()), 99)
    name_axes(axes[0, 0], "epoch", "test accuracy (%)", "a")
    name_axes(axes[1, 0], "epoch", "test accuracy (%)", "a, later half")
    legend(axes[0, 0], ncols=2)
    for column, (letter, name) in enumerate(zip("bcde", CARRIED, strict=True), start=1):
        _layers(axes[0, column], epochs, runs[f"{name}_angle"])
        name_axes(axes[0, column], "epoch", "angle to Wᵀ (°)", f"{letter}  {NAMES[name]}")
        axes[0, column].set_ylim(0, 95)
        level(axes[1, column], 1)
        _layers(axes[1, column], epochs, runs[f"{name}_ratio"])
        name_axes(axes[1, column], "epoch", "ratio of lengths")
        axes[1, column].set_ylim(0, 2)
    legend(axes[0, 1])
    return figure


def _layers(axes: Axes, epochs: Any, values: Any) -> None:

    for k, (layer, colour) in enumerate(zip(LAYERS, (BLUE, ACCENT), strict=True)):
        band(axes, epochs, values[..., k], colour, layer)


EXPERIMENT = Study(
    "li2024.fig2",
    Settings,
    id="PFA.fig2",
    once=once,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={"repeats": 1, "epochs": 8, "images": 6400, "first_decay": 0.6},
)
