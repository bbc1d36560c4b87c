"""Choosing a device, and reporting that its memory is exhausted."""

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
        If the device does not exist.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise SpikefaError(f"no device is called {name!r}: give cpu, cuda or auto") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise SpikefaError("no CUDA device on this machine: use --device cpu or auto")
    return device


@contextmanager
def enough_memory() -> Iterator[None]:
    """Turn an out-of-memory error of a device into one sentence that says what to lower.

    Networks and simulations are made, trained and tested inside this context, which may be nested.

    Raises
    ------
    SpikefaError
        If the device runs out of memory; torch's own error is its cause.
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
    """Return the amount of memory, such as "2.00 GiB", that follows `words` in `message`."""
    found = re.search(words + r" (\d+(?:\.\d+)? [KMGT]?i?B\w*)", message)
    return found[1] if found else None
