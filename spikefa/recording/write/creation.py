"""Plan a new recording."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import h5py
import numpy as np

from spikefa.errors import require, require_there
from spikefa.recording.format.layout import (
    Provenance,
    describe_populations,
    root_attributes,
)
from spikefa.recording.format.schema import Durability, Layout
from spikefa.recording.plan.assignment import assign_clocks
from spikefa.recording.plan.channels import resolve
from spikefa.recording.plan.probes import Probe
from spikefa.recording.plan.sorting import When
from spikefa.recording.plan.streams import plan_streams
from spikefa.recording.plan.trials import try_triggers
from spikefa.recording.plan.variables import Variables
from spikefa.recording.write.writer import SPARE_BYTES
from spikefa.utils.checking import check_one_of
from spikefa.utils.ranges import MOST_CLASSES


def plan_layout(
    probes: Sequence[Probe],
    windows: When | Sequence[When],
    variables: Variables,
    provenance: Provenance,
    *,
    thumbnails: np.ndarray | None,
    n_classes: int,
    steps_per_image: int | None,
) -> Layout:
    """Return the layout of a new recording; see `Recorder.create` for the arguments.

    Raises
    ------
    SpikefaError
        If one of them is wrong.
    """
    clocks, numbers = assign_clocks(probes, windows, variables, steps_per_image)
    require("seed" in provenance, "provenance needs the 'seed': it draws the recorded units")
    require(1 <= n_classes <= MOST_CLASSES, f"n_classes is {n_classes}: give 1 to {MOST_CLASSES}")
    channels = resolve(probes, variables, int(provenance["seed"]), numbers)
    try_triggers(clocks, variables, n_classes)
    return Layout(
        populations=describe_populations(variables, n_classes),
        channels=channels,
        clocks=clocks,
        streams=plan_streams(channels, variables),
        steps_per_image=steps_per_image or 0,
        image_shape=None if thumbnails is None else image_shape(thumbnails),
        attributes=root_attributes(provenance, n_classes),
    )


def image_shape(thumbnails: np.ndarray) -> tuple[int, int]:
    """Return height and width of `thumbnails`, uint8 [n_images, h, w]."""
    require(
        thumbnails.ndim == 3 and thumbnails.dtype == np.uint8,
        f"thumbnails are {thumbnails.dtype} of shape {thumbnails.shape}: "
        "give uint8 [n_images, h, w]",
    )
    return int(thumbnails.shape[1]), int(thumbnails.shape[2])


def check_place(path: Path, overwrite: bool = False) -> None:
    """Refuse a path at which no new recording can be made, or may be."""
    require_there(path.parent.is_dir(), f"there is no folder {path.parent} to record into: make it")
    if path.exists() and overwrite:
        require(
            path.is_file() and h5py.is_hdf5(path),
            f"{path} is no recording, so it is not overwritten: give another name",
        )
    require(
        overwrite or not path.exists(),
        f"{path} exists, and a recording is never overwritten: move it, give another name, or "
        "record with overwrite=True",
    )
    free = shutil.disk_usage(path.parent).free
    require(
        free > SPARE_BYTES,
        f"no room left on the disk to record into {path}: {free >> 10} kB are free",
    )


def check_durability(durability: str) -> None:
    """Refuse an unknown durability."""
    check_one_of("durability", durability, get_args(Durability))
