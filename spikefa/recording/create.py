"""Make the file of a recording, and check what is to go into it."""

import shutil
from pathlib import Path
from typing import get_args

import h5py
import numpy as np

from spikefa.errors import SpikefaError, require
from spikefa.files import written_whole
from spikefa.recording.layout import describe_populations, write_layout
from spikefa.recording.probes import Variables, state_of
from spikefa.recording.schema import Durability, Layout
from spikefa.recording.writer import SPARE_BYTES


def image_shape(images: np.ndarray) -> tuple[int, int]:
    """Return height and width of `images`, uint8 [n_images, h, w]."""
    require(
        images.ndim == 3 and images.dtype == np.uint8,
        f"images are {images.dtype} of shape {images.shape}: give uint8 [n_images, h, w]",
    )
    return int(images.shape[1]), int(images.shape[2])


def make_file(path: Path, layout: Layout) -> None:
    """Make the empty recording; it appears under its name only when it is complete."""
    require(path.parent.is_dir(), f"there is no folder {path.parent} to record into: make it")
    require(
        not path.exists(),
        f"{path} exists, and a recording is never overwritten: move it or give another name",
    )
    free = shutil.disk_usage(path.parent).free
    require(
        free > SPARE_BYTES,
        f"no room left on the disk to record into {path}: {free >> 10} kB are free",
    )
    with (
        written_whole(path) as temporary,
        h5py.File(temporary, "x", libver=("v110", "v110")) as file,
    ):
        write_layout(file, layout)


def check_durability(durability: str) -> None:
    """Refuse a word that is none of the two."""
    known = get_args(Durability)
    require(
        durability in known,
        f"durability is {durability!r}: give {' or '.join(map(repr, known))}",
    )


def check_same_network(path: Path, layout: Layout, variables: Variables) -> None:
    """Refuse to continue the recording of one network with another."""
    recorded = {population.name: population.size for population in layout.populations}
    offered = {
        population.name: population.size for population in describe_populations(variables, 0)
    }
    if recorded != offered:
        raise SpikefaError(f"{path} records the populations {recorded}, the network has {offered}")
    for channel in layout.channels:
        batch, size = state_of(variables, channel.population, channel.variable).shape
        require(
            channel.stream < batch,
            f"{path} records stream {channel.stream}, the batch has streams 0 to {batch - 1}",
        )
        require(
            channel.batch in (0, batch) and channel.units[-1] < size,
            f"{path} records {channel.batch or 'one'} of the streams of {channel.variable!r} of "
            f"{channel.population!r}, units up to {channel.units[-1]}: here it is {batch} x {size}",
        )
