"""Shared code of figures 3ab and s5: 784-1000-10 logistic networks and their training."""

from dataclasses import dataclass
from functools import partial

import torch

import spikefa as sf
from spikefa.datasets import Dataset
from spikefa.datasets.examples import classification
from spikefa.models import rate_network
from spikefa.runs.options import option
from spikefa.runs.settings import DATA_DIR, Repeated
from spikefa.simulation.simulation import Simulation
from spikefa.stimulus import ExampleStimulus
from spikefa.utils.devices import choose_device
from spikefa.utils.ranges import (
    Batch,
    Count,
    Epochs,
    PositiveScale,
    Rate,
    Scale,
    ShareBelowOne,
    Size,
)

NAMES = {
    "backprop": "backprop",
    "fa": "feedback alignment",
    "sparse": "feedback alignment, half of W and B removed",
    "shallow": "shallow",
}
N_CLASSES = 10


@dataclass(frozen=True, kw_only=True)
class Logistic(Repeated):
    """Settings of the network and its training."""

    epochs: Epochs = option(40, "epochs")
    batch: Batch = option(10, "examples for each update, which is summed over them")
    rate: Rate = option(1e-2, "eta, of all")
    decay: ShareBelowOne = option(1e-6, "weight decay per update")
    hidden: Size = option(1000, "hidden neurons")
    weight_scale: Scale = option(0.2, "half-range of the first weights")
    feedback_scale: PositiveScale = option(1.0, "half-range of B")
    train_images: Count | None = option(None, "use only the first K training images")
    data_dir: str | None = option(None, DATA_DIR)


def logistic_simulation(name: str, settings: Logistic, data: Dataset, seed: int) -> Simulation:
    """Return a simulation of the network `name`; all networks see the digits in the same order.

    As in the paper, ``delta_FA = B e`` is not gated by y'. In all networks the synapses onto the
    output learn from ``e * y'``.
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
        device=choose_device(settings.device),
        dtype=torch.float32,
    )
    train = classification(data.train)
    tests = classification(data.test)
    return Simulation(
        network,
        ExampleStimulus(train),
        test=ExampleStimulus(tests),
        batch_size=settings.batch,
        seed=seed,
        backend=settings.backend,
    )
