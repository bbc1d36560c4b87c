"""The Street View House Numbers: 32 x 32 photographs of digits, in files that users provide."""

import numpy as np

from spikefa.datasets.folders import StrPath, user_file
from spikefa.datasets.images import Dataset, Images
from spikefa.datasets.mat_files import read_mat
from spikefa.errors import SpikefaError, require

TRAIN, EXTRA, TEST = "train_32x32.mat", "extra_32x32.mat", "test_32x32.mat"
WHERE = "http://ufldl.stanford.edu/housenumbers"


def svhn(data_dir: StrPath | None = None, extra: bool = True) -> Dataset:
    """Return the cropped digits in grey, the mean of the three colours (Netzer et al. 2011).

    Parameters
    ----------
    data_dir : path, optional
        Folder that holds the published .mat files, or a folder ``svhn`` with them; by default that
        of ``SPIKEFA_DATA``. They are not fetched.
    extra : bool, default True
        Whether to add the 531,131 easier images to the 73,257 training images.

    Raises
    ------
    SpikefaError
        If a file is missing or is not the published one.
    """
    parts = [_read(file, data_dir) for file in ((TRAIN, EXTRA) if extra else (TRAIN,))]
    train = Images(
        np.concatenate([part.pixels for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )
    return Dataset("svhn", train, _read(TEST, data_dir))


def _read(file: str, data_dir: StrPath | None) -> Images:
    path = user_file("svhn", file, f"download it from {WHERE}", data_dir)
    try:
        found = read_mat(path, ("X", "y"))
    except SpikefaError as error:
        raise SpikefaError(f"{error}: download it again from {WHERE}") from error
    colours, labels = found["X"], found["y"].ravel()
    require(
        colours.ndim == 4 and colours.shape[2] == 3 and colours.dtype == np.uint8,
        f"{path}: images of shape {colours.shape} and type {colours.dtype}, expected bytes "
        "[height, width, 3, n]: download it again",
    )
    grey = colours.mean(2, dtype=np.float32).round().astype(np.uint8)
    return Images(np.moveaxis(grey, -1, 0).copy(), (labels % 10).astype(np.uint8))
