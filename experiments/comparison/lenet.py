"""Seven ways to carry the error back through convolutions: LeNet-5 learns MNIST.

The network of `spikefa.models.lenet`, 784-1176-400-120-84-10 tanh neurons, softmax and
cross-entropy, learns from batches of 64 with SGD and momentum. First weights, feedback weights and
R are drawn after Glorot (uniform). Feedback weights that learn (KP, PFA, PFA-o) have the momentum
and the decay of W, and a higher decay in the first epoch, as in `spikefa.experiments.li2024.fig2`,
so that the first values of both are forgotten. R begins so large that the path B R is as large as
W; if its range were that of its own, more numerous weights, W would decay to 0 in the first epoch
before PFA's error has a direction. B and R share their weights over the positions of an
image, as W does; those of DFA lead from the output to every neuron. PFA's extra populations are
folded into paths, see `spikefa.feedback.folded`. Nothing was tuned for a circuit.

Test accuracy, and the angle between W^T and the matrix that carries the error through its layer.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from spikefa.experiments.li2024 import _paths_figure
from spikefa.experiments.li2024._descent import CARRIED, FOLLOWING, NAMES, Descent, learned
from spikefa.experiments.li2024._paths_figure import accuracies, has, ranges
from spikefa.models import lenet
from spikefa.runs.data import named_data
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS, dataset_option
from spikefa.runs.studies import Claim, Measures, Study
from spikefa.utils.ranges import Batch, Degrees, Epochs, Few, PositiveScale, Rate, ShareBelowOne

PAPER = dict.fromkeys(NAMES)
"""No paper has these numbers."""


@dataclass(frozen=True, kw_only=True)
class Settings(Descent):
    """Everything that the result depends on."""

    dataset: str = dataset_option()
    epochs: Epochs = option(5, "epochs of training")
    batch: Batch = option(64, "images for each update")
    rate: Rate = option(0.01, "eta, for the mean over a batch")
    dfa_rate: Rate = option(0.01, "that of DFA")
    first_decay: ShareBelowOne = option(0.03, "that of KP, PFA and PFA-o at first")
    first_paths: Literal["own", "weights"] = option(
        "weights", "range of R by the numbers of its own weights, or by those of W"
    )
    repeats: Few = option(3, REPEATS)
    learned: PositiveScale = bound(75.0, "test accuracy in percent of every circuit, at least")
    near_backprop: PositiveScale = bound(1.0, "points of KP, PFA and PFA-o from BP, at most")
    hardly_aligned: Degrees = bound(
        75.0, "degrees from W^T, above which FA stays, and below which SF comes"
    )


def once(settings: Settings, seed: int, cell: str) -> dict[str, Any]:
    """Train the network with one circuit."""
    data = named_data(settings).subset(settings.train_images)
    shape = data.channels, *data.shape
    make = partial(lenet, shape=shape, outputs=data.n_classes, hidden="tanh")
    return learned(settings, data, make, seed, cell)


def _second(m: Measures, name: str) -> float:
    """Return the angle through the second convolution, the lowest that an error crosses."""
    return float(m.angle[name][:, 0].mean())


CLAIMS = (
    Claim(
        "with every circuit the convolutions learn",
        holds=lambda m: min(own.mean() for own in m.final.values()) > m.settings.learned,
        evidence=accuracies,
    ),
    Claim(
        lambda m: (
            f"KP, PFA and PFA-o perform as BP does, within {m.settings.near_backprop:g} point"
        ),
        when=has("bp", *FOLLOWING),
        holds=lambda m: all(
            abs((m.final[n] - m.final["bp"]).mean()) < m.settings.near_backprop for n in FOLLOWING
        ),
        evidence=accuracies,
    ),
    Claim(
        "FA performs worst of those whose error descends layer by layer",
        when=has("bp", *CARRIED),
        holds=lambda m: all(
            m.final["fa"].mean() < m.final[name].mean() for name in ("bp", "sf", *FOLLOWING)
        ),
        evidence=accuracies,
    ),
    Claim(
        "through the second convolution KP, PFA and PFA-o come closest to W^T, then SF, FA hardly",
        when=lambda m: set(CARRIED) <= m.angle.keys(),
        holds=lambda m: (
            max(_second(m, name) for name in FOLLOWING)
            < _second(m, "sf")
            < m.settings.hardly_aligned
            < _second(m, "fa")
        ),
        evidence=lambda m: (
            ", ".join(f"{NAMES[name]} {_second(m, name):.1f}" for name in CARRIED)
            + f" degrees; all layers: {ranges(m.angle, FOLLOWING)}"
        ),
    ),
)


EXPERIMENT = Study(
    "comparison.lenet",
    Settings,
    id="conv.lenet",
    once=once,
    data=named_data,
    cells=tuple(NAMES),
    measure=partial(_paths_figure.measure, paper=PAPER),
    quantities=_paths_figure.quantities,
    claims=CLAIMS,
    picture=_paths_figure.picture,
    quick={"train_images": 6400, "epochs": 4, "first_decay": 0.2, "repeats": 1},
)
