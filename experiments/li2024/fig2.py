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

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spikefa.experiment import option
from spikefa.results.findings import Claim, Findings, Quantity, spread
from spikefa.results.study import MAY_CHANGE_ON_RESUME, PROCESSES, QUICK, REPEATS, Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from spikefa.feedback import FeedbackCircuit
    from spikefa.lesson import Lesson
    from spikefa.results.repeats import Runs

__all__ = ["MAY_CHANGE_ON_RESUME", "Settings", "draw", "run"]

HIDDEN, BATCH = 512, 64
NAMES = {"bp": "BP", "fa": "FA", "dfa": "DFA", "sf": "SF", "pfa": "PFA", "pfao": "PFA-o"}
PAPER = {"bp": 98.38, "fa": 98.23, "dfa": 98.15, "sf": 98.25, "pfa": 98.39, "pfao": 98.42}
"""Final accuracy in percent, read off the figure."""
CARRIED = ("fa", "sf", "pfa", "pfao")
"""Those with an angle: what carries the error through a layer has the shape of its W^T."""
LAYERS = ("hidden2", "output")


@dataclass(frozen=True)
class Settings:
    """Everything that the result depends on."""

    epochs: int = option(40, "epochs; the rate is halved after a half and three quarters of them")
    images: int = option(60000, "training images")
    rate: float = option(0.01, "eta, for the mean over a batch")
    momentum: float = option(0.9, "momentum of W and of R")
    decay: float = option(1e-4, "weight decay, times the rate")
    first_decay: float = option(0.03, "that of PFA and PFA-o in the first epoch")
    expansion: float = option(10.0, "extra neurons for each of the layer above, PFA and PFA-o")
    extra_neurons: bool = option(False, "simulate the extra populations, instead of their paths")
    repeats: int = option(5, REPEATS)
    processes: int = option(1, PROCESSES)
    quick: bool = option(False, QUICK)


def circuits(settings: Settings) -> "dict[str, FeedbackCircuit]":
    """Return the six circuits."""
    from spikefa.experiments.li2024._path import ProductPath

    import spikefa as sf

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
    import numpy as np

    import spikefa as sf
    from spikefa.datasets.examples import classification
    from spikefa.progress import progress_bar

    data = sf.datasets.mnist().subset(train=settings.images)
    train, test = data.train, data.test
    shown = classification(train, data.full_scale, data.n_classes, inputs="standardised")
    aside = classification(test, data.full_scale, data.n_classes, "standardised", like=shown)
    found: dict[str, Any] = {"epochs": np.arange(settings.epochs + 1)}
    with progress_bar("epochs", settings.epochs * len(NAMES)) as bar:
        for name, circuit in circuits(settings).items():
            lesson = lesson_of(settings, circuit, shown, aside, seed)
            rows = []
            for epoch in range(settings.epochs + 1):
                lesson.look()
                rows.append(look(lesson))
                if epoch < settings.epochs:
                    set_pace(settings, lesson, epoch, name in ("pfa", "pfao"))
                    lesson.learn_epochs(1)
                    bar.advance(1)
            for measure, values in zip(("accuracy", "angle", "ratio"), zip(*rows, strict=True)):
                found[f"{name}_{measure}"] = np.array(values)
    return found


def lesson_of(
    settings: Settings, circuit: "FeedbackCircuit", shown: Any, aside: Any, seed: int
) -> "Lesson":
    """Return the network in front of the images, its weights drawn."""
    from functools import partial

    import torch
    from spikefa.models import rate_network

    import spikefa as sf
    from spikefa.lesson import Lesson

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
        [glorot(*pair) for pair in zip(sizes, sizes[1:], strict=False)],
        optimiser=partial(torch.optim.SGD, momentum=settings.momentum),
        dtype=torch.float32,
    )
    network.initialise(seed)
    return Lesson(network, shown, BATCH, seed, tests=aside)


def set_pace(settings: Settings, lesson: "Lesson", epoch: int, product: bool) -> None:
    """Set rate and decay for the epoch that begins."""
    halvings = (epoch >= settings.epochs // 2) + (epoch >= settings.epochs * 3 // 4)
    high = settings.first_decay / settings.decay if product and epoch == 0 else 1.0
    lesson.set_pace(0.5**halvings, high)


def look(lesson: "Lesson") -> tuple[float, list[float], list[float]]:
    """Return accuracy in percent, and angle and ratio of lengths of both layers, nan without."""
    from math import nan

    from spikefa.analysis.alignment import path_norm_ratios

    angles, ratios = lesson.network.alignment(), path_norm_ratios(lesson.network)
    return (
        100 - lesson.error_percent(),
        [angles.get(layer, nan) for layer in LAYERS],
        [ratios.get(layer, nan) for layer in LAYERS],
    )
