"""The networks that are timed."""

import torch

from spikefa.models.lillicrap2016 import spiking_mnist
from spikefa.network.network import Network

SIZES = {"full": (1500, 1000), "small": (300, 200), "tiny": (30, 20)}
"""Neurons of a hidden layer and of the output: of figure 4, smaller, and for rehearsals."""


def figure_4(size: str, device: torch.device | str = "cpu") -> Network:
    """Return the network of figure 4 in one of `SIZES`."""
    hidden, outputs = SIZES[size]
    return spiking_mnist(hidden=hidden, outputs=outputs, device=device)
