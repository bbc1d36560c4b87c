"""Figure 4: six ways to carry the error back through ResNet-20, which learns CIFAR-10.

20 layers of 16, 32 and 64 channels, batch normalisation and shortcuts; softmax and cross-entropy;
first weights and feedback weights after Glorot (uniform), expansion 10; SGD with momentum 0.9, 0.1
for the mean over batches of 128 (DFA: 1e-4), a tenth of that after 100 and 150 of 200 epochs;
weight decay 1e-4, but 0.005 in the first epoch for PFA and PFA-o. R of PFA has the same momentum
and decay as W. Training images are moved by up to 4 pixels and mirrored at random.

(a) Test accuracy. (b-e) Angle between W^T and the matrix that carries the error back through the
same layer, B or the path B R, and the ratio of their lengths.

The paper does not tell how images are moved; this is the way of He et al. 2016. Decay acts on the
weights directly, divided by 1 - momentum. PFA's extra populations are linear, so only the path B R
is simulated, see `spikefa.feedback.folded`; with `--extra-neurons true` every neuron is.

Each circuit is a cell, so that `--cells pfa` trains one. `--dataset mnist` or any other takes the
place of CIFAR-10, which has to be there: `spikefa fetch cifar10` says where.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import spikefa as sf
from spikefa.experiments.li2024 import _paths_figure
from spikefa.experiments.li2024._descent import learned
from spikefa.models import resnet20
from spikefa.runs.data import named_data
from spikefa.runs.options import option
from spikefa.runs.settings import dataset_option
from spikefa.runs.studies import Study
from spikefa.utils.ranges import CountOrZero, Size

DROPS = (1 / 2, 3 / 4)
"""Parts of the training after which the rate becomes a tenth."""
PAPER = {"bp": 91.64, "fa": 64.0, "dfa": 31.0, "sf": 90.0, "pfa": 90.8, "pfao": 91.3}
"""Final accuracies in percent; but for BP read off the figure."""


@dataclass(frozen=True, kw_only=True)
class Settings(_paths_figure.Judged):
    """Everything that the result depends on."""

    dataset: str = dataset_option("cifar10")
    width: Size = option(16, "channels of the first group; each further one has twice as many")
    blocks: Size = option(3, "blocks of two convolutions in each group")
    crop: CountOrZero = option(4, "pixels by which training images are moved at random, at most")
    flip: bool = option(True, "mirror training images at random")


def once(settings: Settings, seed: int, cell: str) -> dict[str, Any]:
    """Train the network with one circuit."""
    data = named_data(settings).subset(settings.train_images)
    make = partial(
        resnet20,
        shape=(data.channels, *data.shape),
        channels=[settings.width * factor for factor in (1, 2, 4)],
        blocks=settings.blocks,
        outputs=data.n_classes,
    )
    moved = sf.CropAndFlip(data.shape, crop=settings.crop, flip=settings.flip)
    return learned(settings, data, make, seed, cell, DROPS, moved)


EXPERIMENT = Study(
    "li2024.fig4",
    Settings,
    id="PFA.fig4",
    once=once,
    data=named_data,
    cells=tuple(PAPER),
    measure=partial(_paths_figure.measure, paper=PAPER),
    quantities=_paths_figure.quantities,
    claims=_paths_figure.CLAIMS,
    picture=_paths_figure.picture,
    quick={
        "dataset": "digits",
        "repeats": 1,
        "epochs": 3,
        "batch": 20,
        "width": 4,
        "blocks": 1,
        "crop": 0,
        "flip": False,
        "first_decay": 0.02,
        "dfa_rate": 0.1,
    },
)
