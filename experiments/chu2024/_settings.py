"""The settings that all figures of the paper share."""

from dataclasses import dataclass

from spikefa.runs.options import option
from spikefa.runs.settings import DATA_DIR, REPEATS, Repeated, dataset_option
from spikefa.utils.ranges import Batch, CountOrZero, Few, Rate, Size

UNSTEADY = (
    "with elements of B of size 1 and the paper's eta the first updates are so large that most "
    "hidden neurons saturate, and how long it takes to recover from that differs from run to run"
)
"""Likely reason for an order of accuracies that differs from the paper's."""


@dataclass(frozen=True, kw_only=True)
class Shared(Repeated):
    """The network of the paper's Methods, and the images it learns."""

    dataset: str = dataset_option()
    data_dir: str | None = option(None, DATA_DIR)
    train: CountOrZero = option(0, "training images, 0: all")
    test: CountOrZero = option(0, "test images, 0: all")
    first: Size = option(700, "neurons of the first hidden layer")
    second: Size = option(1000, "neurons of the second")
    batch: Batch = option(100, "images for each update")
    rate: Rate = option(0.05, "eta, of the mean over the images")
    repeats: Few = option(2, REPEATS)
