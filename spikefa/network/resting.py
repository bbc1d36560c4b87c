"""The state at rest, to which a network may return at the beginning of a presentation."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from spikefa.network.network import Network
from spikefa.network.state import NetworkState
from spikefa.utils.tensors import named_tensors


@dataclass(eq=False)
class Resting:
    """Returns the state of a network to rest, in place, in all streams at once.

    What returns is whatever the state holds for each stream, such as potentials, activity and
    errors, and the traces of the plasticity rule. What the streams share stays, such as learning
    rates and the clocks of circuits, and so do weights and what is declared `LASTING`.

    Attributes
    ----------
    pairs : list of (Tensor, Tensor)
        A tensor of the state, and its values at rest in one stream, which is broadcast.
    """

    pairs: list[tuple[Tensor, Tensor]]

    @classmethod
    def of(cls, network: Network, state: NetworkState) -> "Resting":
        """Return what brings `state`, which `network` has made, to rest."""
        single, double = (dict(_named(network.at_rest(n, network.device))) for n in (1, 2))
        pairs: dict[int, tuple[Tensor, Tensor]] = {}
        for name, here in _named(state):
            rest = single.get(name)  # a noiseless population has no uniforms
            if rest is None or here.numel() == 0:
                continue
            if name.startswith("plasticity.") or rest.shape != double[name].shape:
                pairs.setdefault(id(here), (here, rest))
        return cls(list(pairs.values()))

    def __call__(self) -> None:
        """Return to rest."""
        for here, rest in self.pairs:
            here.copy_(rest)


def _named(state: NetworkState) -> Iterator[tuple[str, Tensor]]:
    """Yield what may return to rest, by name."""
    parts: dict[str, Any] = {
        "populations": state.populations,
        "feedback": state.feedback,
        "plasticity": [each.traces for each in state.plasticity],
        "error": state.error,
        "axons": state.axons,
    }
    yield from named_tensors(parts, lasting=False).items()
