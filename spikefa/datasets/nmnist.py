"""N-MNIST: handwritten digits before an event camera, one file of events for each (.bin).

The files hold five bytes for each event (https://www.garrickorchard.com/datasets/n-mnist): x, y,
and 24 bits, of which the highest is the polarity (1 for ON) and the others are the time in
microseconds. An event with y = 240 is none: it says that the clock of 2^13 us has overflowed.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spikefa.datasets.events import EventDataset, Events
from spikefa.datasets.folders import StrPath, user_folder
from spikefa.errors import SpikefaError, require, require_there

SIDE = 34
"""Pixels of the camera on each side."""
N_CLASSES = 10
OVERFLOW, CLOCK = 240, 1 << 13
SPLITS = {"train": "Train", "test": "Test"}
HOW = (
    "get train.zip and test.zip from https://data.mendeley.com/datasets/468j46mzdv/1 (MD5 "
    "20959b8e626244a1b502305a9e6e2031 and 69ca8762b2fe404d9b9bad1103e97832, as tonic 1.7 has them) "
    "and unpack both there, so that it holds Train/0 to Train/9 and Test/0 to Test/9"
)


def nmnist(data_dir: StrPath | None = None) -> EventDataset:
    """Return N-MNIST (Orchard et al. 2015): 60000 training and 10000 test samples of about 0.3 s.

    There are 2312 units: pixel (y, x) sends OFF events as unit ``34 y + x``, ON events as unit
    ``1156 + 34 y + x``. All events together take 1.5 GB.

    Parameters
    ----------
    data_dir : path, optional
        Folder that holds the folders ``Train`` and ``Test``, or a folder ``nmnist`` with them; by
        default that of ``SPIKEFA_DATA``. They cannot be fetched.

    Raises
    ------
    SpikefaError
        If files are missing or damaged.
    """
    folder = user_folder("nmnist", ("nmnist", "NMNIST"), SPLITS.values(), HOW, data_dir)
    splits = {split: read_folder(folder / name) for split, name in SPLITS.items()}
    return EventDataset("nmnist", **splits)


def read_folder(folder: Path) -> Events:
    """Read the files in the folders ``0`` to ``9``, in the order of their names.

    Raises
    ------
    SpikefaError
        If a class has no files, or a file is damaged.
    """
    samples, labels = [], []
    for label in range(N_CLASSES):
        files = sorted((folder / str(label)).glob("*.bin"))
        require_there(bool(files), f"{folder / str(label)} holds no .bin files: {HOW}")
        samples += [read_file(file) for file in files]
        labels += [label] * len(files)
    offsets = np.cumsum([0, *(len(times) for times, _ in samples)])
    return Events(
        np.concatenate([times for times, _ in samples]),
        np.concatenate([units for _, units in samples]),
        offsets,
        np.array(labels, np.uint8),
        2 * SIDE * SIDE,
        N_CLASSES,
    )


def read_file(path: Path) -> tuple[NDArray[np.uint32], NDArray[np.uint16]]:
    """Return times in microseconds, in their order, and units of the events in a file.

    Raises
    ------
    SpikefaError
        If the file cannot be read, or holds no such events.
    """
    try:
        raw = np.fromfile(path, np.uint8)
    except OSError as error:
        raise SpikefaError(f"{path} cannot be read ({error.strerror})") from error
    require(
        len(raw) > 0 and len(raw) % 5 == 0,
        f"{path} has {len(raw)} bytes, expected 5 for each event: put the published file there",
    )
    x, y, high, middle, low = raw.reshape(-1, 5).T.astype(np.uint32)
    times = ((high & 127) << 16 | middle << 8 | low) + CLOCK * np.cumsum(y == OVERFLOW)
    real = y != OVERFLOW
    x, y, polarity, times = x[real], y[real], high[real] >> 7, times[real]
    require(
        len(x) > 0 and bool((x < SIDE).all() and (y < SIDE).all()),
        f"{path} has no events of {SIDE} x {SIDE} pixels: put the published file there",
    )
    order = np.argsort(times, kind="stable")
    units = (polarity * SIDE + y) * SIDE + x
    return times[order].astype(np.uint32), units[order].astype(np.uint16)
