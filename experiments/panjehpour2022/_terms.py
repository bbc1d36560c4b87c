"""Alignment terms by order while a network learns, for figures 3 and 5."""

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from spikefa.analysis.alignment_terms import alignment_terms, cosines
from spikefa.experiments.panjehpour2022._digits import simulation_of
from spikefa.feedback import FA
from spikefa.runs.settings import Placed
from spikefa.simulation.runner import Runner
from spikefa.utils.memory import require_room


def terms_along(
    place: Placed, at: Sequence[int], orders: int, circuit: FA, rate: float, seed: int, **how: Any
) -> np.ndarray:
    """Let a network learn by feedback alignment, and return the terms of some updates.

    Parameters
    ----------
    place : Placed
        Settings that say where it runs.
    at : sequence of int
        Numbers of the updates, counted from 0, ascending, each at least `orders`.
    orders : int
        Highest order.
    circuit, rate, seed, how
        As for `_digits.simulation_of`.

    Returns
    -------
    ndarray [len(at), 3, orders]
        Cosine between the term of each order and B_l^T, l = 1 to 3.
    """
    simulation = simulation_of(place, circuit, rate, seed, **how)
    lower = list(simulation.network.synapses.values())[:-1]
    kept = {
        f"the weights of {orders:,} updates": orders * sum(each.weight.nbytes for each in lower)
    }
    require_room(kept, simulation.network.device, mend="lower --batches or --epochs-back")
    history = [deque([each.weight.clone()], orders + 1) for each in lower]
    found = []
    for update in range(at[-1] + 1):
        biases = [each.bias.clone() for each in lower] if update in at else []
        simulation.learn(1)
        if update in at:
            found.append(_terms(simulation.runner, circuit, history, biases))
        for past, each in zip(history, lower, strict=True):
            past.append(each.weight.clone())
    return np.array(found)


def _terms(
    runner: Runner,
    circuit: FA,
    history: list[deque[torch.Tensor]],
    biases: list[torch.Tensor],
) -> list[np.ndarray]:
    """Return the cosines of the update that has just been made, [orders] for each layer."""
    state, populations = runner.state, list(runner.network.populations.values())
    sent = [runner.inputs, *(population.spikes for population in state.populations)]
    found = []
    for layer, matrix in enumerate(circuit.matrices):
        delta = state.feedback.modulators[layer + 1] * state.populations[layer + 1].gain
        weights = torch.stack(list(history[layer]))
        terms = alignment_terms(sent[layer], weights, biases[layer], delta, populations[layer])
        found.append(cosines(terms, matrix.mT).cpu().numpy())
    return found
