"""Which backend runs a network: the one that was asked for, or the fastest, with the reason."""

from typing import NamedTuple

from spikefa.backends.support import BACKENDS, RANKS, obstacle
from spikefa.errors import SpikefaError
from spikefa.feedback import FeedbackCircuit
from spikefa.network.network import Network
from spikefa.utils.devices import captures_on
from spikefa.utils.suggesting import did_you_mean


class Choice(NamedTuple):
    """A backend, and in one line why it is this one.

    Attributes
    ----------
    name : str
    reason : str
    others : tuple of str
        Backends to try in this order if a step of the network cannot be captured with this one.
    """

    name: str
    reason: str
    others: tuple[str, ...] = ()


class Candidate(NamedTuple):
    """A backend that "auto" may choose on a CUDA device.

    Attributes
    ----------
    name : str
    most : int or None
        The largest batch for which it was measured to be the fastest; None for any.
    measured : str
        What was measured.
    """

    name: str
    most: int | None
    measured: str


FASTEST = (
    Candidate("fused", 1, "0.088 ms a step of figure 4 on an H100 with one stream, graph 0.182"),
    Candidate("graph", None, "0.354 ms a step of figure 4 on an H100 at batch 100, fused 0.570"),
)
"""What "auto" tries, in this order; all multiply in float32. A backend joins once it was measured
to be faster than those below it, and exact in float32; see docs/performance.md."""


def choose_backend(
    name: str, network: Network, batch: int, circuit: FeedbackCircuit | None = None
) -> Choice:
    """Return the backend to use for this network, or for it with another circuit, and why.

    "auto" is the fastest one of `FASTEST` that can run the network on a CUDA device, and eager
    elsewhere.

    Raises
    ------
    SpikefaError
        If the name is unknown, or the backend cannot run this network, with the reason.
    """
    if network.ranks is not None and name in ("auto", "eager"):
        return Choice(RANKS, f"{network.ranks.size} ranks share the network")
    if name not in BACKENDS:
        raise SpikefaError(
            f"no backend called {name!r}{did_you_mean(name, BACKENDS)}: "
            f"choose one of {', '.join(BACKENDS)}"
        )
    if name == "auto":
        return _fastest(network, batch, circuit)
    reason = obstacle(name, network, circuit)
    if reason is not None:
        raise SpikefaError(f"the {name} backend cannot run this network: {reason}")
    return Choice(name, "it was asked for")


def _fastest(network: Network, batch: int, circuit: FeedbackCircuit | None) -> Choice:
    if not captures_on(network.device):
        return Choice("eager", f"the others are for CUDA, and the network is on {network.device}")
    refused: list[str] = []
    serving: list[Candidate] = []
    for candidate in FASTEST:
        if candidate.most is not None and batch > candidate.most:
            continue
        reason = obstacle(candidate.name, network, circuit)
        if reason is None:
            serving.append(candidate)
        elif not serving:
            refused.append(f"{candidate.name} does not serve it: {reason.partition(';')[0]}")
    if not serving:
        return Choice("eager", "; ".join(refused))
    first, *others = serving
    why = "; ".join([f"the fastest that serves it: {first.measured}", *refused])
    return Choice(first.name, why, tuple(each.name for each in others))
