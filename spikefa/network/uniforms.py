"""The random numbers that a network takes, by the part that takes them."""

from torch import Tensor

from spikefa.network.network import Network
from spikefa.network.state import NetworkState


def uniforms_of(network: Network, state: NetworkState) -> dict[tuple[str, ...], Tensor]:
    """Return the tensors to fill with numbers from U[0, 1), by part.

    The parts are ``spikes`` of each population, ``synapses`` whose transmission is random, and
    ``feedback``, all before each step, and ``dropout``, before each presentation. A tensor may be
    empty. Over ranks they are those of all neurons, of which the state has views.
    """
    found: dict[tuple[str, ...], Tensor] = {}
    for name, population in zip(network.populations, state.populations, strict=True):
        found["spikes", name] = population.uniforms
        if population.dropout is not None:
            found["dropout", name] = population.dropout.chances
    for name, synapses in network.projections.items():
        for part, numbers in synapses.uniforms().items():
            found["synapses", name, part] = numbers
    for part, numbers in state.feedback.uniforms().items():
        found["feedback", part] = numbers
    if network.ranks is None:
        return found
    return {path: each if each._base is None else each._base for path, each in found.items()}
