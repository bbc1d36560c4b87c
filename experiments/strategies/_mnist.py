"""Networks with two hidden layers that learn MNIST, for all experiments of the paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import torch

from spikefa import datasets
from spikefa.datasets import Dataset, Images
from spikefa.datasets.examples import Examples, classification
from spikefa.feedback import FeedbackCircuit
from spikefa.models import rate_network
from spikefa.network.network import Network
from spikefa.neurons.rate import Activation
from spikefa.runs.options import option
from spikefa.runs.settings import DATA_DIR, DEVICE, Device, Repeated, dataset_option
from spikefa.simulation.evaluation import evaluate
from spikefa.simulation.simulation import Simulation
from spikefa.stimulus.examples import ExampleStimulus
from spikefa.utils.devices import choose_device
from spikefa.utils.ranges import Batch, Count, CountOrZero, Epochs, Rate, Scale
from spikefa.utils.seeding import generator


@dataclass(frozen=True, kw_only=True)
class Training(Repeated):
    """Settings of the training and test of a network."""

    device: Device = option("auto", DEVICE)
    dataset: str = dataset_option()
    data_dir: str | None = option(None, DATA_DIR)
    train_images: Count | None = option(None, "use only the first K training images")
    validation_images: CountOrZero = option(
        0, "hold out the last K training images, and test with them alone"
    )
    epochs: Epochs = option(100, "epochs of training")
    batch: Batch = option(100, "images for each update, which is summed over them")
    rate: Rate = option(1e-3, "eta, for one image")
    bias_scale: Scale = option(1.0, "standard deviation of the first biases")


def images(settings: Training) -> tuple[Dataset, Images]:
    """Return the data set, and the images to test with."""
    dataset = datasets.load(settings.dataset, settings.data_dir)
    dataset = dataset.hold_out(settings.validation_images).subset(settings.train_images)
    return dataset, dataset.validation or dataset.test


def network(
    settings: Training,
    sizes: Sequence[int],
    circuit: FeedbackCircuit,
    hidden: Activation,
    output: Activation,
    seed: int,
) -> Network:
    """Return a network with uniform first weights after Xavier and normal first biases.

    Parameters
    ----------
    settings : Training
    sizes : sequence of int
        Neurons from the input to the output.
    circuit : FeedbackCircuit
    hidden, output : str
        Activation of the hidden populations and of the output.
    seed : int
    """
    scales = [(6 / (below + above)) ** 0.5 for below, above in pairwise(sizes)]
    made = rate_network(
        sizes,
        circuit,
        settings.rate,
        hidden,
        output,
        scales,
        device=choose_device(settings.device),
        dtype=torch.float32,
    )
    made.initialise(seed)
    for layer, synapses in enumerate(made.synapses.values(), start=1):
        draw = torch.empty(synapses.n_post).normal_(generator=generator(seed, "biases", layer))
        synapses.bias.copy_(draw.mul_(settings.bias_scale))
    return made


def simulation_of(
    settings: Training, made: Network, examples: Examples, tests: Examples, seed: int
) -> Simulation:
    """Return a simulation in which a network learns examples, tested on others."""
    return Simulation(
        made,
        ExampleStimulus(examples),
        test=ExampleStimulus(tests),
        batch_size=settings.batch,
        seed=seed,
        backend=settings.backend,
    )


def classify(
    settings: Training,
    scaling: Literal["unit", "standardised"],
    width: int,
    circuit: FeedbackCircuit,
    hidden: Activation,
    seed: int,
) -> dict[str, Any]:
    """Train a classifier with two hidden layers; return its errors in percent.

    Parameters
    ----------
    settings : Training
    scaling : {"unit", "standardised"}
        Scaling of the inputs, see `classification`.
    width : int
        Neurons of each hidden layer.
    circuit : FeedbackCircuit
    hidden : str
        Activation of the hidden layers; the output is a softmax.
    seed : int

    Returns
    -------
    dict
        "epochs" and "test_error" [epochs + 1], and "train_error" at the end.
    """
    dataset, others = images(settings)
    examples = classification(dataset.train, scaling)
    tests = classification(others, scaling, like=None if scaling == "unit" else examples)
    sizes = (dataset.n_inputs, width, width, dataset.n_classes)
    made = network(settings, sizes, circuit, hidden, "softmax", seed)
    simulation = simulation_of(settings, made, examples, tests, seed)
    epochs = range(settings.epochs + 1)
    at = [epoch * simulation.presentations(1) for epoch in epochs]
    answers = simulation.held_out.answers
    found = simulation.follow(at, {"test_error": answers.error_percent})
    train_error = evaluate(made, simulation.stimulus, seed).error_percent
    return {"epochs": list(epochs), "train_error": train_error, **found}
