"""What a network with replicas needs beside its step: room, first weights, further circuits."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from torch import Tensor

from spikefa.errors import require
from spikefa.feedback import FeedbackCircuit, FeedbackState
from spikefa.utils.replicas import replica, seeds_of, side_by_side

if TYPE_CHECKING:
    from spikefa.network.network import Network


def widen(network: "Network", replicas: int) -> None:
    """Give weights, feedback weights and the optimiser of a network so many replicas, in place."""
    require(
        isinstance(replicas, int) and replicas >= 1,
        f"replicas must be a number of 1 or more, {replicas!r} given",
    )
    if network.optimiser is not None:
        network.optimiser.check_elementwise()
    parts = (network.synapses, network.feedback, network.optimiser)
    keep = (*network.populations.values(), network.rule)
    network.synapses, circuit, network.optimiser = side_by_side(parts, replicas, keep)
    vars(network.feedback).update(vars(circuit))  # it stays the object that the user has made
    network.replicas = replicas


def initialise_each(network: "Network", seeds: Sequence[int]) -> None:
    """Draw the weights of every replica as those of a single network with its seed.

    Raises
    ------
    SpikefaError
        If a part of the network puts new tensors in the place of those that it has.
    """
    there = network.tensors()
    for number, seed in enumerate(seeds):
        single = network.replica(number)
        single.initialise(seed)
        for name, tensor in single.tensors().items():
            require(
                name in there and _is_replica(tensor, there[name], number),
                f"{name} became another tensor when weights were drawn: initialise must write into "
                "the tensors that are there, with copy_, for a network with replicas",
            )


def connect(network: "Network", circuit: FeedbackCircuit, seed: int | Sequence[int]) -> None:
    """Connect a further circuit to a network's synapses; its weights are drawn from `seed`.

    Raises
    ------
    SpikefaError
        If the circuit cannot serve this network.
    """
    single = network if network.replicas is None else network.replica(0)
    circuit.connect(list(single.synapses.values()), network.device, network.dtype)
    circuit.check(list(network.populations.values()))
    seeds = seeds_of(seed, network.replicas)
    if network.replicas is None:
        circuit.initialise(seeds[0])
        return
    keep = tuple(network.populations.values())
    wide = side_by_side(circuit, network.replicas, keep, network.tensors().values())
    vars(circuit).update(vars(wide))
    for number, own in enumerate(seeds):
        replica(circuit, number, keep).initialise(own)


def feedback_state(network: "Network", circuit: FeedbackCircuit, batch: int) -> FeedbackState:
    """Return the state at rest of a circuit that `connect` has connected."""
    if network.replicas is None:
        return circuit.state(batch, network.device, network.dtype)
    single = replica(circuit, 0, list(network.populations.values()))
    return side_by_side(single.state(batch, network.device, network.dtype), network.replicas)


def _is_replica(tensor: Tensor, of: Tensor, number: int) -> bool:
    return tensor.data_ptr() == (of[number] if of.dim() else of).data_ptr()
