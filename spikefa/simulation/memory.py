"""Refuse simulations for whose states there is too little memory, before weights are drawn."""

from functools import partial

from spikefa.network import Network
from spikefa.simulation.evaluation import AT_ONCE
from spikefa.simulation.stimuli import Stimuli
from spikefa.utils.memory import rehearsed, require_room
from spikefa.utils.replicas import copies


def require_room_for_states(network: Network, stimuli: Stimuli, batch: int) -> None:
    """Check that there is room for the state in training, and that of looks at held-out examples.

    Memory for weights that have not been drawn yet was allocated, but the system still counts it as
    free.

    Raises
    ------
    NotEnoughMemory
        If there is too little.
    """
    streams = {f"the state of {batch:,} streams": batch}
    if stimuli.test is not None and stimuli.test.quiet_tests:
        looks = min(AT_ONCE, len(stimuli.test))
        streams[f"the state of {looks:,} streams for looks"] = looks
    needs = {
        what: copies(network.replicas) * rehearsed(partial(network.at_rest, number))
        for what, number in streams.items()
    }
    if not network.initialised:
        needs["the weights"] = sum(tensor.nbytes for tensor in network.tensors().values())
    require_room(needs, network.device)
