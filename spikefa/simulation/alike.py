"""Check that all ranks of a network train alike, before one of them waits for another."""

from collections.abc import Mapping

from spikefa.network import Network
from spikefa.stimulus.base import Stimulus


def check_alike(network: Network, stimulus: Stimulus, more: Mapping[str, object]) -> None:
    """Check that all ranks, if there are any, have the same network, stimulus and settings.

    Parameters
    ----------
    network : Network
        All ranks must ask.
    stimulus : Stimulus
    more : mapping of str
        Further settings, by what they are called in a message.

    Raises
    ------
    SpikefaError
        With what differs.
    """
    if network.ranks is None:
        return
    about = {
        **more,
        **{f"population {name}": str(each) for name, each in network.populations.items()},
        "the rule": str(network.rules),
        "the circuit": str(network.feedback),
        **{f"the stimulus ({k})": str(v) for k, v in stimulus.fingerprint().items()},
    }
    network.ranks.check_same(about)
