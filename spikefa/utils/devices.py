"""Choosing where to run."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from spikefa.errors import SpikefaError


def choose_device(name: str) -> torch.device:
    """Return the device called `name`: "cpu", "cuda", "cuda:1", ..., or "auto".

    Raises
    ------
    SpikefaError
        If there is no such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise SpikefaError(f"no device called {name!r}: there is cpu, cuda and auto") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise SpikefaError("no CUDA device on this machine: use --device cpu, or auto")
    return device


@contextmanager
def enough_memory() -> Iterator[None]:
    """Say in one sentence what is missing if the device runs out of memory, and what to lower.

    Networks and simulations are made, trained and tested inside; it may stand within itself.

    Raises
    ------
    SpikefaError
        Chained to torch's own error.
    """
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        asked, total, free = (
            _size(words, str(error)) for words in ("Tried to allocate", "capacity of", "of which")
        )
        room = f" of {total}" if total else ""
        left = f", of which {free} are free" if free else ""
        raise SpikefaError(
            f"the device memory{room}{left}, has no room for {asked or 'what is needed'} more: "
            "lower the batch (--batch-size) or --replicas, then the populations (--hidden, "
            "--outputs), or draw feedback matrices instead of storing them "
            "(--feedback.procedural true)"
        ) from error


def _size(words: str, message: str) -> str | None:
    """Return the amount of memory, such as "2.00 GiB", that follows these words."""
    found = re.search(words + r" (\d+(?:\.\d+)? [KMGT]?i?B\w*)", message)
    return found[1] if found else None
