"""An additional feedback circuit for comparison, which does not change any synapse."""

from collections.abc import Sequence

from spikefa.feedback import FeedbackCircuit, FeedbackState
from spikefa.network.network import Network
from spikefa.network.normalisation import pull_back
from spikefa.network.parts import connect_circuit
from spikefa.network.shortcuts import carry_past
from spikefa.utils.replicas import become, each_replica, seeds_of, side_by_side


def connect(network: Network, circuit: FeedbackCircuit, seed: int | Sequence[int]) -> None:
    """Connect an additional circuit to a network's synapses and draw its weights from `seed`.

    Parameters
    ----------
    network : Network
    circuit : FeedbackCircuit
        A circuit that is not connected yet.
    seed : int or sequence of int
        With replicas: the seed of each, or the first of consecutive seeds.

    Raises
    ------
    SpikefaError
        If the circuit does not fit this network, or the network is divided among ranks.
    """
    network.require_whole("another circuit")
    seeds = seeds_of(seed, network.replicas)
    single = network.first()
    connect_circuit(circuit, list(single.synapses.values()), network.device, network.dtype)
    carry_past(circuit, single.routes, single.projections)
    circuit.check(list(network.populations.values()))
    weights = network.tensors().values()
    become(circuit, side_by_side(circuit, network.replicas, network.shared, weights))
    for one, own in zip(_each(network, circuit), seeds, strict=True):
        one.initialise(own)


def feedback_state(network: Network, circuit: FeedbackCircuit, batch: int) -> FeedbackState:
    """Return the resting state of a circuit connected by `connect`."""
    state = _each(network, circuit)[0].state(batch, network.device, network.dtype)
    return side_by_side(pull_back(state, network.routes), network.replicas)


def _each(network: Network, circuit: FeedbackCircuit) -> list[FeedbackCircuit]:
    return each_replica(circuit, network.replicas, network.shared)
