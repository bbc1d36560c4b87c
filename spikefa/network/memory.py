"""Refuse networks for which there is too little memory, before it is taken."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch

from spikefa.feedback import FeedbackCircuit
from spikefa.network.optimiser import Optimiser
from spikefa.network.parts import connect_circuit
from spikefa.synapses import Synapses
from spikefa.utils.memory import META, rehearsed, rehearsed_each, require_room
from spikefa.utils.replicas import copies, on_meta

Connect = Callable[[torch.device], Mapping[str, Synapses]]

Optimise = Callable[[Mapping[str, Synapses]], Optimiser | None]


def require_room_for_weights(
    connect: Connect,
    feedback: FeedbackCircuit,
    chain: int,
    optimise: Optimise,
    replicas: int | None,
    device: torch.device,
) -> None:
    """Check that a device has room for the weights of a network, and the CPU for drawing them.

    Parameters
    ----------
    connect : callable
        Makes the forward synapses on the device that it is given.
    feedback : FeedbackCircuit
        Not connected yet.
    chain : int
        Number of projections, the first ones, that the circuit sees.
    optimise : callable
        Makes the optimiser of these synapses, if there is one.
    replicas : int, optional
    device : torch.device

    Raises
    ------
    NotEnoughMemory
        If there is too little memory.
    """
    needs = {f"the synapses onto {name}": n for name, n in rehearsed_each(connect).items()}
    drawn = max(needs.values(), default=0)
    synapses = on_meta(connect)(META) if drawn else {}
    seen = list(synapses.values())[:chain]
    needs["the feedback circuit"] = rehearsed(partial(_circuit, feedback, seen))
    needs["the optimiser"] = rehearsed(partial(_optimiser, optimise, synapses))
    needs = {name: copies(replicas) * count for name, count in needs.items()}
    on_cpu = {"the random numbers for the largest of the synapses": drawn}
    if device.type == "cpu":
        require_room(needs | on_cpu)
    else:
        require_room(needs, device)
        require_room(on_cpu)


def _circuit(
    circuit: FeedbackCircuit, chain: Sequence[Synapses], device: torch.device
) -> FeedbackCircuit:
    connect_circuit(circuit, chain, device, chain[0].weight.dtype)
    return circuit


def _optimiser(
    optimise: Optimise, synapses: Mapping[str, Synapses], _: torch.device
) -> list[object]:
    optimiser = optimise(synapses)
    return [] if optimiser is None else [optimiser.gradients, optimiser.tensors()]
