"""The network and the digits of figures 3 to 7: 225-50-50-50-50, tanh(relu), 15 x 15 pixels.

60 mini-batches of 1,000 images, 5-hot labels: five of the 50 outputs stand for each class. All
weights, biases and feedback weights are from N(0, 0.1), taken as a standard deviation of 0.1. The
loss is half the squared error; the update is for the mean over a mini-batch.
"""

from dataclasses import replace
from functools import lru_cache, partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import interpolate

from spikefa.datasets import Dataset, Images, mnist
from spikefa.datasets.examples import Examples, classification
from spikefa.feedback import FA, FeedbackCircuit
from spikefa.network.network import Network
from spikefa.neurons import Rate
from spikefa.plasticity import ThreeFactor
from spikefa.runs.settings import Placed
from spikefa.simulation.simulation import Simulation
from spikefa.stimulus.examples import ExampleStimulus
from spikefa.synapses import Dense
from spikefa.utils.devices import choose_device
from spikefa.utils.seeding import generator

SIDE, BATCH, PER_CLASS = 15, 1000, 5
SIZES = (SIDE * SIDE, 50, 50, 50, 50)
SPREAD = 0.1
"""Standard deviation of all first weights and biases, and of B."""
ALIGNED = ("hidden2", "hidden3", "output")
"""The projections with an error path beside them, W_1 to W_3, by the population they end on."""


class Normal(Dense):
    """All-to-all synapses whose weights and biases are drawn from N(0, SPREAD^2)."""

    def initialise(self, generator: torch.Generator) -> None:
        """Draw the weights, then the biases."""
        for part in (self.weight, self.bias):
            draw = torch.empty(part.shape, dtype=part.dtype)
            part.copy_(draw.normal_(0, SPREAD, generator=generator))
        self.constrain()


def feedback_alignment() -> FA:
    """Return the circuit of all figures."""
    return FA(SPREAD, tau=1.0, gated=True, matrix="normal")


def network(
    place: Placed, circuit: FeedbackCircuit, rate: float, seed: int, norm: float | None = None
) -> Network:
    """Return the network, its weights drawn.

    Parameters
    ----------
    place : Placed
        Settings that say where it runs.
    circuit : FeedbackCircuit
    rate : float
        eta, for the mean over a mini-batch.
    seed : int
    norm : float, optional
        gamma of eq. 9: length that the weights onto each neuron keep, in W and in B.
    """
    names = ("hidden1", *ALIGNED)
    populations = {
        name: Rate(size, "tanh_relu") for name, size in zip(names, SIZES[1:], strict=True)
    }
    made = Network(
        SIZES[0],
        populations,
        circuit,
        ThreeFactor(rate / BATCH, weight_decay=0),
        partial(Normal, norm=norm),
        device=choose_device(place.device),
    )
    made.initialise(seed)
    for matrix in [hop.matrix for hop in circuit.wiring.hops if norm is not None]:
        if matrix.role == "fixed":
            matrix.stored.mul_(norm / matrix.stored.norm(dim=0))
    return made


def simulation_of(
    place: Placed,
    circuit: FeedbackCircuit,
    rate: float,
    seed: int,
    batches: int = 60,
    shuffled: bool = True,
    disorder: float = 0.0,
    norm: float | None = None,
    data_dir: str | None = None,
) -> Simulation:
    """Return a simulation in which the network learns the digits, tested on 10,000 others.

    Parameters
    ----------
    place, circuit, rate, seed, norm
        As for `network`.
    batches : int, default 60
        Mini-batches of an epoch.
    shuffled : bool, default True
        Whether the mini-batches are made anew for each epoch.
    disorder : float, default 0
        Share of the training images that exchange their labels among themselves, once.
    data_dir : str, optional
        Where the data set lies, see `spikefa.datasets.mnist`.
    """
    shown, tests = _examples(small_digits(data_dir).subset(train=batches * BATCH), disorder, seed)
    return Simulation(
        network(place, circuit, rate, seed, norm),
        ExampleStimulus(shown, shuffled=shuffled),
        test=ExampleStimulus(tests),
        batch_size=BATCH,
        seed=seed,
        backend=place.backend,
    )


def _examples(data: Dataset, disorder: float, seed: int) -> tuple[Examples, Examples]:
    train = replace(data.train, labels=_disordered(data.train, disorder, seed))
    shown = classification(train, per_class=PER_CLASS)
    return shown, classification(data.test, per_class=PER_CLASS)


def _disordered(images: Images, share: float, seed: int) -> NDArray[np.uint8]:
    source = generator(seed, "disorder")
    chosen = torch.randperm(len(images), generator=source)[: round(share * len(images))].numpy()
    labels = images.labels.copy()
    labels[chosen] = labels[chosen[torch.randperm(len(chosen), generator=source).numpy()]]
    return labels


@lru_cache(maxsize=1)
def small_digits(data_dir: str | None = None) -> Dataset:
    """Return MNIST with 15 x 15 pixels."""
    data = mnist(data_dir)
    return Dataset(data.name, _small(data.train), _small(data.test))


def _small(images: Images) -> Images:
    pixels = torch.from_numpy(np.asarray(images.pixels)).unsqueeze(1).float()
    small = interpolate(pixels, (SIDE, SIDE), mode="bilinear", antialias=True)
    return replace(images, pixels=small.squeeze(1).round().byte().numpy())
