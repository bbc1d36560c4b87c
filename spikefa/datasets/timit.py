"""Stop consonants of TIMIT, in a file that users provide, since the corpus is not free."""

import numpy as np
import torch

from spikefa.datasets.examples import Examples, labelled
from spikefa.datasets.folders import StrPath, user_file
from spikefa.errors import SpikefaError, require
from spikefa.utils.npz import read_arrays

FILE = "stops.npz"
N_CLASSES = 6
PARTS = ("train_inputs", "train_labels", "test_inputs", "test_labels")
HOW = (
    f"make it from the corpus (LDC93S1) with numpy.savez, {', '.join(PARTS)}: inputs [n, 39], MFCC "
    "of 10 ms with two derivatives; labels [n], 0 to 5"
)


def timit_stops(data_dir: StrPath | None = None) -> tuple[Examples, Examples]:
    """Return training and test examples; inputs standardised, targets -0.9 and 0.9.

    Parameters
    ----------
    data_dir : path, optional
        Folder that holds ``timit/stops.npz`` or ``stops.npz``; by default that of
        ``SPIKEFA_DATA``. In Lillicrap et al. 2016 these are 63,881 and 22,257 frames of 39
        coefficients (supplementary note 7).

    Raises
    ------
    SpikefaError
        If the file is missing or is not as described.
    """
    path = user_file("timit", FILE, HOW, data_dir)
    try:
        found = read_arrays(path, PARTS)
    except SpikefaError as error:
        raise SpikefaError(f"{error}: {HOW}") from error
    train = _split(found, "train", None)
    require(
        found["test_inputs"].shape[1:] == found["train_inputs"].shape[1:],
        f"{path}: train and test inputs differ in size",
    )
    return train, _split(found, "test", train)


def _split(found: dict[str, np.ndarray], split: str, like: Examples | None) -> Examples:
    inputs, labels = found[f"{split}_inputs"], found[f"{split}_labels"]
    require(
        inputs.ndim == 2 and labels.shape == inputs.shape[:1] and len(labels) > 0,
        f"{split}_inputs have the shape {inputs.shape} and {split}_labels {labels.shape}, expected "
        "[n, 39] and [n]",
    )
    return labelled(
        torch.tensor(inputs, dtype=torch.float32),
        torch.tensor(labels, dtype=torch.int64),
        N_CLASSES,
        inputs="standardised_each",
        low=-0.9,
        high=0.9,
        like=like,
    )
