"""Networks that learn spike trains: the settings, the network, one training."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

import spikefa as sf
from spikefa.datasets import EventDataset
from spikefa.feedback import FeedbackCircuit
from spikefa.runs.options import bound, option
from spikefa.runs.settings import ALL, DATA_DIR, DEVICE, WHICH_CELLS, Device, Repeated
from spikefa.utils.devices import choose_device
from spikefa.utils.ranges import (
    Batch,
    Count,
    CountOrZero,
    Epochs,
    Few,
    PositiveScale,
    PositiveShare,
    Rate,
    Size,
)

CIRCUITS: Mapping[str, Callable[..., FeedbackCircuit]] = {
    "FA": sf.FA,
    "DFA": sf.DFA,
    "PFA-o": sf.PFAo,
}
WARMUP = 0.3
"""Share of the training in which the learning rate rises."""


@dataclass(frozen=True, kw_only=True)
class Learning(Repeated):
    """The settings of all experiments with spike trains."""

    cells: str = option(ALL, WHICH_CELLS + ": FA, DFA, PFA-o")
    data_dir: str | None = option(None, DATA_DIR)
    train_samples: Count | None = option(None, "use only the first K training samples")
    validation_samples: CountOrZero = option(
        0, "hold out K training samples, some of each class, and test with them alone"
    )
    epochs: Epochs = option(10, "epochs of training")
    hidden: Size = option(500, "neurons of each hidden population")
    hidden_layers: Few = option(2, "hidden populations")
    outputs: Size = option(100, "output neurons, an equal share for each class")
    tau: PositiveShare = option(0.6, "weight of the new drive in all populations")
    batch_size: Batch = option(100, "independent streams; updates are summed over them")
    learning_rate: Rate = option(1e-2, "eta, at its highest")
    input_factor: PositiveScale = option(10.0, "factor on eta for the synapses from the input")
    feedback_scale: PositiveScale = option(0.2, "half-range of B; of PFA-o see product_scale")
    product_scale: PositiveScale = option(0.5, "half-range of R of PFA-o")
    resets: bool = option(False, "let potentials and errors rest before each sample")
    device: Device = option("auto", DEVICE)
    learned: PositiveScale = bound(
        50.0, "error in percent of all circuits, at most, in the quick version"
    )


def network(settings: Learning, cell: str, n_inputs: int) -> sf.Network:
    """Return a new network that one of the circuits teaches."""
    hidden = {f"hidden{n}": settings.hidden for n in range(1, settings.hidden_layers + 1)}
    sizes = hidden | {"output": settings.outputs}
    scale = settings.product_scale if cell == "PFA-o" else settings.feedback_scale
    eta = settings.learning_rate
    return sf.Network(
        n_inputs,
        {name: sf.StochasticBinary(size, tau=settings.tau) for name, size in sizes.items()},
        CIRCUITS[cell](scale=scale),
        sf.ThreeFactor([settings.input_factor * eta, *[eta] * settings.hidden_layers]),
        device=choose_device(settings.device),
    )


def split(settings: Learning, dataset: Any) -> Any:
    """Return the part of a data set that the settings choose, with what to test on as its test."""
    held = dataset.hold_out(settings.validation_samples, "stratified")
    if held.validation is not None:
        held = type(held)(held.name, held.train, held.validation)
    few = settings.train_samples
    if few is None or few >= len(held.train):
        return held
    return held.subset(few, selection="stratified")


def train(
    settings: Learning,
    cell: str,
    seed: int,
    dataset: EventDataset,
    shown: Callable[..., sf.EventStimulus],
) -> dict[str, Any]:
    """Train a network, and test it after each epoch.

    Parameters
    ----------
    settings : Learning
    cell : str
        The circuit.
    seed : int
    dataset : EventDataset
    shown : callable
        Returns the stimulus of a split.

    Returns
    -------
    dict
        "error" and "summed" [epochs] in percent, by the last step of a sample and by all, and
        "train_summed", the running error of the training.
    """
    stimulus = partial(shown, resets=settings.resets)
    test_on = stimulus(dataset.test)
    simulation = sf.Simulation(
        network(settings, cell, dataset.n_units),
        stimulus(dataset.train),
        batch_size=settings.batch_size,
        seed=seed,
        schedule=sf.WarmUpAnneal(settings.epochs, WARMUP * settings.epochs),
        backend=settings.backend,
    )
    name, scores = "held_out" if settings.validation_samples else "test", []
    simulation.train(settings.epochs, lambda _: scores.append(simulation.test(test_on, name)))
    return {
        "error": np.array([score.error_percent for score in scores]),
        "summed": np.array([score.error_percent_summed for score in scores]),
        "train_summed": np.array([row["train_error_percent_summed"] for row in simulation.history]),
    }
