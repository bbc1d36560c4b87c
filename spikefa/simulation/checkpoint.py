"""Checkpoints: tensors and plain data in one file that cannot run code when it is opened."""

import pickle
import zipfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_origin, get_type_hints

import torch
from torch import Tensor

from spikefa.errors import SpikefaError, require
from spikefa.utils.files import write_error, written_whole

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
    require(path.is_file(), f"no checkpoint at {path}")
    _check_whole(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise SpikefaError(
            f"{path} holds more than tensors and plain data and could run code: it was not opened"
        ) from error
    except (RuntimeError, EOFError, KeyError, ValueError, OSError) as error:
        raise SpikefaError(f"{path} is not a checkpoint, or is damaged") from error
    require(
        isinstance(content, dict) and content.get("format") == FORMAT,
        f"{path} is not a checkpoint of spikefa",
    )
    require(
        content.get("version") == VERSION,
        f"{path} is a checkpoint of version {content.get('version')}; "
        f"this spikefa reads version {VERSION}",
    )
    kinds = get_type_hints(Checkpoint)
    for item in fields(Checkpoint):
        kind = get_origin(kinds[item.name]) or kinds[item.name]
        require(
            isinstance(content.get(item.name), kind),
            f"{path} is damaged: its {item.name!r} is missing or of the wrong kind",
        )
    return Checkpoint(**{item.name: content[item.name] for item in fields(Checkpoint)})


def _check_whole(path: Path) -> None:
    """Verify the checksum of every part; torch itself would load flipped bits."""
    try:
        with zipfile.ZipFile(path) as parts:
            damaged = parts.testzip()
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError) as error:
        raise SpikefaError(f"{path} is truncated, or not a checkpoint") from error
    require(damaged is None, f"{path} is damaged: wrong checksum in {damaged}")
