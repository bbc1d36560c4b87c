"""How many runs there is room for at once: by the cores of a machine, or the memory of a GPU."""

import json
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

import torch

from spikefa.runs.sweeps.plan import NAME
from spikefa.runs.sweeps.settings import sampled_settings
from spikefa.runs.sweeps.sweep import Sweep
from spikefa.utils.devices import choose_device
from spikefa.utils.files import read_text, written_whole
from spikefa.utils.json_text import parse_mapping

MEMORY = "memory.json"
CONTEXT = 500_000_000
"""Bytes of a GPU that each process takes beside its tensors: an estimate."""
MARGIN = 0.1
"""Part of the free memory that stays free, since later epochs and tests may take more."""


class Memory(NamedTuple):
    """The memory of a GPU beside a run, in bytes.

    Attributes
    ----------
    peak : int
        What the tensors of the run have taken at most.
    free : int
        What nobody has taken while it is under way.
    """

    peak: int
    free: int


def workers_beside(memory: Memory) -> int:
    """Return for how many more workers, each with such a run, a GPU has memory."""
    return int((1 - MARGIN) * memory.free / (memory.peak + CONTEXT))


def most_workers(sweep: Sweep, cores: int, threads: int, ended: int) -> int:
    """Return how many workers a machine has cores for and the sweep has runs for, at least 1."""
    left = sweep.plan.runs - ended
    if sweep.plan.prunes:  # the runs of a trial are made in order
        left = ceil(left / len(sweep.plan.seeding))
    return max(1, min(cores // threads, left))


def is_on_gpu(sweep: Sweep) -> bool:
    """Return whether runs of a sweep are on a GPU of this machine."""
    file = sweep.folder / NAME
    several = sampled_settings(sweep.experiment, sweep.plan, file, (), False)
    return any(choose_device(settings.device).type == "cuda" for settings in several)


def note_memory(folder: Path) -> None:
    """Write down what the run of this process takes of the GPU, and what is free beside it."""
    _write(folder, measured())


def measured() -> Memory:
    """Return the memory of the GPU beside the run of this process."""
    return Memory(torch.cuda.max_memory_reserved(), torch.cuda.mem_get_info()[0])


def noted_memory(folder: Path) -> Memory | None:
    """Return what a worker has written down, or None before that."""
    path = folder / MEMORY
    if not path.is_file():
        return None
    found: dict[str, Any] = parse_mapping(read_text(path), path)
    return Memory(found["peak"], found["free"])


def forget_memory(folder: Path) -> None:
    """Remove what was written down, perhaps on another machine."""
    (folder / MEMORY).unlink(missing_ok=True)


def _write(folder: Path, memory: Memory) -> None:
    with written_whole(folder / MEMORY) as temporary:
        temporary.write_text(json.dumps(memory._asdict()) + "\n", encoding="utf-8")
