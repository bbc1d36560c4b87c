"""The Spiking Heidelberg Digits: spoken digits as spikes of a model of the inner ear, in HDF5."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from spikefa.datasets.events import EventDataset, Events
from spikefa.datasets.folders import StrPath, user_folder
from spikefa.datasets.labels import whole_labels
from spikefa.errors import SpikefaError, require

N_UNITS = 700
N_CLASSES = 20
SPLITS = {"train": "shd_train.h5", "test": "shd_test.h5"}
PARTS = ("spikes/times", "spikes/units", "labels")
HOW = (
    "get shd_train.h5.zip and shd_test.h5.zip from https://zenkelab.org/datasets/ (MD5 "
    "f3252aeb598ac776c1b526422d90eecb and 1503a5064faa34311c398fb0a1ed0a6f, as tonic 1.7 has them; "
    "about: https://zenkelab.org/resources/spiking-heidelberg-datasets-shd/) and unpack both there"
)


def shd(data_dir: StrPath | None = None) -> EventDataset:
    """Return SHD (Cramer et al. 2020): 700 units, 20 classes, samples of about 1 s.

    The digits 0 to 9 are spoken in English, classes 0 to 9, and German, classes 10 to 19. Two of
    the speakers are in the test set alone.

    Parameters
    ----------
    data_dir : path, optional
        Folder that holds ``shd_train.h5`` and ``shd_test.h5``, or a folder ``shd`` with them; by
        default that of ``SPIKEFA_DATA``. They cannot be fetched.

    Raises
    ------
    SpikefaError
        If a file is missing or damaged.
    """
    folder = user_folder("shd", ("shd", "SHD"), SPLITS.values(), HOW, data_dir)
    return EventDataset("shd", **{split: read_file(folder / f) for split, f in SPLITS.items()})


def read_file(path: Path) -> Events:
    """Read one of the files: ``spikes/times`` in seconds, ``spikes/units`` and ``labels``.

    Raises
    ------
    SpikefaError
        If it is no such file.
    """
    try:
        with h5py.File(path, "r") as file:
            for part in PARTS:
                require(part in file, f"{path} has no {part!r}: put the published file there")
            times, units, labels = (file[part][:] for part in PARTS)
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise SpikefaError(
            f"{path} is no HDF5 file of spikes, or damaged: put the published file there"
        ) from error
    require(
        len(times) == len(units) == len(labels) > 0,
        f"{path} has {len(times)} times, {len(units)} units and {len(labels)} labels: put the "
        "published file there",
    )
    try:
        return _events(times, units, labels)
    except SpikefaError as error:
        raise SpikefaError(f"{path}: {error}") from error


def _events(times: Any, units: Any, labels: NDArray[Any]) -> Events:
    """Return the events of arrays of arrays; the half-precision times become float32."""
    pairs = [(np.asarray(t, np.float32), np.asarray(u)) for t, u in zip(times, units, strict=True)]
    return Events.of(pairs, N_UNITS, whole_labels(labels), N_CLASSES, time_unit="s")
