"""Choosing where to run."""

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
