"""The network of all figures: 784-700-1000-10 tanh neurons with a softmax, and its alignments."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from spikefa.analysis.alignment import cosine
from spikefa.analysis.delta_angles import update_alignment
from spikefa.datasets import load
from spikefa.datasets.examples import Examples, classification
from spikefa.experiments.chu2024._settings import Shared
from spikefa.feedback import FA, Backprop, FeedbackCircuit
from spikefa.feedback.distributions import MatrixKind
from spikefa.models import rate_network
from spikefa.network.network import Network
from spikefa.network.optimiser import MakeOptimiser
from spikefa.network.state import NetworkState
from spikefa.simulation.simulation import Simulation
from spikefa.stimulus.examples import ExampleStimulus
from spikefa.utils.devices import choose_device
from spikefa.utils.seeding import generator

LAYERS = ("first hidden layer", "second hidden layer", "output layer")


def examples(settings: Shared) -> tuple[Examples, Examples]:
    """Return training and test images with brightness in [0, 1] and 1-hot targets."""
    dataset = load(settings.dataset, settings.data_dir)
    dataset = dataset.subset(settings.train or None, settings.test or None)
    return classification(dataset.train), classification(dataset.test)


def feedback_alignment(matrix: MatrixKind = "sign") -> FA:
    """Return feedback alignment as in eq. 3: only W is replaced, by B with elements -1 or 1."""
    return FA(1.0, tau=1.0, gated=True, matrix=matrix)


def network_of(
    settings: Shared,
    data: tuple[Examples, Examples],
    circuit: FeedbackCircuit,
    scale: float,
    seed: int,
    optimiser: MakeOptimiser | None = None,
) -> Network:
    """Return the network for these images; its first weights are normal times `scale`.

    It has no biases: the paper's equations have none.
    """
    train, _ = data
    sizes = (train.inputs.shape[1], settings.first, settings.second, train.targets.shape[1])
    network = rate_network(
        sizes,
        circuit,
        settings.rate / settings.batch,
        output="softmax",
        weight_scale=0,
        bias=False,
        optimiser=optimiser,
        device=choose_device(settings.device),
        dtype=torch.float32,
    )
    network.initialise(seed)
    for layer, weight in enumerate(weights(network), start=1):
        draw = torch.empty(weight.shape, dtype=weight.dtype)
        draw.normal_(0, 1, generator=generator(seed, "first weights", layer))
        weight.copy_(draw.mul_(scale))
    return network


def simulation_of(
    settings: Shared, data: tuple[Examples, Examples], network: Network, seed: int
) -> Simulation:
    """Return a simulation in which the network learns the images."""
    train, test = data
    return Simulation(
        network,
        ExampleStimulus(train),
        test=ExampleStimulus(test),
        batch_size=settings.batch,
        seed=seed,
        backend=settings.backend,
    )


def weights(network: Network) -> list[Tensor]:
    """Return the weights [n_pre, n_post], from the input to the output."""
    return [synapses.weight for synapses in network.synapses.values()]


def accuracy(simulation: Simulation) -> Callable[[], float]:
    """Return a function that measures the accuracy of the last look, in percent."""
    answers = simulation.held_out.answers
    return lambda: 100 - float(answers.error_percent())


def weight_alignment(simulation: Simulation) -> Callable[[], np.ndarray]:
    """Return a function that measures the cosine of W and B^T, second hidden and output layer."""
    above = weights(simulation.network)[1:]
    back = simulation.network.feedback.layer_matrices()
    pairs = list(zip(above, back, strict=True))
    return lambda: np.array([cosine(weight, matrix.mT) for weight, matrix in pairs])


def gradient_alignment(simulation: Simulation) -> Callable[[], np.ndarray]:
    """Return a function that measures the cosine between update and gradient of each layer, eq. 11.

    It uses the last images of the last look, 1,000 unless there are fewer.
    """
    cosines = update_alignment(simulation.network, Backprop(tau=1.0), *last_look(simulation))
    return lambda: np.array(cosines())


def last_look(simulation: Simulation) -> tuple[NetworkState, Tensor]:
    """Return the state at the end of a look, and the inputs [streams, n] shown last."""
    state = simulation.held_out.state
    inputs = simulation.held_out.answers.inputs
    return state, inputs[-len(state.error) :]
