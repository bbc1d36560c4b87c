"""One training of one circuit, and its measurements."""

from typing import Any

import snntorch

from spikefa import feedback
from spikefa.analysis.delta_angles import delta_angles
from spikefa.datasets import Dataset
from spikefa.experiments.comparison._bptt import train_bptt
from spikefa.experiments.comparison._entries import BPTT, Choice, Entry
from spikefa.experiments.comparison._settings import Settings
from spikefa.network.network import Network
from spikefa.neurons import Population, SnnTorch, StochasticBinary
from spikefa.plasticity import ThreeFactor
from spikefa.simulation.schedules import WarmUpAnneal
from spikefa.simulation.simulation import Simulation
from spikefa.utils.devices import choose_device

WARMUP_EPOCHS = 1.2
"""Warm-up of figure 4's schedule; at most 0.4 of all epochs are used."""


def build_network(entry: Entry, choice: Choice, settings: Settings, n_inputs: int) -> Network:
    """Return the network of one line of the table, with one setting."""
    eta = choice.learning_rate
    sizes = {f"hidden{n}": settings.hidden for n in range(1, settings.hidden_layers + 1)}
    return Network(
        n_inputs,
        {name: _population(entry, n) for name, n in (sizes | {"output": settings.outputs}).items()},
        feedback=getattr(feedback, entry.circuit)(**choice.arguments),
        rule=ThreeFactor([choice.input_rate_factor * eta, *[eta] * settings.hidden_layers]),
        device=choose_device(settings.device),
    )


def _population(entry: Entry, size: int) -> Population:

    if entry.leaky is None:
        return StochasticBinary(size)

    constants = dict(entry.leaky)
    surrogate = snntorch.surrogate.fast_sigmoid(constants.pop("slope"))
    return SnnTorch(snntorch.Leaky(**constants, spike_grad=surrogate), size)


def train(
    entry: Entry, choice: Choice, settings: Settings, dataset: Dataset, seed: int
) -> dict[str, Any]:
    """Train, then test on the validation images if there are any, otherwise on the test images.

    Returns
    -------
    dict
        The measurements, ready for JSON.
    """
    if entry.circuit == BPTT:
        return _train_by_bptt(choice, settings, dataset, seed)

    network = build_network(entry, choice, settings, dataset.n_inputs)
    schedule = WarmUpAnneal(settings.epochs, min(WARMUP_EPOCHS, 0.4 * settings.epochs))
    simulation = Simulation(
        network,
        dataset,
        batch_size=settings.batch_size,
        seed=seed,
        schedule=schedule,
        backend=settings.backend,
    )
    simulation.train(settings.epochs)
    if dataset.validation is None:
        score = simulation.test()
    else:
        score = simulation.test(dataset.validation, "validation")
    some = dataset.train.part(slice(500))
    return {
        "tested_on": "test" if dataset.validation is None else "validation",
        "images_tested": score.images,
        "error_percent": score.error_percent,
        "error_percent_summed": score.error_percent_summed,
        "train_error_percent_summed": simulation.history[-1]["train_error_percent_summed"],
        "alignment_degrees": network.alignment(),
        "delta_angle_degrees": delta_angles(network, some, seed=seed),
        "train_seconds": round(simulation.wall_seconds, 2),
    }


def _train_by_bptt(
    choice: Choice, settings: Settings, dataset: Dataset, seed: int
) -> dict[str, Any]:

    hidden = [settings.hidden] * settings.hidden_layers
    return train_bptt(
        [dataset.n_inputs, *hidden, settings.outputs],
        choice.learning_rate,
        dataset,
        settings.epochs,
        settings.batch_size,
        seed,
        choose_device(settings.device),
        choice.arguments,
    )
