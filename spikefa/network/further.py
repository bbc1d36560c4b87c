"""A further feedback circuit beside a network's own, for comparison: it teaches no synapse."""

from collections.abc import Sequence

from spikefa.feedback import FeedbackCircuit, FeedbackState
from spikefa.network.network import Network
from spikefa.utils.replicas import become, each_replica, seeds_of, side_by_side


def connect(network: Network, circuit: FeedbackCircuit, seed: int | Sequence[int]) -> None:
    """Connect a further circuit to a network's synapses; its weights are drawn from `seed`.

    Parameters
    ----------
    network : Network
    circuit : FeedbackCircuit
        Not connected yet.
    seed : int or sequence of int
        Of a network with replicas: the seed of each, or the first of consecutive ones.

    Raises
    ------
    SpikefaError
        If the circuit cannot serve this network.
    """
    seeds = seeds_of(seed, network.replicas)
    single = network.first()
    circuit.connect(list(single.synapses.values()), network.device, network.dtype)
    circuit.check(list(network.populations.values()))
    weights = network.tensors().values()
    become(circuit, side_by_side(circuit, network.replicas, network.shared, weights))
    for one, own in zip(_each(network, circuit), seeds, strict=True):
        one.initialise(own)


def feedback_state(network: Network, circuit: FeedbackCircuit, batch: int) -> FeedbackState:
    """Return the state at rest of a circuit that `connect` has connected."""
    single = _each(network, circuit)[0]
    return side_by_side(single.state(batch, network.device, network.dtype), network.replicas)


def _each(network: Network, circuit: FeedbackCircuit) -> list[FeedbackCircuit]:
    return each_replica(circuit, network.replicas, network.shared)
