"""Figure 5: four ways to carry the error back through ResNet-18, which learns photographs.

18 layers of 64 to 512 channels; SGD with momentum 0.9, 0.1 for the mean over batches of 256, a
tenth of that after 20, 40 and 60 of 75 epochs; weight decay 1e-4, but 5e-4 in the first epoch for
PFA and PFA-o. Otherwise as figure 4.

The paper's photographs are those of ImageNet. They are not free, and all 1.28 million of 224 x 224
pixels do not fit into memory, where spikefa keeps them. So the numbers of the paper cannot be
reproduced here: what runs is a folder of photographs that fit, such as some of the classes or
smaller images, ``--data-dir FOLDER --image-size 64``; see `spikefa.datasets.image_folder`. The
paper cuts training images out at random sizes; here they are moved and mirrored.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import spikefa as sf
from spikefa.datasets import Dataset, image_folder
from spikefa.errors import require
from spikefa.experiments.li2024 import _paths_figure
from spikefa.experiments.li2024._descent import learned
from spikefa.models import resnet18
from spikefa.runs.data import named_data
from spikefa.runs.options import option
from spikefa.runs.settings import REPEATS, dataset_option
from spikefa.runs.studies import Study
from spikefa.utils.ranges import Batch, CountOrZero, Epochs, Few, ShareBelowOne, Size

FOLDER = "folder"
"""The name of the data set that is in `data_dir`."""
DROPS = (4 / 15, 8 / 15, 12 / 15)
"""Parts of the training after which the rate becomes a tenth."""
PAPER = {"bp": 69.69, "sf": 64.63, "pfa": 68.46, "pfao": 69.30}
"""Final accuracies in percent."""


@dataclass(frozen=True, kw_only=True)
class Settings(_paths_figure.Judged):
    """Everything that the result depends on."""

    dataset: str = dataset_option(FOLDER)
    image_size: Size = option(224, "height and width to which the photographs are scaled")
    epochs: Epochs = option(75, "epochs of training")
    batch: Batch = option(256, "images for each update")
    first_decay: ShareBelowOne = option(5e-4, "that of PFA and PFA-o at first")
    width: Size = option(64, "channels of the first group; each further one has twice as many")
    groups: Size = option(4, "groups of blocks, each of which halves the images but the first")
    blocks: Size = option(2, "blocks of two convolutions in each group")
    crop: CountOrZero = option(16, "pixels by which training images are moved at random, at most")
    flip: bool = option(True, "mirror training images at random")
    repeats: Few = option(1, REPEATS)


def photographs(settings: Settings) -> Dataset:
    """Return the photographs in the folder, or the data set that the settings name."""
    if settings.dataset != FOLDER:
        return named_data(settings)
    require(
        settings.data_dir is not None,
        "the photographs are yours: give their folder, with train/CLASS and val/CLASS in it, as "
        "--data-dir FOLDER, or another data set, such as --dataset cifar10",
    )
    return image_folder(settings.data_dir or "", settings.image_size)


def once(settings: Settings, seed: int, cell: str) -> dict[str, Any]:
    """Train the network with one circuit."""
    data = photographs(settings).subset(settings.train_images)
    make = partial(
        resnet18,
        shape=(data.channels, *data.shape),
        channels=[settings.width * 2**group for group in range(settings.groups)],
        blocks=settings.blocks,
        outputs=data.n_classes,
    )
    moved = sf.CropAndFlip(data.shape, crop=settings.crop, flip=settings.flip)
    return learned(settings, data, make, seed, cell, DROPS, moved)


EXPERIMENT = Study(
    "li2024.fig5",
    Settings,
    id="PFA.fig5",
    once=once,
    data=photographs,
    cells=tuple(PAPER),
    measure=partial(_paths_figure.measure, paper=PAPER),
    quantities=_paths_figure.quantities,
    claims=_paths_figure.CLAIMS,
    picture=_paths_figure.picture,
    quick={
        "dataset": "digits",
        "epochs": 3,
        "batch": 20,
        "width": 4,
        "groups": 1,
        "blocks": 1,
        "crop": 0,
        "flip": False,
        "first_decay": 0.02,
    },
)
