"""snnTorch: the same layers trained by gradients through time."""

from collections.abc import Callable

import torch
from torch.nn.functional import cross_entropy

from spikefa.bench.peers.peer import RATE, Peer, Run, sizes_of, steps_for
from spikefa.models.snntorch_layers import SpikingLayers, linear
from spikefa.network.network import Network
from spikefa.utils.seeding import generator
from spikefa.utils.timing import milliseconds

STEPS_PER_IMAGE = 5
CLASSES = 10
TEMPERATURE = 10.0
"""The summed spikes of an output group are divided by it before the softmax."""


class SnnTorch(Peer):
    """Leaky neurons of snnTorch, gradients through the steps of an image, Adam."""

    name = "snnTorch, BPTT"
    package = "snntorch"
    install = "pip install snntorch"
    computes = (
        "leaky neurons, surrogate gradients through the 5 steps of an image, and Adam: one change "
        "of the weights for 5 steps, whose time is divided among them"
    )
    leaves_out = "changes of the weights in every step, error populations, random neurons"
    without_gradients = False

    def load(self) -> None:
        """Do nothing: spikefa itself imports snntorch."""

    def prepare(self, network: Network, batch: int) -> Run:
        """Build the layers and an optimiser."""
        update = _update(sizes_of(network), batch, network.device)
        updates = max(1, steps_for(network, batch) // STEPS_PER_IMAGE)
        return lambda: milliseconds(update, updates, network.device) / STEPS_PER_IMAGE


def _update(sizes: list[int], batch: int, device: torch.device) -> Callable[[], None]:
    """Return a function that shows a batch of images and takes one step of Adam."""
    layers = SpikingLayers(linear(sizes), beta=0.9, threshold=1.0).to(device)
    optimiser = torch.optim.Adam(layers.parameters(), 1e-3)
    source = generator(0, "benchmark", "snntorch", device=device)
    labels = torch.arange(batch, device=device) % CLASSES
    uniforms = torch.empty(batch, sizes[0], device=device)

    def update() -> None:
        drawn = (uniforms.uniform_(generator=source) for _ in range(STEPS_PER_IMAGE))
        spikes = layers([(each < RATE).float() for each in drawn])
        groups = torch.stack(spikes).sum(0).unflatten(-1, (CLASSES, -1)).sum(-1)
        loss = cross_entropy(groups / TEMPERATURE, labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return update
