"""What figures 3ab and s5 share: 784-1000-10 logistic networks and how they are taught."""

from functools import partial
from typing import Protocol

import torch

import spikefa as sf
from spikefa.datasets import Dataset
from spikefa.datasets.examples import classification
from spikefa.models import rate_network
from spikefa.simulation.lesson import Lesson

NAMES = {
    "backprop": "backprop",
    "fa": "feedback alignment",
    "sparse": "feedback alignment, half of W and B removed",
    "shallow": "shallow",
}
N_CLASSES = 10


class Chosen(Protocol):
    """The settings that a network is made from."""

    @property
    def hidden(self) -> int:
        """Hidden neurons."""

    @property
    def batch(self) -> int:
        """Examples for each update."""

    @property
    def rate(self) -> float:
        """Learning rate."""

    @property
    def decay(self) -> float:
        """Weight decay per update."""

    @property
    def weight_scale(self) -> float:
        """Half-range of the first weights."""

    @property
    def feedback_scale(self) -> float:
        """Half-range of B."""


def pupil(name: str, settings: Chosen, data: Dataset, seed: int) -> Lesson:
    """Return the network called `name` in front of the digits; the same order for all.

    ``delta_FA = B e`` is not gated by y' on its way, as the paper has it; the synapses onto the
    output learn from ``e * y'`` in all.
    """
    circuit: sf.FeedbackCircuit
    if name == "backprop":
        circuit = sf.Backprop(tau=1.0)
    elif name == "shallow":
        circuit = sf.Shallow(tau=1.0)
    else:
        sparsity = 0.5 if name == "sparse" else 0.0
        circuit = sf.FA(settings.feedback_scale, tau=1.0, sparsity=sparsity)
    network = rate_network(
        (data.n_inputs, settings.hidden, N_CLASSES),
        circuit,
        sf.ThreeFactor(settings.rate, weight_decay=settings.decay),
        "logistic",
        "logistic",
        settings.weight_scale,
        synapses={"output": partial(sf.Masked, sparsity=0.5)} if name == "sparse" else None,
        dtype=torch.float32,
    )
    network.initialise(seed)
    train = classification(data.train, data.full_scale, N_CLASSES)
    tests = classification(data.test, data.full_scale, N_CLASSES)
    return Lesson(network, train, settings.batch, seed, tests=tests)
