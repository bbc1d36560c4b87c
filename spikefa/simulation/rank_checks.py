"""What a training over ranks must be like, checked before one of them waits for another."""

from collections.abc import Mapping

from spikefa.errors import require
from spikefa.network import Network
from spikefa.stimulus.base import Stimulus


def check_ranks(network: Network, stimulus: Stimulus, settings: Mapping[str, object]) -> None:
    """Check that all ranks, if there are any, have the same network, stimulus and settings.

    Parameters
    ----------
    network : Network
        All ranks must ask.
    stimulus : Stimulus
    settings : mapping of str
        Of the training, by what they are called in a message.

    Raises
    ------
    SpikefaError
        With what differs, or if costs are counted.
    """
    if network.ranks is None:
        return
    counts = settings["count_costs"]
    require(not counts, "costs are not counted over ranks: leave count_costs out")
    about = {
        **settings,
        **{f"population {name}": str(each) for name, each in network.populations.items()},
        "the rule": str(network.rules),
        "the circuit": str(network.feedback),
        **{f"the stimulus ({k})": str(v) for k, v in stimulus.fingerprint().items()},
    }
    network.ranks.check_same(about)
