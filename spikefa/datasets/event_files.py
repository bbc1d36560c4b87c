"""A user's spike trains in one .npz file, with four arrays for each split."""

from pathlib import Path
from typing import Any

import numpy as np

from spikefa.datasets.events import EventDataset, Events
from spikefa.datasets.labels import of_classes, whole_labels
from spikefa.errors import SpikefaError, require
from spikefa.utils.npz import check_names, names_in, read_arrays

SPLITS = ("train", "validation", "test")
PARTS = ("times", "units", "offsets", "labels")
NEEDED = tuple(f"{split}_{part}" for split in ("train", "test") for part in PARTS)
VALIDATION = tuple(f"validation_{part}" for part in PARTS)
SCALARS = {
    "n_units": "iu",
    "n_classes": "iu",
    "time_unit": "U",
    "duration": "iuf",
    "may_be_empty": "b",
}
"""Single values that may be there too, by the kind of array that holds them."""


def read_event_file(path: Path) -> EventDataset:
    """Return the spike trains in a .npz file.

    Parameters
    ----------
    path : Path
        Its arrays are ``train_times``, ``train_units``, ``train_offsets``, ``train_labels``, the
        same of ``test`` and, if there are any, of ``validation``; see `Events`. There may also be
        ``n_units`` and ``n_classes``, by default one more than the highest, ``time_unit``, by
        default "us", ``duration``, and ``may_be_empty``.

    Raises
    ------
    SpikefaError
        If the file is damaged, or an array is missing, unknown, or not as above.
    """
    held = names_in(path)
    check_names(path, held, NEEDED, VALIDATION, SCALARS)
    found = read_arrays(path, held)
    splits = [split for split in SPLITS if f"{split}_times" in found]
    labels = {split: whole_labels(found[f"{split}_labels"]) for split in splits}
    options = {name: _scalar(path, name, found[name]) for name in SCALARS if name in found}
    options.setdefault("n_classes", of_classes(labels.values()))
    options.setdefault("n_units", 1 + max(_highest(found[f"{split}_units"]) for split in splits))
    made: dict[str, Events] = {}
    for split in splits:
        parts: dict[str, Any] = {part: found[f"{split}_{part}"] for part in PARTS}
        try:
            made[split] = Events(**parts | options | {"labels": labels[split]})
        except SpikefaError as error:
            raise SpikefaError(f"{path}, {split}: {error}") from error
    return EventDataset(path.stem, **made)


def _highest(units: np.ndarray) -> int:
    return int(units.max()) if units.size and units.dtype.kind in "iu" else 0


def _scalar(path: Path, name: str, array: np.ndarray) -> Any:
    """Return a number, a word or a truth value."""
    kinds = {"U": "a word", "b": "True or False"}
    require(
        array.ndim == 0 and array.dtype.kind in SCALARS[name],
        f"{path}: {name} is {array.dtype} of shape {array.shape}: give "
        f"{kinds.get(SCALARS[name], 'one number')}",
    )
    return array.item()
