"""Choosing a device, and reporting that its memory is exhausted."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from spikefa.errors import SpikefaError
from spikefa.utils.memory import MEND, NotEnoughMemory, readable


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


def handed_over(host: Tensor, device: torch.device) -> Tensor:
    """Return a tensor of the host on a device, without a wait for the device.

    To CUDA it is copied from a pinned copy, whose memory torch uses again only after that. So the
    tensor of the host may be changed at once.
    """
    if device.type == "cuda":
        host = host.pin_memory()
    return host.to(device, non_blocking=True)


def captures_on(device: torch.device) -> bool:
    """Return whether a device has CUDA graphs."""
    return device.type == "cuda"


@contextmanager
def enough_memory(mend: str | None = None) -> Iterator[None]:
    """Turn the errors of exhausted memory into one sentence that says what to lower.

    Networks and simulations are made, trained and tested inside this context, which may be nested.

    Parameters
    ----------
    mend : str, optional
        What to lower; also replaces the advice of an inner context.

    Raises
    ------
    NotEnoughMemory
        If the memory of a device or of the host does not suffice.
    """
    try:
        yield
    except NotEnoughMemory as error:
        raise NotEnoughMemory(error.shortage, mend or error.mend) from error
    except torch.cuda.OutOfMemoryError as error:
        asked, total, free = (
            _size(words, str(error)) for words in ("Tried to allocate", "capacity of", "of which")
        )
        room = f" of {total}" if total else ""
        left = f", of which {free} are free" if free else ""
        raise NotEnoughMemory(
            f"the device memory{room}{left}, has no room for {asked or 'what is needed'} more",
            mend or MEND,
        ) from error
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "can't allocate memory" not in str(error):
            raise
        raise NotEnoughMemory(
            f"the memory has no room for {_asked(str(error))} more", mend or MEND
        ) from error


def _asked(message: str) -> str:
    """Return how much memory torch or NumPy asked for on the host, according to its message."""
    found = re.search(r"tried to allocate (\d+) bytes", message)
    if found is not None:
        return readable(int(found[1]))
    found = re.search(r"Unable to allocate ([\d.]+ \w+)", message)
    return "what is needed" if found is None else found[1]


def _size(words: str, message: str) -> str | None:
    """Return the amount of memory, such as "2.00 GiB", that follows `words` in `message`."""
    found = re.search(words + r" (\d+(?:\.\d+)? [KMGT]?i?B\w*)", message)
    return found[1] if found else None
