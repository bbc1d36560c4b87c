"""Checkpoints: tensors and plain data in one file that cannot run code when it is opened."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_origin, get_type_hints

import torch
from torch import Tensor

from spikefa.errors import SpikefaError, require, require_there
from spikefa.simulation.checkpoint_content import read_content
from spikefa.utils.files import write_error, written_whole
from spikefa.utils.plain_data import check_plain
from spikefa.utils.printable import one_line

FORMAT = "spikefa-checkpoint"
VERSION = 4


@dataclass(frozen=True)
class Checkpoint:
    """All that a simulation needs to continue as if it had never stopped.

    Attributes
    ----------
    settings : dict
        Settings that must be the same in the simulation that continues.
    notes : dict
        What may differ there, such as schedules and the code of the user, but not silently.
    tensors : dict of Tensor
        Weights, potentials, traces, counts, by dotted name.
    generators : dict of Tensor
        State of each random generator.
    presentation : int
        Presentations completed.
    wall_seconds : float
        Time spent in training.
    history : list of dict
        One row per epoch.
    """

    settings: dict[str, Any]
    notes: dict[str, Any]
    tensors: dict[str, Tensor]
    generators: dict[str, Tensor]
    presentation: int
    wall_seconds: float
    history: list[dict[str, float]]


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint as one whole file, and read it before it replaces an older one.

    Reading it takes about as long as writing it.

    Raises
    ------
    SpikefaError
        If the disk is full, the folder cannot be written, or what was written cannot be read; an
        older file is left as it was.
    """
    content = {item.name: getattr(checkpoint, item.name) for item in fields(Checkpoint)}
    with written_whole(path) as temporary:
        try:
            with open(temporary, "wb") as file:
                torch.save({"format": FORMAT, "version": VERSION, **content}, file)
        except RuntimeError as error:  # torch wraps the OSError of a failed write
            cause = error.__cause__ or error.__context__
            if isinstance(cause, OSError):
                raise write_error(path, cause) from error
            raise SpikefaError(f"cannot write {path}: {error}") from error
        try:
            load_checkpoint(temporary)
        except SpikefaError as error:
            raise SpikefaError(
                f"{path} was not written, because nobody could read it: {error}"
            ) from error


def load_checkpoint(path: Path) -> Checkpoint:
    """Read what `save_checkpoint` wrote, onto the CPU.

    Raises
    ------
    SpikefaError
        If the file does not exist, is truncated or damaged, holds anything but tensors and plain
        data (which could run code), or comes from another program or version.
    """
    require_there(path.is_file(), f"no checkpoint at {path}")
    content = read_content(path)
    require(
        isinstance(content, dict) and str(content.get("format")) == FORMAT,
        f"{path} is not a checkpoint of spikefa",
    )
    require(
        str(content.get("version")) == str(VERSION),
        f"{path} is a checkpoint of version {one_line(content.get('version'))}; "
        f"this spikefa reads version {VERSION}",
    )
    kinds = get_type_hints(Checkpoint)
    for item in fields(Checkpoint):
        kind = get_origin(kinds[item.name]) or kinds[item.name]
        require(
            isinstance(content.get(item.name), kind),
            f"{path} is damaged: its {item.name!r} is missing or of the wrong kind",
        )
    _check_kinds(path, content)
    return Checkpoint(**{item.name: content[item.name] for item in fields(Checkpoint)})


def _check_kinds(path: Path, content: dict[str, Any]) -> None:
    """Refuse a checkpoint whose parts hold something else than `Checkpoint` says."""
    for name in ("settings", "notes", "history"):
        try:
            check_plain(content[name])
        except SpikefaError as error:
            raise SpikefaError(f"{path} is damaged: in its {name!r} {error}") from error
    numbers: list[Any] = [each for row in content["history"] for each in _held(row)]
    named = {
        "tensors": all(isinstance(each, Tensor) for each in content["tensors"].values()),
        "generators": all(
            isinstance(each, Tensor) and each.dtype == torch.uint8 and each.ndim == 1
            for each in content["generators"].values()
        ),
        "history": all(isinstance(each, int | float) for each in numbers),
        "presentation": content["presentation"] >= 0,
    }
    for name in ("tensors", "generators", "settings", "notes"):
        named.setdefault(name, True)
        named[name] &= all(isinstance(key, str) for key in content[name])
    for name, sound in named.items():
        require(sound, f"{path} is damaged: its {name!r} holds values of the wrong kind")


def _held(row: object) -> list[Any]:
    """Return the values of a row of the history; nothing that is a number if it is no row."""
    return list(row.values()) if isinstance(row, dict) and all(map(_is_text, row)) else [None]


def _is_text(key: object) -> bool:
    return isinstance(key, str)
