"""Networks of convolutions that learn images by gradient descent, with errors of each circuit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import torch

import spikefa as sf
from spikefa.analysis.alignment import path_norm_ratios
from spikefa.datasets import Dataset
from spikefa.feedback import FeedbackCircuit
from spikefa.feedback.folded import Folded
from spikefa.network.network import Network
from spikefa.runs.options import option
from spikefa.runs.settings import (
    ALL,
    DATA_DIR,
    DEVICE,
    REPEATS,
    WHICH_CELLS,
    Device,
    Repeated,
)
from spikefa.simulation.simulation import Simulation
from spikefa.stimulus import Augmentation
from spikefa.synapses import Sharing, Unshared
from spikefa.utils.devices import choose_device
from spikefa.utils.progress import progress_bar
from spikefa.utils.ranges import (
    Batch,
    Count,
    Epochs,
    EpochsOrZero,
    Expansion,
    Few,
    Rate,
    ShareBelowOne,
)

NAMES = {
    "bp": "BP",
    "fa": "FA",
    "dfa": "DFA",
    "sf": "SF",
    "kp": "KP",
    "pfa": "PFA",
    "pfao": "PFA-o",
}
CARRIED = ("fa", "sf", "kp", "pfa", "pfao")
"""Circuits with an angle: the error's path through a layer has the shape of its W^T."""
FOLLOWING = ("kp", "pfa", "pfao")
"""Circuits whose feedback weights learn what W learns."""
LITTLE = 1e-6
"""The decay of a rule of which epochs have multiples, one of them 0."""
Make = Callable[..., Network]
"""Called as ``make(circuit, rule, **more)``, with further arguments of `Network`."""


@dataclass(frozen=True, kw_only=True)
class Descent(Repeated):
    """Settings of the descent."""

    device: Device = option("auto", DEVICE)
    data_dir: str | None = option(None, DATA_DIR)
    train_images: Count | None = option(None, "use only the first K training images")
    epochs: Epochs = option(200, "epochs of training")
    batch: Batch = option(128, "images for each update")
    rate: Rate = option(0.1, "eta, for the mean over a batch")
    dfa_rate: Rate = option(1e-4, "that of DFA")
    momentum: ShareBelowOne = option(0.9, "momentum of W, and of feedback weights that learn")
    decay: ShareBelowOne = option(1e-4, "weight decay, times the rate")
    first_decay: ShareBelowOne = option(5e-3, "that of KP, PFA and PFA-o at first")
    first_epochs: EpochsOrZero = option(1, "epochs of it")
    expansion: Expansion = option(10.0, "extra neurons for each of the layer above, PFA")
    first_paths: Literal["own", "weights"] = option(
        "own", "range of R by the numbers of its own weights, or by those of W"
    )
    extra_neurons: bool = option(False, "simulate the extra populations, instead of their paths")
    cells: str = option(ALL, WHICH_CELLS + ": bp, fa, dfa, and so on")
    repeats: Few = option(5, REPEATS)


def circuit_of(settings: Descent, name: str, chain: Sequence[Sharing]) -> FeedbackCircuit:
    """Return a circuit with first weights after Glorot, for the layers of a network."""
    above, momentum = chain[1:], settings.momentum
    through = [each.glorot for each in above]
    if name == "dfa":
        outputs = chain[-1].n_post
        return sf.DFA([Unshared(outputs, each.n_pre).glorot for each in above], tau=1.0)
    if name not in ("pfa", "pfao"):
        made: dict[str, Callable[[], FeedbackCircuit]] = {
            "bp": lambda: sf.Backprop(tau=1.0),
            "fa": lambda: sf.FA(through, tau=1.0, gated=True),
            "sf": lambda: sf.SF(tau=1.0, gated=True),
            "kp": lambda: sf.KP(through, tau=1.0, gated=True, momentum=momentum),
        }
        return made[name]()
    expansion = settings.expansion if name == "pfa" else 1.0
    if settings.first_paths == "own":
        middle = [each.widened(round(expansion * each.weight_shape[1])) for each in above]
        through = [each.glorot for each in middle]
    kind: type[sf.PFA | sf.PFAo] = sf.PFA if name == "pfa" else sf.PFAo
    product = kind(expansion, scale=through, tau=1.0, momentum=momentum)
    return product if settings.extra_neurons else Folded(product)


def network_of(settings: Descent, make: Make, name: str) -> Network:
    """Return a network with a circuit and an optimiser."""
    rule = sf.ThreeFactor(
        (settings.dfa_rate if name == "dfa" else settings.rate) / settings.batch,
        weight_decay=(settings.decay or LITTLE) * settings.batch / (1 - settings.momentum),
        decay_times_rate=True,  # the update is a sum over the batch
    )
    chain = [each.sharing for each in make(sf.Backprop(tau=1.0), rule).synapses.values()]
    return make(
        circuit_of(settings, name, chain),
        rule,
        optimiser=partial(torch.optim.SGD, momentum=settings.momentum),
        device=choose_device(settings.device),
    )


def learned(
    settings: Descent,
    data: Dataset,
    make: Make,
    seed: int,
    cell: str,
    drops: Sequence[float] = (),
    augmentation: Augmentation | None = None,
) -> dict[str, Any]:
    """Train a network with one circuit; return what it is like after every epoch.

    Parameters
    ----------
    settings : Descent
    data : Dataset
    make : callable
        Makes the network.
    seed : int
    cell : str
        Name of the circuit.
    drops : sequence of float, optional
        Parts of the training after which the rate becomes a tenth.
    augmentation : Augmentation, optional

    Returns
    -------
    dict
        "epochs" and "accuracy" [epochs + 1], and where the circuit has paths from layer to layer
        "angle" and "ratio" [epochs + 1, layers].
    """
    simulation = Simulation(
        network_of(settings, make, cell),
        data,
        steps_per_image=1,
        encoding=sf.Graded.standardising(data.train),
        augmentation=augmentation,
        batch_size=settings.batch,
        seed=seed,
        backend=settings.backend,
        progress="none",
    )
    rows = []
    with progress_bar(f"epochs of {NAMES[cell]}", settings.epochs) as bar:
        for epoch in range(settings.epochs + 1):
            rows.append(_look(simulation, cell))
            if epoch < settings.epochs:
                fallen = sum(epoch >= round(part * settings.epochs) for part in drops)
                first = cell in FOLLOWING and epoch < settings.first_epochs
                decay = settings.first_decay if first else settings.decay
                simulation.set_learning_rates(0.1**fallen, decay / (settings.decay or LITTLE))
                simulation.learn(simulation.presentations(1))
                bar.advance(1)
    accuracy, *paths = map(np.array, zip(*rows, strict=True))
    measured = dict(zip(("angle", "ratio"), paths, strict=False))
    return {"epochs": np.arange(settings.epochs + 1), "accuracy": accuracy, **measured}


def _look(simulation: Simulation, cell: str) -> tuple[Any, ...]:
    """Return accuracy in percent, and angles and ratios of lengths of the path, if there is one."""
    accuracy = 100 - simulation.test().error_percent
    if cell not in CARRIED:
        return (accuracy,)
    network = simulation.network
    measures = network.alignment(), path_norm_ratios(network)
    return accuracy, *(list(each.values()) for each in measures)
