"""Data sets of spike trains by name, for the command line and for configurations."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from spikefa.datasets.event_files import read_event_file
from spikefa.datasets.events import EventDataset
from spikefa.datasets.folders import StrPath
from spikefa.datasets.nmnist import nmnist
from spikefa.datasets.own import names_function
from spikefa.datasets.shd import shd
from spikefa.datasets.sources import EVENTS
from spikefa.errors import SpikefaError, require
from spikefa.plugins.functions import call_function
from spikefa.utils.suggesting import did_you_mean

NAMED: Mapping[str, Callable[[StrPath | None], EventDataset]] = dict(
    zip(EVENTS, (nmnist, shd), strict=True)
)
"""The data sets that have names."""
FORMS = "data.npz or FILE.py:FUNCTION"


def load_events(name: StrPath, data_dir: StrPath | None = None) -> EventDataset:
    """Return the spike trains called `name`, or the user's own that it is the path of.

    Parameters
    ----------
    name : str or path
        "nmnist" or "shd". Or the path of a .npz file, see `spikefa.datasets.event_files`. Or a
        function without arguments that returns an `EventDataset`: ``"FILE.py:FUNCTION"`` or
        ``"package.module:FUNCTION"``.
    data_dir : path, optional
        Folder that holds the files of N-MNIST or SHD; by default that of ``SPIKEFA_DATA``.

    Raises
    ------
    SpikefaError
        If the name is unknown, or files are missing or damaged.
    """
    name = os.fspath(name)
    if name in NAMED:
        return NAMED[name](data_dir)
    require(data_dir is None, f"data_dir {data_dir} is of no use to {name}: leave it out")
    if names_function(name):
        found = call_function(name, "a data set")
        require(
            isinstance(found, EventDataset),
            f"{name} returned a {type(found).__name__}: let it return an EventDataset",
        )
        assert isinstance(found, EventDataset)
        return found
    path = Path(name).expanduser()
    if path.suffix == ".npz":
        require(path.is_file(), f"there is no file {path}: give {FORMS}")
        return read_event_file(path)
    raise SpikefaError(
        f"no spike trains are called {name!r}{did_you_mean(name, NAMED)}: choose one of "
        f"{', '.join(NAMED)}, or give {FORMS}"
    )
