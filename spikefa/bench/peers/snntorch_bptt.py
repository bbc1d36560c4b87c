"""snnTorch: the same layers trained through time, as in the comparison of the circuits."""

import numpy as np
import torch

from spikefa.bench.peers.peer import Peer, Run, sizes_of, steps_for
from spikefa.bench.timing import milliseconds
from spikefa.datasets import Dataset, Images
from spikefa.network.network import Network

STEPS_PER_IMAGE = 5
BRIGHTNESS = 33  # of 255: 0.13 spikes a step


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

    def load(self) -> None:
        """Import snntorch."""
        import snntorch  # noqa: F401

    def prepare(self, network: Network, batch: int) -> Run:
        """Build the layers and an optimiser."""
        from spikefa.experiments.comparison._bptt import Bptt

        pixels = np.full((batch, 1, network.n_inputs), BRIGHTNESS, np.uint8)
        images = Images(pixels, (np.arange(batch) % 10).astype(np.uint8))
        bptt = Bptt(
            sizes_of(network),
            learning_rate=1e-3,
            dataset=Dataset("grey", train=images, test=images),
            batch=batch,
            seed=0,
            device=network.device,
            neurons={"beta": 0.9, "threshold": 1.0},
            temperature=10.0,
            n_steps=STEPS_PER_IMAGE,
        )
        shown = torch.arange(batch)
        updates = max(1, steps_for(network, batch) // STEPS_PER_IMAGE)
        return lambda: (
            milliseconds(lambda: bptt.update(shown), updates, network.device) / STEPS_PER_IMAGE
        )
